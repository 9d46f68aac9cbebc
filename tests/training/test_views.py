from dataclasses import replace

import numpy as np
import pytest

from panogen.geometry import Cylinder
from panogen.training import Stage, TrainConfig
from panogen.training.views import VIEWS, crops, multiscale, patches

CHART = Cylinder(80, "central")
CONFIG = TrainConfig(stages=(Stage(128, 1),), chart=CHART, scale_jitter=0.2)


@pytest.mark.parametrize("name", VIEWS)
def test_views_stay_on_the_band_and_fill_the_circle(name):
    windows = VIEWS[name](np.random.default_rng(0), 2000, CONFIG, 64, 32)
    assert windows.band == CHART
    assert (np.abs(windows.height) + windows.side / 2).max() <= CHART.max_height + 1e-12
    counts, _ = np.histogram(windows.azimuth_rad, 8, (-np.pi, np.pi))
    assert counts.sum() == 2000
    assert counts.min() > 180  # 250 expected


@pytest.mark.parametrize("name", VIEWS)
def test_small_views_lie_anywhere_up_and_down(name):
    windows = VIEWS[name](np.random.default_rng(0), 4000, CONFIG, 128, 16)
    spare = (CHART.side - windows.side) / 2
    small = spare > 0.05 * CHART.side
    counts, _ = np.histogram((windows.height / np.where(small, spare, 1))[small], 5, (-1, 1))
    assert counts.sum() == small.sum()
    assert counts.min() > 0.9 * small.sum() / 5


def test_crops_are_as_high_as_the_band_less_a_jitter():
    windows = crops(np.random.default_rng(0), 500, replace(CONFIG, scale_jitter=0.1), 32, 32)
    assert 0.9 * CHART.side <= windows.side.min() < 0.91 * CHART.side
    np.testing.assert_allclose(windows.footprint, windows.side / 32)
    _, heights = windows.positions(32)
    offsets = np.mod(heights[:, 10, 0] / CHART.max_height * 16, 1.0)  # pixels do not keep to the texels
    assert np.histogram(offsets, 4, (0, 1))[0].min() > 60  # 125 expected


def test_patches_have_every_stride_and_pixels_of_one_size():
    windows = patches(np.random.default_rng(0), 600, CONFIG, 128, 32)
    strides, counts = np.unique(np.round(windows.side / (CHART.side / 128) / 32, 6), return_counts=True)
    np.testing.assert_array_equal(strides, [1, 2, 4])
    assert counts.min() > 150
    np.testing.assert_allclose(windows.footprint, CHART.side / 128)


@pytest.mark.parametrize("share", [0.0, 0.35, 0.9])
def test_views_of_many_scales_are_whole_or_uniform_in_the_logarithm(share):
    windows = multiscale(np.random.default_rng(0), 4000, replace(CONFIG, whole_share=share), 128, 32)
    whole = windows.side == CHART.side
    assert abs(whole.mean() - share) < 0.025
    assert (windows.height[whole] == 0).all()
    zoom = np.log2(CHART.side / windows.side)[~whole]
    assert 0 < zoom.min() < 0.02
    assert 1.98 < zoom.max() <= 2
    assert np.histogram(zoom, 4, (0, 2))[0].min() > 0.8 * len(zoom) / 4
    np.testing.assert_allclose(windows.footprint, windows.side / 32)
    assert windows.footprint.min() >= CHART.side / 128 * (1 - 1e-12)  # never finer than a pixel of the stage


def test_a_band_as_high_as_a_view_is_always_seen_whole():
    windows = multiscale(np.random.default_rng(0), 50, replace(CONFIG, whole_share=0.0), 32, 32)
    assert (windows.side == CHART.side).all()
