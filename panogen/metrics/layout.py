"""Variety around the circle: do all panoramas have their clouds at the same azimuths?

Bands here are n panoramas (n, rows, columns, 3) of any number type, azimuth along the columns. Variances are means over
rows and channels.

A panorama has no preferred yaw, so the mean over many is the same all around. For n pictures x_i = mu + e_i, where mu
is what all have in common and the e_i are independent, the variance over azimuth of their mean is on average
V(mu) + V(e)/n: even of independent pictures it is 1/n of a picture's own variance. ``unbiased`` takes that floor away.
"""

import math

import numpy as np

from panogen.base.arrays import AnyPixels, Doubles


def fixed_layout_share(bands: AnyPixels, *, unbiased: bool = False) -> float:
    """Variance over azimuth of the mean picture, divided by the variance of all pixels about their row's mean.

    The row's mean is taken over all panoramas: their differences in brightness and hue count as variety. 1 where all
    panoramas are one; for independent ones (own-row variance / that variance) / n, or with ``unbiased`` 0 on average.
    NaN where nothing varies.
    """
    rows_mean = bands.mean((0, 2), dtype=np.float64)  # (rows, 3)
    about_row = np.mean([np.square(band - rows_mean[:, None]).mean() for band in bands])
    return _share(common_variance(bands, unbiased=unbiased), float(about_row))


def own_row_share(bands: AnyPixels, *, unbiased: bool = False) -> float:
    """Variance over azimuth of the mean picture, divided by that of a single one (about its own row's mean).

    Brightness and hue of a whole panorama do not count. 1 where all panoramas are one, up to such an offset; for
    independent ones 1/n, or with ``unbiased`` 0 on average. NaN where nothing varies around the circle.
    """
    return _share(common_variance(bands, unbiased=unbiased), own_variance(bands))


def common_variance(bands: AnyPixels, *, unbiased: bool) -> float:
    """Variance over azimuth of the mean picture; ``unbiased``: of what an endless number of pictures would have in
    common, the mean covariance over azimuth of two different ones, which may come out below 0."""
    count = len(bands)
    if bands.ndim != 4 or count < 2:
        raise ValueError(f"bands must be at least 2 panoramas (n, rows, columns, 3), got shape {bands.shape}")
    of_mean = float(bands.mean(0, dtype=np.float64).var(1).mean())
    return (count * of_mean - own_variance(bands)) / (count - 1) if unbiased else of_mean


def own_variance(bands: AnyPixels) -> float:
    """Variance over azimuth of a picture, averaged over the pictures."""
    return float(np.mean([band.var(1, dtype=np.float64).mean() for band in bands]))


def azimuth_profile(bands: AnyPixels) -> Doubles:
    """Spread of the pictures at each azimuth, (columns,): the deviation over them of a column's mean colour.

    Root mean square over the channels, in the units of ``bands``. That of real panoramas is level: where a generator's
    dips below it, its pictures look alike.
    """
    colours = bands.mean(1, dtype=np.float64)  # (n, columns, 3)
    variance: Doubles = colours.var(0, ddof=1).mean(-1)
    return np.sqrt(variance)


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan
