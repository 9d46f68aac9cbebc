"""Pixel centres along a side and around a circle, directions from angles and back, and rotations."""

import numpy as np
from numpy.typing import ArrayLike

from panogen.base.arrays import Doubles


def pixel_centres(count: int) -> Doubles:
    """Centres of ``count`` equal cells of [0, 1]: (k + 1/2)/count, shape (count,)."""
    return (np.arange(count) + 0.5) / count


def circle_azimuths_rad(count: int, yaw_rad: float = 0.0) -> Doubles:
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


def from_azimuth_elevation(azimuth_rad: ArrayLike, elevation_rad: ArrayLike) -> Doubles:
    """Unit vectors (..., 3) of azimuths and elevations that broadcast against each other."""
    azimuth, elevation = np.asarray(azimuth_rad, np.float64), np.asarray(elevation_rad, np.float64)
    x = np.cos(elevation) * np.sin(azimuth)
    y = np.broadcast_to(np.sin(elevation), x.shape)
    z = np.cos(elevation) * np.cos(azimuth)
    return np.stack([x, y, z], axis=-1)


def azimuth_elevation(directions: ArrayLike) -> tuple[Doubles, Doubles]:
    """Azimuth in [-pi, pi] and elevation in [-pi/2, pi/2] of vectors (..., 3) of any length above zero."""
    x, y, z = np.moveaxis(np.asarray(directions, np.float64), -1, 0)
    return np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))


def rotation(yaw_rad: float = 0.0, pitch_rad: float = 0.0, roll_rad: float = 0.0) -> Doubles:
    """Matrix (3, 3) that takes directions of a camera to directions of the world: ``directions @ matrix.T``.

    The camera is rolled about its own axis first, then pitched up, then yawed to the right. Its forward axis ends at
    azimuth ``yaw_rad`` and elevation ``pitch_rad``.
    """
    cy, sy = np.cos(yaw_rad), np.sin(yaw_rad)
    cp, sp = np.cos(pitch_rad), np.sin(pitch_rad)
    cr, sr = np.cos(roll_rad), np.sin(roll_rad)
    yaw = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    pitch = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    roll = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    matrix: Doubles = yaw @ pitch @ roll
    return matrix


def rotate(directions: Doubles, matrix: Doubles) -> Doubles:
    """Rotate rows (n, 3), each on its own, so that the result does not depend on how many there are."""
    return np.stack([(directions * axis).sum(-1) for axis in matrix], -1)


def pitched(directions: Doubles, yaw_rad: float, pitch_rad: float) -> Doubles:
    """Tilt directions (n, 3) as a whole, so that the one on the horizon at azimuth ``yaw_rad`` comes to elevation
    ``pitch_rad``. For pitch 0 they stay the very same, to the bit."""
    if pitch_rad == 0:
        return directions
    turn = rotation(yaw_rad)
    return rotate(directions, turn @ rotation(pitch_rad=pitch_rad) @ turn.T)
