"""Tiles: windows of a grid, each rendered by itself, so that no picture is ever held as a whole."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from panogen.base.arrays import Pixels
from panogen.geometry import Chart
from panogen.grids import FACE_NAMES, Grid, GridWindow
from panogen.grids.view import View
from panogen.pictures.canvas import cut
from panogen.pictures.formats import jpeg_bytes

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.places import Place
    from panogen.rendering import Progress, Renderer

FACES = FACE_NAMES["letters"]
FALLBACK = "fallback"  # a folder of whole faces, for browsers without WebGL and pages without a server


class Painter:
    """Renders a place for an export, as pictures (H, W, 3) uint8."""

    def __init__(self, panogen: "Panogen", place: "Place | int", view: View, quality: int, progress: "Progress"):
        self.panogen, self.place, self.view, self.field = panogen, place, view, panogen.field(place)
        self.quality, self.progress = quality, progress

    def renderer(self, grid: Grid) -> "Renderer":
        """Return the renderer of a grid."""
        return self.panogen.renderer(self.field, grid, self.view, self.progress)

    def picture(self, grid: Grid) -> Pixels:
        """Return the whole of a small grid."""
        return colours(self.renderer(grid))

    def tiles(self, grid: Grid, windows: Iterator[GridWindow]) -> Iterator[tuple[GridWindow, Pixels]]:
        """Windows of a grid, one after the other, with their pictures. What is black is not computed."""
        from panogen.rendering import OUTSIDE, quantize

        renderer = self.renderer(grid)
        for window in windows:
            if self.view.outside != "black" or shows_any(renderer.chart, window):
                yield window, colours(dataclasses.replace(renderer, grid=window))
            else:
                yield window, quantize(np.full((*window.shape, 3), OUTSIDE, np.float32))
                self.progress(len(window))

    def save(self, picture: Pixels, path: Path) -> None:
        """Write a JPEG of full colour resolution, in a folder that is made where it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg_bytes(picture, Q=self.quality))


def colours(renderer: "Renderer") -> Pixels:
    """Return the picture of a renderer's grid."""
    from panogen.rendering import PixelRenderer

    return PixelRenderer(renderer).picture()


def windows(grid: Grid, tile: int) -> Iterator[GridWindow]:
    """Return the tiles of a grid, row after row; those at the right and at the bottom may be smaller."""
    return (GridWindow(grid, *window) for window in cut(grid.shape, (tile, tile)))


def shows_any(chart: Chart, window: GridWindow) -> bool:
    """Whether a window shows any of a chart.

    The chart's band goes all around, so that no window has it inside without its crossing an edge.
    """
    numbers = np.arange(len(window)).reshape(window.shape)
    edges = np.concatenate([numbers[0], numbers[-1], numbers[:, 0], numbers[:, -1]])
    return bool(chart.valid(window.at(edges)).any())
