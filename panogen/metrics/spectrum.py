"""How much detail of each size do pictures have, and is there a regular pattern in them?

A spectrum here is (N, N), power at the frequencies of ``numpy.fft.fftfreq(N)`` in cycles a pixel, rows first; the unit
is the squared step of 8 bits: white noise of variance v has the power v at every frequency.
"""

from dataclasses import dataclass

import numpy as np

from panogen.base.arrays import AnyPixels, Doubles
from panogen.base.colour import LUMINANCE

HIGH = 0.25  # cycles a pixel: above it is detail finer than four pixels
LOCAL = 9  # frequencies a side of the neighbourhood that a peak is compared with
SMALLEST = 32  # pixels a side of a crop, so that there are frequencies beyond the neighbourhood of 0
ROUNDING = float(np.square(LUMINANCE, dtype=np.float64).sum()) / 12  # power of luminance rounded to 8 bits: no detail


@dataclass(frozen=True)
class SpectrumDistance:
    """Mean difference of two spectra in dB, over all frequencies and over those above ``HIGH``. 0 where equal."""

    all: float
    high: float


@dataclass(frozen=True)
class GridPeak:
    """The largest ratio of a spectrum to its local median: anywhere, among upright stripes, which are ``horizontal``
    in the spectrum, and among level ones.

    The measure is what real pictures have; 1 is a spectrum that falls evenly, and a regular pattern stands out. ``any``
    compares with frequencies all around, so that all that is level in pictures, first the horizon, counts, too.
    The other two compare along their axis, where a horizon is an even ridge and only what repeats stands out.
    """

    any: float
    horizontal: float
    vertical: float


def square_crops(panorama: AnyPixels, side: int, count: int) -> AnyPixels:
    """``count`` crops (count, side, side, 3) of a panorama (H, W, 3) around its middle row, evenly spaced.

    The first one has the seam in its middle. Raises ValueError where they are larger than the panorama.
    """
    rows, columns = panorama.shape[:2]
    if not 0 < side <= min(rows, columns) or count < 1:
        raise ValueError(f"{count} crops of {side} pixels a side cannot be cut from a panorama of {columns} x {rows}")
    top = (rows - side) // 2
    lefts = np.arange(count) * columns // count - side // 2
    across = (lefts[:, None] + np.arange(side)) % columns
    return np.moveaxis(panorama[top : top + side][:, across], 1, 0)


def power_spectra(crops: AnyPixels) -> Doubles:
    """Spectra (n, N, N) of the luminance of crops (n, N, N, 3), one each, so that they may be averaged at will.

    Luminance is that of display values (Rec. 709). It is taken less its mean under the window, so that brightness does
    not spill into the largest structures, and multiplied by a Hann window along both axes.
    """
    count, side = crops.shape[:2]
    if crops.shape != (count, side, side, 3) or side < SMALLEST:
        raise ValueError(f"crops must be (n, N, N, 3) with N at least {SMALLEST}, got shape {crops.shape}")
    line = np.square(np.sin(np.pi * np.arange(side) / side))  # Hann, periodic
    window = np.outer(line, line)
    spectra = np.empty((count, side, side))
    for crop, spectrum in zip(crops, spectra, strict=True):
        luminance = crop @ LUMINANCE.astype(np.float64)
        luminance -= np.average(luminance, weights=window)
        spectrum[:] = np.square(np.abs(np.fft.fft2(luminance * window))) / np.square(window).sum()
    return spectra


def radial_power(spectrum: Doubles) -> tuple[Doubles, Doubles]:
    """Frequencies k/N in cycles a pixel, k = 1 to N/2, and the mean power (N/2,) around each: of all frequencies of a
    spectrum (N, N) whose distance from 0 is nearest to it."""
    side = len(spectrum)
    along = np.fft.fftfreq(side, 1 / side)
    ring = np.rint(np.hypot(along[:, None], along)).astype(int).ravel()
    power = np.bincount(ring, spectrum.ravel()) / np.bincount(ring)
    frequencies = np.arange(1, side // 2 + 1)
    return frequencies / side, power[frequencies]


def spectrum_distance_db(a: Doubles, b: Doubles) -> SpectrumDistance:
    """Mean over frequencies of |10 log10 P_a - 10 log10 P_b|, where P is the radial power of mean spectra (N, N).

    Ideal: that of one half of the real pictures from the other. Power below that of rounding to 8 bits counts as such.
    """
    frequencies, power = radial_power(a)
    decibels = [10 * np.log10(np.maximum(p, ROUNDING)) for p in (power, radial_power(b)[1])]
    difference = np.abs(np.subtract(*decibels))
    return SpectrumDistance(float(difference.mean()), float(difference[frequencies > HIGH].mean()))


def grid_peak(spectrum: Doubles) -> GridPeak:
    """Find the strongest regular pattern in a mean spectrum (N, N).

    Each frequency is compared with the median of the ``LOCAL`` x ``LOCAL`` frequencies around it, or of ``LOCAL`` along
    an axis. Those so near to 0 that 0 is among these are left out: there the spectrum of every picture is steep.
    """
    from scipy.ndimage import median_filter  # takes a while to load

    side = len(spectrum)
    near = np.abs(np.fft.fftfreq(side, 1 / side)) <= LOCAL // 2
    floored = np.maximum(spectrum, ROUNDING)
    peaks = []
    for part in (floored, floored[0], floored[:, 0]):
        ratio = part / median_filter(part, LOCAL, mode="wrap")
        ratio[np.ix_(*[near] * part.ndim)] = 0
        peaks.append(float(ratio.max()))
    return GridPeak(*peaks)
