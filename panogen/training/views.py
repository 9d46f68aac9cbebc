"""Which windows of the cylinder the discriminator looks through. Every kind is one function and a line in VIEWS."""

from collections.abc import Callable

import numpy as np

from panogen.geometry import Cylinder
from panogen.geometry.window import Windows

# (rng, count, chart, rows of the whole band, pixels of a view, jitter) -> count windows
DrawWindows = Callable[[np.random.Generator, int, Cylinder, int, int, float], Windows]


def crops(
    rng: np.random.Generator, count: int, chart: Cylinder, rows: int, pixels: int, scale_jitter: float
) -> Windows:
    """Crops as high as the band, less a share of up to ``scale_jitter``.

    What a window leaves free of the band's height it is shifted by at random, so that no point of the cylinder is
    always seen at the centre of a pixel.
    """
    side = 2 * chart.max_height * rng.uniform(1 - scale_jitter, 1, count)
    return _placed(rng, chart, side, side / pixels)


def patches(
    rng: np.random.Generator, count: int, chart: Cylinder, rows: int, pixels: int, scale_jitter: float
) -> Windows:
    """Strided patches of the band at its full resolution (CIPS section 4.5): every pixel, every second one, every
    fourth ... up to a view of the whole height. Their pixels are as small at any stride."""
    strides = 2 ** rng.integers(0, (rows // pixels).bit_length(), count)
    cell = 2 * chart.max_height / rows
    return _placed(rng, chart, strides * pixels * cell, np.full(count, cell))


def multiscale(
    rng: np.random.Generator, count: int, chart: Cylinder, rows: int, pixels: int, scale_jitter: float
) -> Windows:
    """Views of any scale between the whole height and single pixels of the band; their pixels average what they cover
    (after Chai et al. 2022, "Any-resolution training"). The scale is uniform in its logarithm."""
    side = 2 * chart.max_height * (pixels / rows) ** rng.uniform(0, 1, count)
    return _placed(rng, chart, side, side / pixels)


VIEWS: dict[str, DrawWindows] = {"crops": crops, "patches": patches, "multiscale": multiscale}


def _placed(rng: np.random.Generator, chart: Cylinder, side: np.ndarray, footprint: np.ndarray) -> Windows:
    """Windows of given sides anywhere within the band."""
    azimuth_rad = rng.uniform(-np.pi, np.pi, len(side))
    height = rng.uniform(-0.5, 0.5, len(side)) * (2 * chart.max_height - side)
    return Windows(azimuth_rad, height, side, footprint)
