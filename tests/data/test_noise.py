import numpy as np
import pytest

from panogen.base.arrays import LONGEST_REMAP
from panogen.data.noise import TILE, circle_coefficients, fractal_circle, fractal_tile, sample_tile


def test_a_tile_is_normal_and_closes():
    tile = fractal_tile(np.random.default_rng(0), 1.5)
    np.testing.assert_allclose([tile.mean(), tile.std()], [0, 1], atol=1e-4)
    inside = np.abs(np.diff(tile, axis=0)).mean()
    assert np.abs(tile[0] - tile[-1]).mean() < 1.3 * inside


def test_sampling_repeats_the_tile():
    tile = fractal_tile(np.random.default_rng(0), 1.5)
    x = np.float32([[0.125, 1.125, -0.875]])
    y = np.float32([[0.5, -3.5, 2.5]])
    np.testing.assert_allclose(sample_tile(tile, x, y), tile[TILE // 2, TILE // 8], atol=1e-5)


def test_sampling_refuses_what_remap_cannot():
    # cv2.remap fails at any side of 32767 or more.
    long = np.zeros((1, LONGEST_REMAP + 1), np.float32)
    with pytest.raises(ValueError, match="at most 32766 pixels a side, got 32767"):
        sample_tile(np.zeros((TILE, TILE), np.float32), long, long)


def test_a_circle_is_the_same_function_at_any_width():
    coefficients = circle_coefficients(np.random.default_rng(0), 2.0, 2, highest=20)
    orders = np.arange(1, 21)
    for width in (64, 101):
        azimuth = 2 * np.pi * ((np.arange(width) + 0.5) / width)
        exact = np.real(np.sum(coefficients * np.exp(1j * orders * azimuth[:, None]), axis=1))
        np.testing.assert_allclose(fractal_circle(coefficients, width), exact, atol=1e-5)


def test_a_narrow_picture_leaves_out_what_it_cannot_show():
    coefficients = circle_coefficients(np.random.default_rng(0), 1.0, 1, highest=50)
    few = coefficients.copy()
    few[7:] = 0
    np.testing.assert_allclose(fractal_circle(coefficients, 16), fractal_circle(few, 16), atol=1e-6)
