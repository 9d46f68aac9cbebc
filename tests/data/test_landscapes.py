import numpy as np
import pytest
from scipy.stats import kstest

from panogen.data import Landscapes
from panogen.data.landscapes import GROUNDS, Landscape, render_landscape
from panogen.geometry import Cylinder


def seam_percentile(picture):
    steps = np.abs(np.diff(picture.astype(float), axis=1, append=picture[:, :1])).mean((0, 2))
    return np.mean(steps < steps[-1])


def test_a_place_is_a_function_of_its_seed():
    first, again, other = (render_landscape(Landscape.from_seed(seed), 32, 128) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.astype(int) - other).mean() > 5


def test_every_ground_occurs_and_differs():
    landscapes = [Landscape.from_seed(seed) for seed in range(40)]
    assert {landscape.ground for landscape in landscapes} == set(GROUNDS)


def test_landscapes_close_around_the_circle():
    # The step over the seam ranks among the other columns' like any of them.
    ranks = [seam_percentile(render_landscape(Landscape.from_seed(seed), 64, 256)) for seed in range(24)]
    assert kstest(ranks, "uniform").pvalue > 0.001


@pytest.mark.parametrize("seed", [0, 2, 4, 7, 11])
def test_any_size_shows_the_same_landscape(seed):
    small, large = (
        render_landscape(Landscape.from_seed(seed), 48, 192),
        render_landscape(Landscape.from_seed(seed), 192, 768),
    )
    shrunk = large.reshape(48, 4, 192, 4, 3).mean((1, 3))
    assert np.abs(shrunk - small).mean() < 6


def test_it_is_no_noise():
    # A place has a bright sky over a darker ground more often than not, and is smooth but for its edges.
    pictures = np.stack([render_landscape(Landscape.from_seed(seed), 32, 128) for seed in range(16)]).astype(float)
    assert np.mean(pictures[:, :16].mean((1, 2, 3)) > pictures[:, 16:].mean((1, 2, 3))) > 0.6
    assert np.abs(np.diff(pictures, axis=2)).mean() < 0.25 * pictures.std()


def test_odd_sizes_and_other_charts():
    assert render_landscape(Landscape.from_seed(0), 17, 61).shape == (17, 61, 3)
    assert render_landscape(Landscape.from_seed(2), 1, 8).shape == (1, 8, 3)
    assert render_landscape(Landscape.from_seed(2), 30, 64, Cylinder(120, "central")).shape == (30, 64, 3)


def test_as_a_source():
    source = Landscapes(count=3, first=10)
    assert len(source) == 3
    np.testing.assert_array_equal(source.band(2, 16, 64, Cylinder()), render_landscape(Landscape.from_seed(12), 16, 64))
    np.testing.assert_array_equal(source.scene(2, 16, 64, Cylinder()), source.band(2, 16, 64, Cylinder()))
    assert source.fitted(Cylinder(40)) is source
    assert source.skipped == {}


def test_halves_share_no_place():
    halves = Landscapes(count=5, first=10).halves()
    assert [(half.first, half.count) for half in halves] == [(10, 3), (13, 2)]
    assert [half.first for half in Landscapes(1, 7).halves()] == [7]


def test_what_is_held_out_is_no_place_of_training():
    held_out = Landscapes().held_out()
    assert held_out.first >= Landscapes().first + len(Landscapes())
    assert "held out of training" in held_out.description
    assert "held out" not in Landscapes().description
