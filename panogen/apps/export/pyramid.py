"""Flat pictures in tiles for zooming, cut by libvips from one that is rendered whole: Deep Zoom, IIIF, Zoomify.

https://www.libvips.org/API/current/making-image-pyramids.html
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from typing_extensions import override

from panogen.apps.export.base import Tiling
from panogen.apps.export.tiles import Painter
from panogen.base.errors import JobError
from panogen.grids import Grid
from panogen.grids.view import View
from panogen.pictures.formats import format_of, save_image

NAME = "panorama"  # of what libvips writes
CANVAS = Path("canvas.tif")
LOCAL_URL = "http://127.0.0.1:8000"  # of python -m http.server
BY_THE_WAY = "vips-properties.xml"  # which libvips writes, too, and no viewer reads


@dataclass(frozen=True)
class Pyramid(Tiling):
    """The chart laid out, and halved again and again."""

    vips_name: ClassVar[str]
    overlap: ClassVar[int] = 0  # pixels that a tile shares with its neighbours on each side

    def __post_init__(self) -> None:
        super().__post_init__()
        format_of(CANVAS).check(self.grid.shape)

    @property
    def view(self) -> View:
        """Return the view that is rendered."""
        return View(self.export.width, truncation=self.export.truncation, outside=self.export.outside)

    @cached_property
    def grid(self) -> Grid:
        """Return the grid of the view on the chart."""
        return self.view.grid(self.chart)

    @property
    @override
    def pixels(self) -> int:
        return len(self.grid)

    @override
    def described(self) -> dict[str, Any]:
        return {"height": self.grid.shape[0]}

    @override
    def write(self, folder: Path, painter: Painter) -> None:
        import pyvips

        canvas = self._canvas(folder, painter)
        try:
            save_image(
                canvas,
                "dzsave",
                str(folder / NAME),
                layout=self.vips_name,
                tile_size=self.export.tile - 2 * self.overlap,
                overlap=self.overlap,
                suffix=f".jpg[Q={painter.quality},subsample_mode=off,profile=srgb]",
                keep="none",
                **self._settings(),
            )
        except pyvips.Error as error:
            raise JobError(f"{folder}: libvips could not cut the picture: {' '.join(str(error).split())}") from None
        for extra in (folder / CANVAS, folder / BY_THE_WAY, folder / f"{NAME}_files" / BY_THE_WAY):
            extra.unlink(missing_ok=True)

    def _canvas(self, folder: Path, painter: Painter) -> Any:
        # The picture, read by libvips from a file in the folder, row after row.
        import pyvips

        painter.panogen.save(folder / CANVAS, painter.place, self.view, painter.progress)
        return pyvips.Image.new_from_file(str(folder / CANVAS), access="sequential")

    def _settings(self) -> dict[str, Any]:
        return {}


class DeepZoom(Pyramid):
    """``panorama.dzi``, for OpenSeadragon and others. Tiles overlap by a pixel, so that no lines show between them."""

    name = "dzi"
    vips_name = "dz"
    overlap = 1


class Iiif(Pyramid):
    """``panorama/info.json``: IIIF Image API 3, level 0. Its address must be in it."""

    name = "iiif"
    vips_name = "iiif3"
    needs_url = True

    def _settings(self) -> dict[str, Any]:
        return {"id": (self.export.url or LOCAL_URL).rstrip("/")}


class Zoomify(Pyramid):
    """``panorama/ImageProperties.xml`` and groups of tiles."""

    name = "zoomify"
    vips_name = "zoomify"
