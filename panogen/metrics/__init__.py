"""Metrics: pure functions of arrays of pictures, one file a metric. They know nothing of models.

A figure of generated pictures means little alone: quote the same figure of real against real beside it.
"""

from collections.abc import Callable

from panogen.metrics.foveation import eccentric_lowpass, flicker, psnr_db, ring_psnr_db
from panogen.metrics.frechet import Gaussian, frechet_distance, kernel_distance
from panogen.metrics.layout import azimuth_profile, fixed_layout_share, own_row_share
from panogen.metrics.pan import fourier_shifted, pan_psnr_db, perspective_pan_psnr_db, roll_difference, warped
from panogen.metrics.picture import PICTURE_METRICS
from panogen.metrics.poles import PoleFigures, pole_figures
from panogen.metrics.scale import lanczos_consistency, sampling_psnr_db, scale_consistency, ssim
from panogen.metrics.seam import SeamFigures, discontinuity_excess, discontinuity_score, seam_ratio
from panogen.metrics.spectrum import (
    GridPeak,
    SpectrumDistance,
    grid_peak,
    power_spectra,
    radial_power,
    spectrum_distance_db,
    square_crops,
)
from panogen.metrics.swd import mean_sliced_wasserstein, sliced_wasserstein, sliced_wasserstein_of_parts
from panogen.metrics.variety import Likeness, half_correlation

# Distances of two sets of pictures, each (n, H, W, 3) uint8, by name: ``distance(a, b, seed=0)``. Symmetric, and 0
# between a set and itself.
METRICS: dict[str, Callable[..., float]] = {"swd": mean_sliced_wasserstein}

__all__ = [
    "METRICS",
    "PICTURE_METRICS",
    "Gaussian",
    "GridPeak",
    "Likeness",
    "PoleFigures",
    "SeamFigures",
    "SpectrumDistance",
    "azimuth_profile",
    "discontinuity_excess",
    "discontinuity_score",
    "eccentric_lowpass",
    "fixed_layout_share",
    "flicker",
    "fourier_shifted",
    "frechet_distance",
    "grid_peak",
    "half_correlation",
    "kernel_distance",
    "lanczos_consistency",
    "mean_sliced_wasserstein",
    "own_row_share",
    "pan_psnr_db",
    "perspective_pan_psnr_db",
    "pole_figures",
    "power_spectra",
    "psnr_db",
    "radial_power",
    "ring_psnr_db",
    "roll_difference",
    "sampling_psnr_db",
    "scale_consistency",
    "seam_ratio",
    "sliced_wasserstein",
    "sliced_wasserstein_of_parts",
    "spectrum_distance_db",
    "square_crops",
    "ssim",
    "warped",
]
