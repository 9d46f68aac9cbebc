import numpy as np
import pytest

from panogen.geometry import Cylinder
from panogen.training.views import VIEWS, crops, multiscale, patches

CHART = Cylinder()
BAND = 2 * CHART.max_height


@pytest.mark.parametrize("name", VIEWS)
def test_views_stay_on_the_band_and_fill_the_circle(name):
    windows = VIEWS[name](np.random.default_rng(0), 2000, CHART, 64, 32, 0.2)
    assert (np.abs(windows.height) + windows.side / 2).max() <= CHART.max_height + 1e-12
    counts, _ = np.histogram(windows.azimuth_rad, 8, (-np.pi, np.pi))
    assert counts.sum() == 2000
    assert counts.min() > 180  # 250 expected


def test_crops_are_as_high_as_the_band_less_a_jitter():
    windows = crops(np.random.default_rng(0), 500, CHART, 32, 32, 0.1)
    assert 0.9 * BAND <= windows.side.min() < 0.91 * BAND
    np.testing.assert_allclose(windows.footprint, windows.side / 32)
    _, heights = windows.centres(32)
    offsets = np.mod(heights[:, 10] / CHART.max_height * 16, 1.0)  # pixels do not keep to the texels
    assert np.histogram(offsets, 4, (0, 1))[0].min() > 60  # 125 expected


def test_patches_have_every_stride_and_pixels_of_one_size():
    windows = patches(np.random.default_rng(0), 600, CHART, 128, 32, 0.0)
    strides, counts = np.unique(np.round(windows.side / (BAND / 128) / 32, 6), return_counts=True)
    np.testing.assert_array_equal(strides, [1, 2, 4])
    assert counts.min() > 150
    np.testing.assert_allclose(windows.footprint, BAND / 128)


def test_views_of_many_scales_are_uniform_in_the_logarithm():
    windows = multiscale(np.random.default_rng(0), 1000, CHART, 128, 32, 0.0)
    zoom = np.log2(BAND / windows.side)
    assert 0 <= zoom.min() < 0.02
    assert 1.98 < zoom.max() <= 2
    assert np.histogram(zoom, 4, (0, 2))[0].min() > 200
    np.testing.assert_allclose(windows.footprint, windows.side / 32)
