import numpy as np
import pytest

from panogen.evaluation.intervals import half_samples
from panogen.evaluation.measures.layout import Products
from panogen.metrics.layout import fixed_layout_share


def test_layout_shares_of_parts_are_those_of_the_metric():
    rng = np.random.default_rng(0)
    bands = rng.normal(100, 20, (10, 6, 16, 3)) + 30 * rng.normal(size=(16, 1)) + 10 * rng.normal(size=(10, 1, 1, 3))
    products = Products(bands)
    for mask in half_samples(rng, 10, 5):
        expected = fixed_layout_share(bands[mask], unbiased=True)
        assert products.share(mask) == pytest.approx(expected, rel=1e-3)
