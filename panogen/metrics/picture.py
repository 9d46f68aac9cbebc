"""What one panorama tells of itself, whoever made it."""

import math
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.metrics.poles import pole_figures
from panogen.metrics.seam import discontinuity_excess, discontinuity_score, seam_ratio
from panogen.metrics.spectrum import SMALLEST, grid_peak, power_spectra, square_crops
from panogen.metrics.variety import half_correlation

CROPS_AROUND = 8  # a crop spans that share of the circle: 45 degrees, which every projection shows nearly undistorted

Pixels = NDArray[np.number[Any]]


def seam(picture: Pixels) -> dict[str, float]:
    """See ``SeamFigures``."""
    return asdict(seam_ratio(picture))


def discontinuity(picture: Pixels) -> dict[str, float]:
    """See ``discontinuity_score`` and ``discontinuity_excess``."""
    return {"score": discontinuity_score(picture), "excess": discontinuity_excess(picture)}


def spectrum(picture: Pixels) -> dict[str, float]:
    """See ``GridPeak``: of the mean spectrum of crops around the circle, each about half over the next.

    Their side is the largest power of two within the eighth of the width and the height, and at least ``SMALLEST``.
    """
    rows, columns = picture.shape[:2]
    side = min(max(SMALLEST, columns // CROPS_AROUND), rows)
    side = 2 ** (side.bit_length() - 1)
    peak = grid_peak(power_spectra(square_crops(picture, side, 2 * columns // side)).mean(0))
    return {"grid_peak": peak.any, "grid_peak_horizontal": peak.horizontal, "grid_peak_vertical": peak.vertical}


def poles(picture: Pixels) -> dict[str, float]:
    """See ``PoleFigures``."""
    return asdict(pole_figures(picture))


def mirror(picture: Pixels) -> dict[str, float]:
    """See ``half_correlation``; ``mirrored`` is 1 where the most alike is a mirror image, and else 0."""
    likeness = half_correlation(picture)
    mirrored = math.nan if math.isnan(likeness.value) else float(likeness.mirrored)
    return {"correlation": likeness.value, "mirrored": mirrored}


# Figures of one panorama (H, W, 3) uint8, by name. Each raises ValueError where a picture's shape does not suit it, as
# poles where it is not twice as wide as high.
PICTURE_METRICS: dict[str, Callable[[Pixels], dict[str, float]]] = {
    "seam": seam,
    "discontinuity": discontinuity,
    "spectrum": spectrum,
    "poles": poles,
    "mirror": mirror,
}
