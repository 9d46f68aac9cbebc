"""What the pictures of procedural landscapes are measured by, generated or real, beside places held out of training."""

import statistics
from collections.abc import Callable
from typing import Any

import numpy as np

from panogen.api import Panogen
from panogen.base.arrays import Pixels
from panogen.data import CropCache, Landscapes
from panogen.data.landscapes import HELD_OUT, PLACES
from panogen.evaluation import crops
from panogen.evaluation.samples import real_panorama
from panogen.geometry import Cylinder, Windows
from panogen.grids.view import View
from panogen.metrics.layout import azimuth_profile, fixed_layout_share, own_row_share
from panogen.metrics.spectrum import grid_peak, power_spectra, spectrum_distance_db
from panogen.metrics.swd import sliced_wasserstein
from panogen.networks import Generator
from panogen.training import TrainConfig, views

MEASURING_SEED = 12345  # of windows, latents and projections: the same for all that is measured

__all__ = [
    "HELD_OUT",
    "PLACES",
    "distances",
    "draw_windows",
    "generated_crops",
    "layout",
    "model_layout",
    "model_panoramas",
    "real_crops",
    "real_panoramas",
]


def draw_windows(config: TrainConfig, resolution: int, count: int, seed: int) -> Windows:
    """Windows of crops as training draws them, each on its own."""
    return views.crops(np.random.default_rng(seed), count, config, resolution, resolution)


def real_crops(config: TrainConfig, resolution: int, windows: Windows, first: int) -> Pixels:
    """Crops (n, resolution, resolution, 3) of the held-out places from seed ``first`` on, through the windows."""
    cache = CropCache(Landscapes(PLACES, first), config.chart.band)
    return cache.batch(np.random.default_rng(MEASURING_SEED + first), windows, resolution, resolution)


def real_panoramas(chart: Cylinder, resolution: int, first: int, count: int) -> Pixels:
    """Panoramas (count, resolution, columns, 3) of the landscapes from seed ``first`` on."""
    places = Landscapes(count, first)
    columns = chart.natural_width(resolution)
    return np.stack([real_panorama(places, index, chart, resolution, columns) for index in range(count)])


def generated_crops(generator: Generator, resolution: int, windows: Windows) -> Pixels:
    """Crops (n, resolution, resolution, 3), each of a place of its own, through the windows."""
    return crops.generated_crops(generator, range(len(windows)), resolution, windows)


def model_panoramas(shown: Panogen, count: int) -> Pixels:
    """Panoramas (count, rows, columns, 3) of seeds 0, 1, ..., as dense as the finest detail that the model has."""
    width = round(2 * np.pi / shown.model.generator.finest_rad)
    return np.stack([shown.render(seed, View(width=width)) for seed in range(count)])


def layout(bands: Pixels) -> dict[str, float]:
    """Figures of the variety of panoramas around the circle; spreads in steps of 8 bits."""
    spread = azimuth_profile(bands)
    return {
        "fixed_layout_share": fixed_layout_share(bands),
        "fixed_layout_share_unbiased": fixed_layout_share(bands, unbiased=True),
        "own_row_share": own_row_share(bands),
        "own_row_share_unbiased": own_row_share(bands, unbiased=True),
        "azimuth_spread": float(spread.mean()),
        "azimuth_spread_least": float(spread.min()),
    }


def model_layout(shown: Panogen, count: int) -> dict[str, float]:
    """``layout`` of ``count`` panoramas of any model."""
    return layout(model_panoramas(shown, count))


def distances(
    config: TrainConfig, resolution: int, count: int, crops_through: Callable[[Windows], Pixels]
) -> dict[str, Any]:
    """How far ``count`` crops are from those of the first held-out places: the sliced Wasserstein distance, in
    thousandths, and figures of their spectra."""
    reals = real_crops(config, resolution, draw_windows(config, resolution, count, MEASURING_SEED), HELD_OUT)
    generated = crops_through(draw_windows(config, resolution, count, MEASURING_SEED + 1))
    levels = sliced_wasserstein(generated, reals, seed=MEASURING_SEED)
    return {"swd": levels, "swd_mean": statistics.mean(levels.values()), **spectra(generated, reals)}


def spectra(generated: Pixels, reals: Pixels) -> dict[str, float]:
    """Distance of the mean spectrum from that of the real crops, in dB, and how far a regular pattern stands out."""
    spectrum = power_spectra(generated).mean(0)
    distance, peak = spectrum_distance_db(spectrum, power_spectra(reals).mean(0)), grid_peak(spectrum)
    return {
        "spectrum_db": distance.all,
        "spectrum_db_high": distance.high,
        "grid_peak": peak.any,
        "grid_peak_horizontal": peak.horizontal,
        "grid_peak_vertical": peak.vertical,
    }
