"""Metrics: pure functions of arrays of pictures, one file a metric. They know nothing of models.

A figure of generated pictures means little alone: quote the same figure of real against real beside it.
"""

from collections.abc import Callable

from panogen.metrics.foveation import eccentric_lowpass, flicker, psnr_db, ring_psnr_db
from panogen.metrics.frechet import Gaussian, frechet_distance, kernel_distance
from panogen.metrics.layout import azimuth_profile, fixed_layout_share, own_row_share
from panogen.metrics.scale import lanczos_consistency, sampling_psnr_db, scale_consistency, ssim
from panogen.metrics.swd import mean_sliced_wasserstein, sliced_wasserstein, sliced_wasserstein_of_parts

# Distances of two sets of pictures, each (n, H, W, 3) uint8, by name: ``distance(a, b, seed=0)``. Symmetric, and 0
# between a set and itself.
METRICS: dict[str, Callable[..., float]] = {"swd": mean_sliced_wasserstein}

__all__ = [
    "METRICS",
    "Gaussian",
    "azimuth_profile",
    "eccentric_lowpass",
    "fixed_layout_share",
    "flicker",
    "frechet_distance",
    "kernel_distance",
    "lanczos_consistency",
    "mean_sliced_wasserstein",
    "own_row_share",
    "psnr_db",
    "ring_psnr_db",
    "sampling_psnr_db",
    "scale_consistency",
    "sliced_wasserstein",
    "sliced_wasserstein_of_parts",
    "ssim",
]
