"""Does a picture stay itself when the camera turns?

Pictures here are (H, W, 3) in steps of 8 bits, of any number type. ``columns`` and ``yaw_deg`` are how far the camera
turned to the right between ``picture`` and ``turned``; what was in the middle is then left of it.
"""

import cv2
import numpy as np

from panogen.base.arrays import AnyPixels, Booleans, Doubles
from panogen.geometry import rotation
from panogen.metrics.psnr import psnr_db

KERNEL = 4  # pixels that the Lanczos kernel reaches beyond a place


def roll_difference(picture: AnyPixels, turned: AnyPixels, columns: int) -> float:
    """Largest difference of a panorama turned by whole columns from the same one rolled by as many, in their own steps.

    Ideal: 0, exactly.
    """
    _check(picture, turned)
    return float(np.abs(np.roll(picture, -columns, 1).astype(np.float64) - turned).max())


def fourier_shifted(picture: AnyPixels, columns: float) -> Doubles:
    """Turn a panorama once around the circle by any number of columns: the periodic band-limited interpolation.

    Its shortest wave, of two pixels, cannot tell a shift from a lower contrast: of its two readings, left and right,
    the mean is taken. Whole columns are a roll, up to rounding.
    """
    width = picture.shape[1]
    waves = np.fft.rfft(picture, axis=1)
    phase = np.exp(2j * np.pi * columns / width * np.arange(waves.shape[1]))
    return np.fft.irfft(waves * phase[:, None], width, axis=1)  # which takes the real part of the shortest wave


def pan_psnr_db(picture: AnyPixels, turned: AnyPixels, columns: float) -> float:
    """PSNR in dB of a panorama turned by any number of columns against the Fourier shift of the one that was not.

    Infinite where they are equal. Ideal: that of a picture without waves shorter than two pixels, which 8 bits limit to
    about 56 dB.
    """
    _check(picture, turned)
    return psnr_db(float(np.square(fourier_shifted(picture, columns) - turned).mean()))


def homography(shape: tuple[int, int], fov_deg: float, yaw_deg: float) -> Doubles:
    """Return the matrix K R K^-1 (3, 3) from pixels (column, row, 1) of a turned view to those of the view that was
    not.

    Both are lens views of ``shape`` (rows, columns), ``fov_deg`` wide from edge to edge, upright and level. Pixel
    (0, 0) is the middle of the upper left one.
    """
    rows, columns = shape
    focal = columns / 2 / np.tan(np.radians(fov_deg) / 2)
    k = np.array([[focal, 0, (columns - 1) / 2], [0, -focal, (rows - 1) / 2], [0, 0, 1]])
    return np.asarray(k @ rotation(np.radians(yaw_deg)) @ np.linalg.inv(k))


def warped(view: AnyPixels, matrix: Doubles) -> tuple[Doubles, Booleans]:
    """Return the view (H, W, 3) that a camera turned by ``matrix`` (see ``homography``) sees of it, and which of its
    pixels (H, W) are seen there with all that their Lanczos interpolation needs."""
    rows, columns = view.shape[:2]
    row, column = np.mgrid[:rows, :columns]
    x, y, depth = np.tensordot(matrix, np.stack([column, row, np.ones_like(row)]), 1)
    ahead = depth > 0
    x, y = (np.divide(value, depth, out=np.full_like(depth, -1), where=ahead) for value in (x, y))
    margin = KERNEL - 1
    seen = (x >= margin) & (x <= columns - 1 - margin) & (y >= margin) & (y <= rows - 1 - margin)
    flags = cv2.INTER_LANCZOS4 | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpPerspective(view.astype(np.float64), matrix, (columns, rows), flags=flags)), seen


def perspective_pan_psnr_db(view: AnyPixels, turned: AnyPixels, fov_deg: float, yaw_deg: float) -> float:
    """PSNR in dB of a lens view turned by ``yaw_deg`` against the one that was not, warped, where both see the same.

    Infinite where they are equal. Interpolation limits it, most where the pixels of one view are smaller than those of
    the other: compare with the figure of smooth pictures. Raises ValueError where they have nothing in common.
    """
    _check(view, turned)
    expected, seen = warped(view, homography(view.shape[:2], fov_deg, yaw_deg))
    if not seen.any():
        raise ValueError(f"views {fov_deg:g} degrees wide that are {yaw_deg:g} degrees apart have nothing in common")
    return psnr_db(float(np.square(expected - turned)[seen].mean()))


def _check(picture: AnyPixels, turned: AnyPixels) -> None:
    if picture.shape != turned.shape or picture.ndim != 3 or picture.shape[-1] != 3:
        raise ValueError(f"pictures must have one shape (H, W, 3), got {picture.shape} and {turned.shape}")
