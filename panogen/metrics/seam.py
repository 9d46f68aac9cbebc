"""Can the place be found where the left and the right edge of a panorama meet?

Pictures here are (H, W, 3) in steps of 8 bits, of any number type, once around the circle: column 0 follows column
W - 1. The edge between those two is the seam, and it should be like every other edge between neighbouring columns:
neither rougher (a hard seam) nor smoother (a column that is there twice).
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from panogen.base.arrays import AnyPixels, Doubles

SCHARR = np.array([[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]], np.float64)
SOFTENER = 0.1  # c of the discontinuity score
REACH = 3  # columns on each side of the seam that the score sees


@dataclass(frozen=True)
class SeamFigures:
    """How the seam compares with the other edges between columns.

    Ratios, to the median of the others: ideally about 1. A hard seam gives more; a column that is there twice gives a
    ``ratio`` of 0. NaN where the others have nothing to compare with and nor has the seam, infinite where it alone
    changes. Percentiles are the share of the others that change less, in percent, ties counting half: over many
    seamless panoramas they are spread evenly over [0, 100].
    """

    ratio: float
    percentile: float
    ratio_second: float
    percentile_second: float


def seam_ratio(picture: AnyPixels) -> SeamFigures:
    """Compare the seam of a panorama (H, W, 3), W at least 4, with its other edges. Raises ValueError.

    The change at an edge is d_k, the mean over rows and channels of |I[k + 1] - I[k]|. ``_second`` figures are of
    second differences |I[k + 1] - 2 I[k] + I[k - 1]|, which also see a kink, where colours meet and slopes do not. Two
    of them reach across an edge, around the column on either side: the value at an edge is the mean of both, at every
    edge alike.
    """
    _check(picture, 4)
    first, bends = np.zeros((2, picture.shape[1]))  # at the edge after column k, and around column k
    for row in picture:  # one at a time: pictures may be large
        step = np.roll(row, -1, 0) - row.astype(np.float64)
        first += np.abs(step).sum(1)
        bends += np.abs(step - np.roll(step, 1, 0)).sum(1)
    return SeamFigures(*_compared(first), *_compared(bends + np.roll(bends, -1)))


def _compared(changes: Doubles) -> tuple[float, float]:
    # Ratio and percentile of the last of (W,) changes among the others.
    seam, others = changes[-1], changes[:-1]
    median = float(np.median(others))
    ratio = float(seam) / median if median > 0 else (math.inf if seam > 0 else math.nan)
    return ratio, 100 * float(np.mean(others < seam) + np.mean(others == seam) / 2)


def discontinuity_score(picture: AnyPixels) -> float:
    """Horizontal gradient across the seam relative to that beside it (Christensen et al., ECCV 2024).

    0 where the colours at the seam do not change, about 1 in a seamless picture full of contrast, more with a hard
    seam. Smooth pictures score less, since ``SOFTENER`` is added to the gradients beside the seam: so
    ``discontinuity_excess`` tells more. Grey values (Rec. 601) are in [0, 1]; beyond the top and the bottom row is
    black. Raises ValueError.
    """
    _check(picture, 2 * REACH)
    return _score_at(picture, 0)


def discontinuity_excess(picture: AnyPixels, seed: int = 0, rolls: int = 32) -> float:
    """``discontinuity_score`` less its mean over the same picture rolled at random, ``rolls`` times.

    Ideally 0, on average over pictures; above it with a hard seam. No two rolls are the same, and none is by 0; where a
    picture has fewer columns, all are taken. Raises ValueError.
    """
    _check(picture, 2 * REACH)
    others = picture.shape[1] - 1
    starts = 1 + np.random.default_rng(seed).choice(others, min(rolls, others), replace=False)
    return _score_at(picture, 0) - float(np.mean([_score_at(picture, int(start)) for start in starts]))


def _score_at(picture: AnyPixels, start: int) -> float:
    # The score of the picture rolled so that column ``start`` is the first.
    columns = (start + np.arange(-REACH, REACH)) % picture.shape[1]
    grey = cv2.cvtColor(picture[:, columns].astype(np.float32) / 255, cv2.COLOR_RGB2GRAY).astype(np.float64)
    gradient = cv2.filter2D(grey, -1, SCHARR, borderType=cv2.BORDER_CONSTANT)[:, 1:-1]  # (H, 4)
    before, left, right, after = np.abs(gradient).T
    return float(np.mean(left / (before + SOFTENER) + right / (after + SOFTENER))) / 2


def _check(picture: AnyPixels, columns: int) -> None:
    if picture.ndim != 3 or picture.shape[-1] != 3 or not len(picture) or picture.shape[1] < columns:
        raise ValueError(f"a panorama must be (H, W, 3) with at least {columns} columns, got shape {picture.shape}")
