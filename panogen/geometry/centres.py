"""Pixel centres along a side and around a circle."""

import numpy as np
from numpy.typing import NDArray


def pixel_centres(count: int) -> NDArray[np.float64]:
    """Centres of ``count`` equal cells of [0, 1]: (k + 1/2)/count, shape (count,)."""
    return (np.arange(count) + 0.5) / count


def circle_azimuths_rad(count: int, yaw_rad: float = 0.0) -> NDArray[np.float64]:
    """Azimuths of ``count`` columns once around the circle, the middle of them at ``yaw_rad``; shape (count,).

    A yaw is a roll by whole columns plus a rest smaller than a column, and a rest below a billionth of a column is none
    at all. So a picture turned by k columns has the very same azimuths, bit for bit, as the picture rolled by k.
    """
    columns = yaw_rad / (2 * np.pi) * count
    whole = round(columns)
    rest = columns - whole
    if abs(rest) < 1e-9:
        rest = 0.0
    turns = pixel_centres(count)[(np.arange(count) + whole) % count] - 0.5
    return 2 * np.pi * turns + 2 * np.pi / count * rest
