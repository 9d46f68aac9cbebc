"""How sure a figure is: 95 % intervals over pictures.

Figures of pictures one by one are means. Their interval is the percentile bootstrap (Efron 1979): pictures are drawn
anew, as many, with replacement, and the middle 95 % of the means are kept.

Distances of two sets are another matter. A set drawn with replacement holds about 63 % of the pictures, some of them
several times: for a distance that is a smaller set, and distances grow as sets shrink. So the percentiles would lie
above the figure itself, often all of them. Two things are done about it. Resamples are halves of each set, drawn
without replacement: no picture is there twice, and the mean of a random half has the very variance that the bootstrap
gives the mean of the whole, s^2 / n (m = n/2 in s^2 / m - s^2 / n; McCarthy 1969). And the interval keeps their spread,
not their level: their 95 % are moved so that their mean is the figure (``centred_interval``).

So the interval of a distance says how far the figure would move with other pictures, equally many. It does not say
where an endless number of them would take it: that bias is in the figure and, since it has the same n, in the floor
beside it.
"""

import zlib
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from panogen.base.arrays import Booleans, Doubles

COVERED = (2.5, 97.5)  # percent
MEANS = 1000  # resamples of a mean


def generator_for(seed: int, name: str) -> np.random.Generator:
    """Return a random generator of a figure's own: it depends on no other figure."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def mean_interval(values: ArrayLike, rng: np.random.Generator, resamples: int = MEANS) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap of the mean of values (n,)."""
    known = np.asarray(values, np.float64)
    counts = rng.multinomial(len(known), np.full(len(known), 1 / len(known)), resamples)
    low, high = np.percentile(counts @ known / len(known), COVERED)
    return float(low), float(high)


def half_samples(rng: np.random.Generator, count: int, resamples: int) -> Booleans:
    """Draw which of ``count`` pictures are in each resample: masks (resamples, count), ``count // 2`` of each true."""
    masks = np.arange(count) < np.full((resamples, 1), count // 2)
    return np.asarray(rng.permuted(masks, axis=1))


def centred_interval(value: float, resampled: ArrayLike, least: float = -np.inf) -> tuple[float, float]:
    """Return the 95 % of a figure's ``resampled`` values (resamples,), moved so that their mean is its ``value``.

    Not below the ``least`` that it can be.
    """
    known = np.asarray(resampled, np.float64)
    low, high = np.percentile(known, COVERED) + (value - known.mean())
    return max(float(low), least), max(float(high), least)


def finite(values: Any) -> Doubles:
    """Return those of the values that are finite numbers."""
    known = np.asarray(values, np.float64)
    return known[np.isfinite(known)]
