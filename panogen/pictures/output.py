"""From a renderer to a file: by way of a canvas on disk, whatever the size."""

import json
import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

from panogen.base.errors import UsageError, writing
from panogen.base.files import whole_file, write_text
from panogen.base.names import fits
from panogen.base.runtime import plain_torch
from panogen.grids import Grid
from panogen.pictures.canvas.canvas import Canvas
from panogen.pictures.canvas.tiff import Form
from panogen.pictures.formats import TIFF, check_writable, destination, format_of, xmp_packet
from panogen.rendering import PixelRenderer, Progress, RenderWindows


class Output:
    """The picture of a grid, to be written to ``path``, in the format of its suffix, by the pixel renderer that
    ``make`` returns when it is needed: it holds a network of its own, and there may be many pictures.

    ``request``, JSON, is what the pixels follow from; the file says so. ``sidecar``, a file beside it, says how the
    picture lies on the sphere, where viewers' metadata cannot. Raises UsageError for what the format or the folder
    cannot hold, before a pixel is computed.
    """

    def __init__(
        self, path: Path, grid: Grid, channels: int, request: dict[str, Any], make: Callable[[], PixelRenderer]
    ):
        self.path, self.grid, self.request, self.make = path, grid, request, make
        self.format = format_of(path)
        self.packet = xmp_packet(grid.metadata, request)
        self.form = Form(grid.shape, channels, self.format.dtype)
        self.format.check(grid.shape, channels, self.packet)
        self.sidecar = path.with_name(f"{path.name}.json")
        if grid.sidecar and not fits(self.sidecar):
            raise UsageError(
                f"name of {str(path)!r} must leave room for the .json beside it, which says how the picture lies on "
                f"the sphere, got {len(os.fsencode(path.name))} bytes; give a shorter one"
            )
        self.target = destination(path)

    @cached_property
    def pixel_renderer(self) -> PixelRenderer:
        """What makes its pixels."""
        return self.make()

    @cached_property
    def canvas(self) -> Canvas:
        """Where they are kept until it is whole."""
        return Canvas(self.target, self.form, self.packet, self.request, self.pixel_renderer.block)

    def check(self) -> None:
        """Raise UsageError unless the file can be put there."""
        check_writable(self.path)

    @plain_torch()
    def write(
        self, *, resume: bool = False, windows: RenderWindows | None = None, checked: Progress = lambda samples: None
    ) -> float:
        """Render what is missing, by ``windows`` if the pixel renderer itself is not to do it, and write the file.

        It appears under its name when it is whole. After an interruption the canvas beside it stays, and ``resume``
        goes on with that; ``checked`` hears of samples found there. Returns the share of the picture that the chart
        does not show. Raises UsageError, JobError.
        """
        self.check()
        canvas, of_pixel = self.canvas, self.pixel_renderer.supersample**2
        with writing(self.path), canvas.opened(resume=resume, checked=lambda pixels: checked(pixels * of_pixel)):
            for window, pixels, unseen in (windows or self.pixel_renderer.windows)(canvas.missing):
                canvas.put(window, pixels, unseen)
            share = canvas.unseen / len(self.grid)
            if self.format is TIFF:
                canvas.finish()
            else:
                with whole_file(self.target) as file:
                    self.format.encode(canvas.image(), file, self.packet)
                canvas.remove()
            if self.grid.sidecar:
                about = {**self.grid.sidecar, "request": self.request}
                write_text(self.sidecar, json.dumps(about, indent=2) + "\n")
        return share
