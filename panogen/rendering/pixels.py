"""A renderer's colours as the pixels of a picture: averaged where there are several samples to a pixel, and rounded."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from panogen.base.arrays import Colours, Floats
from panogen.base.colour import linear_to_srgb, srgb_to_linear
from panogen.grids import Window
from panogen.rendering.renderer import STRIP, Piece, Renderer, quantize, strips

BLOCK_COLUMNS = 1024  # of a large picture that are made together

# A window of the picture, its pixels (rows, columns, channels), and how many of them the chart does not show.
WindowPixels = tuple[Window, Colours, int]
RenderWindows = Callable[[Iterable[Window]], Iterator[WindowPixels]]


@dataclass(frozen=True)
class PixelRenderer:
    """Pixels of a picture from a renderer of ``supersample`` times as many rows and columns.

    Samples are averaged as light, not as the values that a display is given: those come out too dark. ``light`` asks
    for linear light in [0, 1], float32, premultiplied by its opacity, in place of 8 bits.
    """

    renderer: Renderer
    supersample: int = 1
    light: bool = False

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture."""
        rows, columns = self.renderer.grid.shape
        return rows // self.supersample, columns // self.supersample

    @property
    def block(self) -> tuple[int, int]:
        """Rows and columns of the windows in which a large picture is made best."""
        (tall, wide), columns = self.unit, BLOCK_COLUMNS // self.supersample
        width = min(self.shape[1], max(wide, columns // wide * wide))
        return max(tall, STRIP // self.supersample**2 // width // tall * tall), width

    @property
    def unit(self) -> tuple[int, int]:
        """Rows and columns of the picture that whole ones of the renderer's make."""
        count, (tall, wide) = self.supersample, self.renderer.unit
        return math.lcm(tall, count) // count, math.lcm(wide, count) // count

    def windows(self, windows: Iterable[Window]) -> Iterator[WindowPixels]:
        """Windows of the picture, one after the other; what the chart does not show is counted by their samples."""
        count = self.supersample
        for piece in self.renderer.windows(window.scaled(count) for window in windows):
            window = Window(*(side // count for side in piece.window))
            yield window, self._pixels(piece), round(piece.unseen / count**2)

    def picture(self) -> Colours:
        """Render the whole picture (rows, columns, channels)."""
        dtype = np.float32 if self.light else np.uint8
        picture = np.empty((*self.shape, self.renderer.channels), dtype)
        for (top, left, height, width), pixels, _ in self.windows(strips(self.shape, self.unit[0])):
            picture[top : top + height, left : left + width] = pixels
        return picture

    def _pixels(self, piece: Piece) -> Colours:
        if self.supersample == 1 and not self.light:
            return quantize(piece.colours)
        rgba = averaged(linear(piece.colours), self.supersample)
        return rgba if self.light else quantize(displayed(rgba))


def linear(colours: Floats) -> Floats:
    """Colours in [-1, 1], clipped, with or without opacity, as linear light in [0, 1], premultiplied."""
    levels = np.clip(colours, -1, 1) * np.float32(0.5) + np.float32(0.5)
    levels[..., :3] = srgb_to_linear(levels[..., :3])
    if colours.shape[-1] == 4:
        levels[..., :3] *= levels[..., 3:]
    return levels


def averaged(light: Floats, count: int) -> Floats:
    """Return the means (h, w, channels) of ``count`` x ``count`` samples of light (h count, w count, channels)."""
    rows, columns, channels = light.shape
    means: Floats = light.reshape(rows // count, count, columns // count, count, channels).mean((1, 3))
    return means


def displayed(light: Floats) -> Floats:
    """Linear light in [0, 1], premultiplied, as colours in [-1, 1] beside their opacity; inverse of ``linear``."""
    levels = light.copy()
    if light.shape[-1] == 4:
        levels[..., :3] /= np.maximum(light[..., 3:], np.finfo(np.float32).tiny)
    levels[..., :3] = linear_to_srgb(levels[..., :3])
    return levels * 2 - 1
