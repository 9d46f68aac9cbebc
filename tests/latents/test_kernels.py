import numpy as np
import pytest

from panogen.latents import BLENDS

T = np.linspace(0, 1, 101)


@pytest.mark.parametrize("name", BLENDS)
def test_go_from_0_to_1_and_give_what_they_take(name):
    kernel = BLENDS[name]
    values = kernel(T)
    assert (values[0], values[-1]) == (0, 1)
    assert (np.diff(values) >= 0).all()
    middle = np.delete(T, 50)  # a cut is on one side
    np.testing.assert_allclose(kernel(middle) + kernel(1 - middle), 1, atol=1e-15)


@pytest.mark.parametrize("name", ["smoothstep", "cosine"])
def test_smooth_ones_are_level_at_both_ends(name):
    step = 1e-4
    near = BLENDS[name](np.array([step, 1 - step]))
    assert near[0] < 10 * step**2
    assert 1 - near[1] < 10 * step**2
