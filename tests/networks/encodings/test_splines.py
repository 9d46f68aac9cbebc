import numpy as np
import pytest
import torch
from scipy.interpolate import BSpline

from panogen.networks.encodings.splines import cubic, cubic_taps, weighted


@pytest.mark.parametrize("wrap", [True, False])
def test_weights_are_the_cubic_b_spline(wrap):
    position = torch.linspace(2.5, 5.5, 40, dtype=torch.float64)
    indices, weights = cubic_taps(position, 9, wrap=wrap)
    spline = BSpline.basis_element([-2, -1, 0, 1, 2], extrapolate=False)
    distance = ((indices + 0.5) - position[:, None]).numpy()
    expected = np.nan_to_num(spline(distance))
    np.testing.assert_allclose(weights, expected, atol=1e-14)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-14)


def test_the_circle_wraps_and_the_edge_clamps():
    position = torch.tensor([0.1, 7.9], dtype=torch.float64)
    assert cubic_taps(position, 8, wrap=True)[0].tolist() == [[6, 7, 0, 1], [6, 7, 0, 1]]
    assert cubic_taps(position, 8, wrap=False)[0].tolist() == [[0, 0, 0, 1], [6, 7, 7, 7]]


def test_tables_and_lattices_have_the_same_cubic():
    places = torch.rand(200, dtype=torch.float64) * 20
    indices, weights = cubic_taps(places + 0.5, 30, wrap=False)  # cells have their centres where nodes lie
    first, found = cubic(places)
    torch.testing.assert_close(torch.stack(found, -1) / 6, weights.float())
    assert torch.equal(first[places > 1].long(), indices[places > 1, 0])


@pytest.mark.parametrize("taps", [3, 4, 16])
def test_one_channel_alone_has_the_bits_that_it_has_beside_others(taps):
    table, rows, weights = torch.randn(50, 5), torch.randint(50, (300, taps)), torch.rand(300, taps)
    assert torch.equal(weighted(table[:, 2:3], rows, weights), weighted(table, rows, weights)[:, 2:3])
