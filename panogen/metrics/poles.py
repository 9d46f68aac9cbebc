"""Is a full equirectangular picture right at the zenith and at the nadir?

Its first row is a circle half a pixel around the zenith: nearly one colour, and a way up a column goes on down the
column half the width away. In a picture that was drawn as if it were flat, the whole first row meets in one point, and
who looks up sees a star.

Pictures here are (H, 2H, 3), of any number type, zenith at the top. Figures are for the top, and for the bottom the
same of the picture upside down.
"""

import math
from dataclasses import dataclass

import numpy as np

from panogen.base.arrays import AnyPixels

NEAR_DEG = 5.0  # how far from a pole rows are near it


@dataclass(frozen=True)
class PoleFigures:
    """``spread_*``: how far the row at the pole is from one colour. ``step_*``: how much changes across the pole.

    Root mean squares, relative to that of the change from row to row near the pole, and in such units that an even
    slope across the pole gives 1 and 1: the ideal, on average over pictures. Both are below 1 where the slope is less
    at the pole than around it, and detail as fine as the pixels gives 1.4 and 1. Photographs kept as JPEG mostly have
    0.3 to 4, flat pictures 4 to 200. NaN where nothing changes near the pole, infinite where only the pole's row
    does. A picture that fades to one colour at the pole passes, whatever it fades from.
    """

    spread_top: float
    spread_bottom: float
    step_top: float
    step_bottom: float


def pole_figures(picture: AnyPixels) -> PoleFigures:
    """Measure how a full equirectangular picture (H, 2H, 3), H at least 4, behaves at its poles. Raises ValueError."""
    rows = len(picture)
    if picture.shape != (rows, 2 * rows, 3) or rows < 4:
        raise ValueError(f"a full equirectangular picture must be (H, 2 H, 3), H at least 4, got shape {picture.shape}")
    (spread_top, step_top), (spread_bottom, step_bottom) = (_at_top(half) for half in (picture, picture[::-1]))
    return PoleFigures(spread_top, spread_bottom, step_top, step_bottom)


def _at_top(picture: AnyPixels) -> tuple[float, float]:
    # Spread and step at the top of a picture.
    rows, columns = picture.shape[:2]
    near = picture[: 1 + max(1, round(NEAR_DEG / 180 * rows))].astype(np.float64)
    change = np.square(np.diff(near, axis=0)).mean((1, 2))
    radii = np.sin(np.pi * np.arange(1, len(near)) / rows)  # of the circles between rows, which weigh by their lengths
    typical = math.sqrt(np.average(change, weights=radii))
    first = near[0]
    spread = 2 * math.sqrt(first.var(0).mean())  # a row is half as far from the pole as from the next row
    step = math.sqrt(np.square(first - np.roll(first, columns // 2, 0)).mean())
    return _relative(spread, typical), _relative(step, typical)


def _relative(part: float, whole: float) -> float:
    return part / whole if whole > 0 else (math.inf if part > 0 else math.nan)
