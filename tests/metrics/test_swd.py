import numpy as np
import pytest
from scipy.ndimage import convolve
from scipy.stats import wasserstein_distance

from panogen.metrics.swd import (
    PATCH,
    PATCHES,
    double,
    draw_directions,
    draw_places,
    halve,
    mean_sliced_wasserstein,
    normalised,
    patches,
    sliced_distance,
    sliced_wasserstein,
    sliced_wasserstein_of_parts,
)


def noise(seed, count=6, side=32, high=100):
    return np.random.default_rng(seed).integers(0, high, (count, side, side, 3), np.uint8)


def test_it_is_a_seeded_distance_of_two_sets():
    distance, a, b = mean_sliced_wasserstein, noise(0), noise(1)
    assert distance(a, a, seed=3) == 0
    assert distance(a, b, seed=3) == distance(b, a, seed=3) == distance(a, b, seed=3) > 0
    assert distance(a, b, seed=4) != distance(a, b, seed=3)


def test_levels_go_down_to_16_pixels_whatever_the_proportions():
    assert list(sliced_wasserstein(noise(0, 2, 64), noise(1, 2, 64))) == [64, 32, 16]
    wide = [np.concatenate([noise(seed, 2)] * 4, 2) for seed in (0, 1)]
    assert list(sliced_wasserstein(*wide)) == [32, 16]
    assert list(sliced_wasserstein(noise(0, 2, 16), noise(1, 2, 16))) == [16]


def test_the_pyramid_equals_a_plain_convolution_in_float64():
    x = np.random.default_rng(0).random((2, 3, 16, 32))
    line = np.array([1, 4, 6, 4, 1]) / 16
    kernel = np.outer(line, line)
    for k in np.ndindex(2, 3):
        small = convolve(x[k], kernel, mode="mirror")[::2, ::2]
        np.testing.assert_allclose(halve(x.astype(np.float32))[k], small, atol=1e-6)
        spaced = np.zeros((16, 32))
        spaced[::2, ::2] = small
        large = convolve(spaced, 4 * kernel, mode="mirror")
        np.testing.assert_allclose(double(small.astype(np.float32)), large, atol=1e-6)


def test_patches_are_cut_where_they_lie():
    pictures = np.random.default_rng(0).random((3, 3, 16, 32)).astype(np.float32)
    picture, top, left = draw_places(np.random.default_rng(1), 3, 16, 32)
    found = patches(pictures, picture, top, left)
    assert found.shape == (3 * PATCHES, 3, PATCH, PATCH)
    for n in (0, 100, -1):
        cut = pictures[picture[n], :, top[n] : top[n] + PATCH, left[n] : left[n] + PATCH]
        np.testing.assert_array_equal(found[n], cut)
    assert (top.min(), top.max(), left.min(), left.max()) == (0, 16 - PATCH, 0, 32 - PATCH)


def test_normalised_channels_have_mean_0_and_deviation_1():
    x = np.random.default_rng(0).normal((5, -3, 200), (1, 20, 0.1), (500, 7, 7, 3)).astype(np.float32)
    x = normalised(np.ascontiguousarray(np.moveaxis(x, -1, 1)))
    np.testing.assert_allclose(x.mean((0, 2, 3)), 0, atol=1e-4)
    np.testing.assert_allclose(x.std((0, 2, 3)), 1, atol=1e-4)


def test_directions_are_unit_vectors_to_all_sides():
    directions = draw_directions(np.random.default_rng(0), 5)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(directions.T @ directions / len(directions), np.eye(5) / 5, atol=0.05)


def test_the_distance_is_the_mean_of_wasserstein_distances_on_lines():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 7)).astype(np.float32), rng.exponential(size=(200, 7)).astype(np.float32)
    directions = draw_directions(rng, 7)[:50]
    expected = np.mean([wasserstein_distance(x @ d, y @ d) for d in directions.astype(np.float64)])
    assert sliced_distance(x, y, directions) == pytest.approx(expected, rel=1e-5)


def test_a_shift_costs_its_length_along_each_direction():
    rng = np.random.default_rng(0)
    x, shift = rng.normal(size=(300, 7)).astype(np.float32), rng.normal(size=7).astype(np.float32)
    directions = draw_directions(rng, 7)
    expected = np.abs(directions @ shift).mean()
    assert sliced_distance(x, x[::-1] + shift, directions) == pytest.approx(expected, rel=1e-5)


def test_two_gaussians_are_as_far_apart_as_their_deviations():
    rng = np.random.default_rng(0)
    x, y = (rng.normal(0, deviation, (100_000, 3)).astype(np.float32) for deviation in (1.0, 1.5))
    expected = 0.5 * np.sqrt(2 / np.pi)  # W1 of N(0, s^2) and N(0, t^2) is |s - t| E|N(0, 1)|
    assert sliced_distance(x, y, draw_directions(rng, 3)[:64]) == pytest.approx(expected, rel=0.02)


def test_brightness_and_contrast_of_a_whole_set_do_not_count():
    a, b = noise(0), noise(1)
    brighter = 2 * b + 20
    before, after = sliced_wasserstein(a, b), sliced_wasserstein(a, brighter)
    assert after == pytest.approx(before, rel=1e-3)


def test_pictures_of_one_colour_are_alike():
    grey, white = (np.full((2, 32, 32, 3), value, np.uint8) for value in (99, 255))
    assert mean_sliced_wasserstein(grey, white) < 1


def test_noise_shows_at_the_finest_level_most():
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 200, (2, 24, 4, 4, 3)).astype(np.float64)
    smooth = coarse.repeat(8, 2).repeat(8, 3)
    a, b = smooth.astype(np.uint8)
    noisy = np.clip(smooth[1] + rng.normal(0, 12, b.shape), 0, 255).astype(np.uint8)
    floor, found = sliced_wasserstein(a, b), sliced_wasserstein(a, noisy)
    assert found[32] - floor[32] > 3 * abs(found[16] - floor[16])


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (noise(0, 3), noise(0, 4), r"one shape .*\(3, 32, 32, 3\) and \(4, 32, 32, 3\)"),
        (noise(0, 2)[..., :1], noise(0, 2)[..., :1], "one shape"),
        (noise(0, 2).astype(float), noise(0, 2), "uint8, got float64"),
        (noise(0, 2, 8), noise(0, 2, 8), "powers of two, at least 16"),
        (noise(0, 2, 48), noise(0, 2, 48), "powers of two"),
    ],
)
def test_other_pictures_are_refused(a, b, said):
    with pytest.raises(ValueError, match=said):
        sliced_wasserstein(a, b)


def test_the_distance_of_whole_parts_is_the_distance():
    a, b = noise(0, 8), noise(1, 8) + 90
    everything = np.ones((2, 8), bool)
    found = sliced_wasserstein_of_parts(a, b, everything, everything, seed=3, directions=512)
    for rows, distance in sliced_wasserstein(a, b, seed=3).items():
        assert found[rows] == pytest.approx([distance] * 2, rel=1e-4)


def test_the_distance_of_parts_sees_the_pictures_that_are_in_them():
    """Two sets that share their first half: that half is at distance 0 from itself."""
    a, b = noise(0, 8), noise(1, 8)
    b[:4] = a[:4]
    first = np.arange(8) < 4
    # the colours are normalised by the whole sets: equal up to their mean and deviation
    found = sliced_wasserstein_of_parts(a, b, np.stack([first, ~first]), np.stack([first, ~first]))
    for same, other in found.values():
        assert same < other / 2
