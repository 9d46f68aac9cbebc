import itertools
import math

import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder, Sphere, from_azimuth_elevation
from panogen.grids import Cylindrical, GridWindow
from panogen.networks import PlanesConfig
from tests.networks.encodings import oracle
from tests.networks.helpers import by_rows, points_of, points_of_grid

CHARTS = [Cylinder(), Cylinder(100, "central"), Sphere()]
FINEST = 0.003


def planes_of(chart=CHARTS[0], count=6, channels=3, finest_rad=FINEST, *, staggered=True):
    return PlanesConfig(count, channels, finest_rad, gain=0.5, fall=0.9, staggered=staggered).build(chart)


@pytest.mark.parametrize("chart", CHARTS, ids=repr)
class TestEveryChart:
    @pytest.mark.parametrize("staggered", [False, True])
    def test_noise_is_that_of_a_loop_over_nodes_of_the_ground_and_the_clouds(self, chart, staggered):
        rng = np.random.default_rng(1)
        directions = from_azimuth_elevation(rng.uniform(-np.pi, np.pi, 12), np.linspace(-0.75, 0.75, 12))
        footprints = np.exp2(rng.uniform(-12, -3, 12))
        layouts = 3, 2**32 - 1
        planes = planes_of(chart, staggered=staggered)
        found = planes(points_of(chart, directions, footprints), layouts).view(2, 12, 6, 3)
        assert (found.abs().amax((0, 2, 3)) > 0).sum() >= 8
        for (k, layout), n, octave, channel in itertools.product(enumerate(layouts), range(12), range(6), range(3)):
            x, y, z = directions[n]
            cell = 4 / 2**octave
            value = oracle.between_nodes(
                np.array([x, z]) / abs(y) / cell + oracle.moved(octave, staggered),
                [0, 0],
                lambda node: oracle.node_number(layout, octave, channel, node, b"grnd" if y < 0 else b"clds"),  # noqa: B023
            )
            near = min(1.0, max(0.0, (abs(y) - 0.05) / 0.15))
            loud = oracle.heard(cell, max(FINEST, footprints[n]) / y**2) * near * 0.5 * 0.9**octave
            assert found[k, n, octave, channel].item() == pytest.approx(loud * value, abs=2e-5)

    def test_any_points_in_any_order_and_number_have_the_same_bits(self, chart):
        rng = np.random.default_rng(2)
        directions = from_azimuth_elevation(rng.uniform(-np.pi, np.pi, 300), rng.uniform(-0.78, 0.78, 300))
        points, planes = points_of(chart, directions, 0.004), planes_of(chart, 8, 4)
        whole = planes(points, (1, 2))
        order = torch.randperm(300)
        assert torch.equal(planes(points[order], (1, 2)), whole[:, order])
        for chosen in ([7], [3, 200], list(range(0, 300, 9))):
            assert torch.equal(planes(points[torch.tensor(chosen)], (1, 2)), whole[:, chosen])
        assert torch.equal(planes(points, (2,))[0], whole[1])

    def test_columns_of_a_picture_are_its_points_to_the_bit(self, chart):
        grid, planes = GridWindow(Cylindrical(66, chart.band), 1, 5, 12, 40), planes_of(chart)
        alone, columns = (planes(points_of_grid(chart, grid, apart=apart), (1, 9)) for apart in (False, True))
        assert torch.equal(by_rows(columns, 12), alone)


def test_the_horizon_is_silent_and_the_planes_differ():
    directions = from_azimuth_elevation(np.zeros(3), np.radians([-30.0, 0.0, 30.0]))
    below, level, above = planes_of()(points_of(CHARTS[0], directions, 0.001), (4,))[0]
    assert not level.any()
    assert (below - above).abs().max() > 0.1


def test_things_twice_as_far_are_seen_half_as_large():
    """What lies at a distance on the ground is the same noise, whatever the azimuth that it is seen at shows of it."""
    planes = planes_of(CHARTS[-1], finest_rad=1e-6)
    place = np.array([[1.5, -1.0, 2.0], [3.0, -2.0, 4.0]])  # one direction, of any length
    one = planes(points_of(CHARTS[-1], place[:1] / np.linalg.norm(place[0]), 1e-6), (4,))
    other = planes(points_of(CHARTS[-1], place[1:] / np.linalg.norm(place[1]), 1e-6), (4,))
    torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_an_octave_fades_where_a_sample_is_longer_than_its_cells():
    elevation = math.asin(0.5)
    directions = from_azimuth_elevation(np.full(4, 0.4), np.full(4, -elevation))
    cell = 4 / 2**3
    long = cell * np.array([0.5, 1.0, math.sqrt(2), 2.0])
    found = planes_of()(points_of(CHARTS[0], directions, long * 0.25), (4,)).view(4, 6, 3)[:, 3]
    torch.testing.assert_close(found, found[:1] * torch.tensor([1, 1, 0.5, 0])[:, None], atol=1e-6, rtol=1e-4)
