import numpy as np
import pytest

from panogen.evaluation.intervals import half_samples
from panogen.evaluation.layout import Products
from panogen.metrics import fixed_layout_share, sliced_wasserstein, sliced_wasserstein_of_parts


def noise(seed, count=8, side=32, low=0):
    return np.random.default_rng(seed).integers(low, 200, (count, side, side, 3), np.uint8)


def test_the_distance_of_whole_parts_is_the_distance():
    a, b = noise(0), noise(1, low=90)
    everything = np.ones((2, 8), bool)
    found = sliced_wasserstein_of_parts(a, b, everything, everything, seed=3, directions=512)
    for rows, distance in sliced_wasserstein(a, b, seed=3).items():
        assert found[rows] == pytest.approx([distance] * 2, rel=1e-4)


def test_the_distance_of_parts_sees_the_pictures_that_are_in_them():
    """Two sets that share their first half: that half is at distance 0 from itself."""
    a, b = noise(0), noise(1)
    b[:4] = a[:4]
    first = np.arange(8) < 4
    # the colours are normalised by the whole sets: equal up to their mean and deviation
    found = sliced_wasserstein_of_parts(a, b, np.stack([first, ~first]), np.stack([first, ~first]))
    for same, other in found.values():
        assert same < other / 2


def test_layout_shares_of_parts_are_those_of_the_metric():
    rng = np.random.default_rng(0)
    bands = rng.normal(100, 20, (10, 6, 16, 3)) + 30 * rng.normal(size=(16, 1)) + 10 * rng.normal(size=(10, 1, 1, 3))
    products = Products(bands)
    for mask in half_samples(rng, 10, 5):
        expected = fixed_layout_share(bands[mask], unbiased=True)
        assert products.share(mask) == pytest.approx(expected, rel=1e-3)
