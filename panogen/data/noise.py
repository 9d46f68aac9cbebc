"""Fractal noise that closes: a tile that repeats in the plane, and a line that repeats around the circle."""

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.base.arrays import LONGEST_REMAP, Reals

TILE = 256  # texels a side


def fractal_tile(rng: np.random.Generator, exponent: float) -> Reals:
    """Draw a (TILE, TILE) picture of zero mean and unit variance that repeats in both axes.

    Its amplitude falls as frequency^-exponent.
    """
    rows = np.fft.fftfreq(TILE, 1 / TILE).astype(np.float32)[:, None]
    columns = np.fft.rfftfreq(TILE, 1 / TILE).astype(np.float32)[None, :]
    frequency = np.hypot(rows, columns)
    frequency[0, 0] = np.inf  # no mean
    phase = rng.random(frequency.shape, dtype=np.float32) * np.float32(2 * np.pi)
    tile = np.fft.irfft2(frequency**-exponent * np.exp(1j * phase), s=(TILE, TILE)).astype(np.float32)
    tile /= tile.std()
    return tile


def sample_tile(tile: Reals, x: Reals, y: Reals) -> Reals:
    """Sample the tile at positions in tiles (any real numbers, any shape (H, W)), interpolated and repeated."""
    if max(x.shape) > LONGEST_REMAP:
        raise ValueError(f"a procedural picture has at most {LONGEST_REMAP} pixels a side, got {max(x.shape)}")
    if x.size == 0:  # which remap does not take either
        return np.zeros(x.shape, np.float32)
    wrapped = [np.mod(position, 1.0) * TILE for position in (x, y)]
    return np.asarray(cv2.remap(tile, wrapped[0], wrapped[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


def fractal_circle(coefficients: NDArray[np.complex128], width: int) -> Reals:
    """Return a real function around the circle from its Fourier coefficients of order 1, 2, ..., at ``width`` cell
    centres.

    Orders that ``width`` cells cannot show are left out, so the same circle is drawn at any width.
    """
    orders = np.arange(1, min(len(coefficients), (width - 1) // 2) + 1)
    spectrum = np.zeros(width // 2 + 1, np.complex128)
    spectrum[orders] = coefficients[: len(orders)] * np.exp(1j * np.pi * orders / width) * (width / 2)
    return np.fft.irfft(spectrum, width).astype(np.float32)


def circle_coefficients(
    rng: np.random.Generator, exponent: float, lowest: int, highest: int = 512
) -> NDArray[np.complex128]:
    """Random coefficients of order 1 .. ``highest`` whose amplitude falls as order^-exponent from ``lowest`` on.

    The function they make has unit variance.
    """
    orders = np.arange(1, highest + 1)
    amplitude = np.where(orders < lowest, 0.0, (orders / lowest) ** -exponent)
    amplitude *= rng.rayleigh(size=highest)
    amplitude *= np.sqrt(2 / np.sum(amplitude**2))
    coefficients: NDArray[np.complex128] = amplitude * np.exp(2j * np.pi * rng.random(highest))
    return coefficients
