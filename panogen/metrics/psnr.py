"""The peak signal-to-noise ratio, and back."""

import math
from typing import TypeVar

from panogen.base.arrays import Doubles

WHITE = 255.0  # of 8 bits

Decibels = TypeVar("Decibels", float, Doubles)


def psnr_db(mean_square: float, peak: float = WHITE) -> float:
    """Return the PSNR of a mean square error: 10 log10(peak^2 / error), infinite where there is none."""
    return 10 * math.log10(peak**2 / mean_square) if mean_square else math.inf


def mean_square_of(psnr: Decibels) -> Decibels:
    """Return the mean square error that has a PSNR in dB of 8 bits."""
    return WHITE**2 * 10 ** (-psnr / 10)
