import itertools
import math

import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder, Sphere
from panogen.grids import Cylindrical, Equirectangular, GridWindow
from panogen.networks import SkylineConfig
from tests.networks.encodings import oracle
from tests.networks.helpers import by_rows, points_at, points_of_grid

CHARTS = [Cylinder(), Cylinder(100, "central"), Sphere()]
FINEST = 0.003


def skyline_of(chart=CHARTS[0], count=6, channels=3, finest_rad=FINEST, *, staggered=True):
    return SkylineConfig(count, channels, finest_rad, gain=0.5, fall=0.7, staggered=staggered).build(chart)


@pytest.mark.parametrize("chart", CHARTS, ids=repr)
class TestEveryChart:
    @pytest.mark.parametrize("staggered", [False, True])
    def test_noise_is_that_of_a_loop_over_nodes_around_the_horizon(self, chart, staggered):
        rng = np.random.default_rng(0)
        azimuth, elevation = rng.uniform(-np.pi, np.pi, 8), rng.uniform(-0.7, 0.7, 8)
        footprints = np.exp2(rng.uniform(-12, 1, 8))
        layouts = 3, 2**32 - 1
        skyline = skyline_of(chart, staggered=staggered)
        found = skyline(points_at(chart, azimuth, elevation, footprints), layouts).view(2, 8, 6, 3)
        for (k, layout), n, octave, channel in itertools.product(enumerate(layouts), range(8), range(6), range(3)):
            cell = math.pi / 2 / 2**octave
            value = oracle.between_nodes(
                [azimuth[n] / cell + oracle.moved(octave, staggered)],
                [4 * 2**octave],
                lambda node: oracle.node_number(layout, octave, channel, node, b"skyl"),  # noqa: B023
            )
            loud = oracle.heard(cell, max(FINEST, footprints[n]) / math.cos(elevation[n])) * 0.5 * 0.7**octave
            assert found[k, n, octave, channel].item() == pytest.approx(loud * value, abs=1e-5)

    def test_columns_of_a_picture_are_its_points_to_the_bit(self, chart):
        grid = GridWindow(Cylindrical(66, chart.band), 1, 5, 12, 40)
        skyline = skyline_of(chart)
        alone, columns = (skyline(points_of_grid(chart, grid, apart=apart), (1, 9)) for apart in (False, True))
        torch.testing.assert_close(by_rows(columns, 12), alone, atol=1e-6, rtol=0)

    def test_a_turn_by_whole_columns_is_a_roll(self, chart):
        grid = Cylindrical(64, chart.band)
        turned = Cylindrical(64, chart.band, camera=grid.camera.turned(360 / 64 * 5, 0))
        one, other = (skyline_of(chart)(points_of_grid(chart, each), (4,)) for each in (grid, turned))
        rows = grid.shape[0]
        torch.testing.assert_close(other.view(rows, 64, -1), one.view(rows, 64, -1).roll(-5, 1), atol=1e-5, rtol=0)


def test_the_variance_is_1_on_a_node_and_between():
    points = points_at(CHARTS[0], np.array([0.0, 0.123]), 0.0)
    noise = skyline_of(count=4, channels=8)(points, range(7500)).view(7500, 2, 4, 8).double()
    for n, octave in itertools.product(range(2), range(4)):
        values = noise[:, n, octave] / (0.5 * 0.7**octave)
        assert abs(values.mean()) < 0.02
        assert abs(values.var() - 1) < 0.02


def test_nothing_is_left_overhead():
    chart = CHARTS[-1]
    grid = Equirectangular(256, 128)
    found = skyline_of(chart)(points_of_grid(chart, grid), (4,)).view(*grid.shape, 6, 3)
    assert found[64].abs().amax((0, 2)).min() > 0.01  # the horizon has all of them
    rows = np.degrees(np.pi / 2 - np.pi * (np.arange(128) + 0.5) / 128)
    overhead = torch.from_numpy(np.abs(rows) > 72.6)
    assert not found[overhead].any()
    assert found[~overhead].abs().amax((1, 2, 3)).min() > 0
