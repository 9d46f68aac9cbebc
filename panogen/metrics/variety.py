"""Is one half of a panorama a copy of the other, or its mirror image?"""

import math
from dataclasses import dataclass

import numpy as np

from panogen.base.arrays import AnyPixels

BROAD = 5  # waves around the circle: those of which fewer fit are glow and shade, not things
FAINTEST = 1e-3  # steps of 8 bits: a deviation below it is rounding


@dataclass(frozen=True)
class Likeness:
    """How like itself a panorama is: its correlation ``value`` in [-1, 1] with ``numpy.roll(other, shift, axis=1)``.

    ``other`` is the panorama, or where ``mirrored`` its mirror image. 1 is a copy.
    """

    value: float
    shift: int
    mirrored: bool


def half_correlation(panorama: AnyPixels) -> Likeness:
    """Return the largest correlation of a panorama (H, W, 3), W at least 16, with itself elsewhere. Raises ValueError.

    Mirrored about any axis: the columns on one side of it against those on the other, half the circle each. Straight:
    turned by a quarter of the circle or more, so that places are never compared with their own surroundings; half a
    turn lays one half on the other, and whatever is repeated n times around the circle repeats within this range.

    From each row and channel its mean is taken away first: that skies are above grounds is no likeness. So are waves
    of which fewer than ``BROAD`` fit around the circle, since a single glow in the sky is its own mirror image. The
    measure is what real panoramas have, mostly 0.05 to 0.3. NaN where nothing else varies around the circle.
    """
    if panorama.ndim != 3 or panorama.shape[-1] != 3 or panorama.shape[1] < 16:
        raise ValueError(f"a panorama must be (H, W, 3) with at least 16 columns, got shape {panorama.shape}")
    columns = panorama.shape[1]
    power, square = np.zeros((2, columns // 2 + 1), np.complex128)
    for row in panorama:  # one at a time: pictures may be large
        waves = np.fft.rfft(row, axis=0)
        waves[:BROAD] = 0
        power += np.square(np.abs(waves)).sum(1)
        square += np.square(waves).sum(1)
    straight, mirrored = np.fft.irfft(power, columns), np.fft.irfft(square, columns)
    energy = float(straight[0])
    if energy <= FAINTEST**2 * panorama.size:
        return Likeness(math.nan, 0, False)
    nearest = math.ceil(columns / 4)
    turn = nearest + int(np.argmax(straight[nearest : columns // 2 + 1]))
    # Column x meets column ``total`` - x, which in the mirror image is columns - 1 - total + x: a roll brings it to x.
    total = int(np.argmax(mirrored))
    found = [
        Likeness(float(straight[turn]) / energy, turn, False),
        Likeness(float(mirrored[total]) / energy, (total + 1) % columns, True),
    ]
    return max(found, key=lambda likeness: likeness.value)
