"""Metrics: pure functions of arrays of pictures, one file a metric. They know nothing of models.

A figure of generated pictures means little alone: quote the same figure of real against real beside it.
"""

from panogen.metrics.foveation import flicker, psnr_db, ring_psnr_db
from panogen.metrics.frechet import frechet_distance, kernel_distance
from panogen.metrics.layout import azimuth_profile, fixed_layout_share, own_row_share
from panogen.metrics.pan import pan_psnr_db, perspective_pan_psnr_db, roll_difference
from panogen.metrics.poles import pole_figures
from panogen.metrics.scale import lanczos_consistency, scale_consistency
from panogen.metrics.seam import discontinuity_excess, discontinuity_score, seam_ratio
from panogen.metrics.spectrum import (
    grid_peak,
    power_spectra,
    radial_power,
    spectrum_distance_db,
    square_crops,
)
from panogen.metrics.swd import mean_sliced_wasserstein, sliced_wasserstein, sliced_wasserstein_of_parts
from panogen.metrics.variety import half_correlation

__all__ = [
    "azimuth_profile",
    "discontinuity_excess",
    "discontinuity_score",
    "fixed_layout_share",
    "flicker",
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
    "scale_consistency",
    "seam_ratio",
    "sliced_wasserstein",
    "sliced_wasserstein_of_parts",
    "spectrum_distance_db",
    "square_crops",
]
