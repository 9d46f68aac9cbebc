"""Which windows of the chart the discriminator looks through. Every kind is one function and a line in VIEWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from panogen.geometry import Cylinder, Windows

if TYPE_CHECKING:
    from panogen.training.config import TrainConfig

# (rng, count, recipe, rows of the whole band, pixels of a view) -> count windows
DrawWindows = Callable[[np.random.Generator, int, "TrainConfig", int, int], Windows]


def crops(rng: np.random.Generator, count: int, config: TrainConfig, rows: int, pixels: int) -> Windows:
    """Crops of the cylindrical picture: see ``crop_windows``."""
    return crop_windows(rng, count, config.chart.band, pixels, config.scale_jitter)


def crop_windows(rng: np.random.Generator, count: int, band: Cylinder, pixels: int, scale_jitter: float) -> Windows:
    """Windows of crops as high as the band, less a share of up to ``scale_jitter``, so that no point is always seen at
    the centre of a pixel (CIPS section 4.3)."""
    side = band.side * rng.uniform(1 - scale_jitter, 1, count)
    return band.windows(rng, side, side / pixels)


def patches(rng: np.random.Generator, count: int, config: TrainConfig, rows: int, pixels: int) -> Windows:
    """Strided patches of the cylindrical picture at its full resolution (CIPS section 4.5): every pixel, every second
    one, every fourth ... up to a view of the whole height. Their pixels are as small at any stride."""
    strides = np.exp2(rng.integers(0, (rows // pixels).bit_length(), count))
    band = config.chart.band
    cell = band.side / rows
    return band.windows(rng, strides * (pixels * cell), np.full(count, cell))


def multiscale(rng: np.random.Generator, count: int, config: TrainConfig, rows: int, pixels: int) -> Windows:
    """Views of any scale; their pixels average what they cover (after Chai et al. 2022, "Any-resolution training").

    A share ``whole_share`` is as large as they get on the chart; of the others the scale is uniform in its logarithm
    between that and single pixels of ``rows``.
    """
    zoom = rng.uniform(0, 1, count) * (rng.random(count) >= config.whole_share)
    side = config.chart.side * np.exp2(-zoom * config.halvings(rows, pixels))
    return config.chart.windows(rng, side, side / pixels, np.radians(config.nadir_deg))


VIEWS: dict[str, DrawWindows] = {"crops": crops, "patches": patches, "multiscale": multiscale}
