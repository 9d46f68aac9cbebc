import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder, Plane, Sphere, from_azimuth_elevation
from panogen.grids import Cylindrical, Equirectangular, GridWindow
from panogen.networks import ChartPoints, OctavesConfig
from panogen.networks.config import COARSEST_RAD
from panogen.networks.encodings.octaves import Octaves
from tests.networks.encodings import oracle
from tests.networks.helpers import by_rows, points_at, points_of_grid, points_unrolled

CELLS = COARSEST_RAD / 2.0 ** np.arange(16)
FINEST = CELLS[9]
CHARTS = [Cylinder(), Cylinder(100, "central"), Plane(1.1), Sphere()]


def octaves_of(
    chart=CHARTS[0], count=4, channels=3, finest_rad=FINEST, continued=0, *, staggered=False, **settings
) -> Octaves:
    config = OctavesConfig(count, channels, finest_rad, continued=continued, staggered=staggered, **settings)
    return config.build(chart).requires_grad_(False)


def random_points(chart, count, seed=0, footprints=None):
    """Points all over the chart, and footprints that make some octaves fade."""
    rng = np.random.default_rng(seed)
    directions = from_azimuth_elevation(rng.uniform(-np.pi, np.pi, count), rng.uniform(-0.7, 0.7, count))
    if not chart.closed:
        directions[:, 2] = 1 + np.abs(directions[:, 2])
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    if footprints is None:
        footprints = np.exp2(rng.uniform(-12, 1, count))
    return ChartPoints.of(chart, directions, np.broadcast_to(footprints, count).copy())


@pytest.mark.parametrize("chart", CHARTS, ids=repr)
class TestEveryChart:
    @pytest.mark.parametrize("staggered", [False, True])
    def test_noise_is_that_of_a_loop_over_nodes(self, chart, staggered):
        octaves = octaves_of(chart, 10, 2, staggered=staggered)
        points, layouts = random_points(chart, 6), (3, 2**32 - 1)
        found = octaves.noise(points, layouts)
        assert found.shape == (2, 6, 10, 2)
        sides = points.footprints.clamp(min=FINEST).tolist()
        for (k, layout), n, octave, channel in itertools.product(enumerate(layouts), range(6), range(10), range(2)):
            place = points.unrolled[n].tolist()
            expected = oracle.noise(place, sides[n], chart.periods, layout, octave, channel, staggered)
            assert found[k, n, octave, channel].item() == pytest.approx(expected, abs=2e-5)

    def test_nodes_far_apart_are_those_of_a_loop(self, chart):
        # Two points: no box is made around them.
        octaves, points = octaves_of(chart, 8, 1), random_points(chart, 2, seed=3, footprints=0.0)
        found = octaves.noise(points, (5,))
        for n, octave in itertools.product(range(2), range(8)):
            expected = oracle.noise(points.unrolled[n].tolist(), 0.0, chart.periods, 5, octave, 0)
            assert found[0, n, octave, 0].item() == pytest.approx(expected, abs=2e-5)

    def test_any_points_in_any_order_and_number_have_the_same_bits(self, chart):
        octaves, points = octaves_of(chart, 9, 5, staggered=True), random_points(chart, 400)
        whole = octaves(points, (1, 2))
        order = torch.randperm(400)
        assert torch.equal(octaves(points[order], (1, 2)), whole[:, order])
        for chosen in ([7], [3, 300], list(range(0, 400, 9)), list(range(150))):
            assert torch.equal(octaves(points[torch.tensor(chosen)], (1, 2)), whole[:, chosen])

    @pytest.mark.parametrize("channels", [1, 3, 4, 6, 8])
    def test_layouts_alone_are_those_of_layouts_together_to_the_bit(self, chart, channels):
        octaves, points, layouts = octaves_of(chart, 7, channels), random_points(chart, 90), (4, 0, 2**31, 17, 5)
        together = octaves(points, layouts)
        for number, layout in enumerate(layouts):
            assert torch.equal(octaves(points, (layout,))[0], together[number])
        assert torch.equal(octaves(points, layouts[1:3]), together[1:3])

    def test_octaves_alone_are_those_of_more_octaves(self, chart):
        points = random_points(chart, 50)
        few, many = (octaves_of(chart, count, 3).noise(points, (9,)) for count in (3, 8))
        assert torch.equal(few, many[:, :, :3])

    def test_the_variance_is_1_on_a_node_and_between(self, chart):
        # 60,000 numbers of each octave at each place: the mean is known to 0.004, the variance to 0.006.
        places = np.zeros((2, len(chart.periods)))  # a node of all octaves
        places[1] = CELLS[3] / 2  # of half of them, between nodes of the others
        points = points_unrolled(chart, places, 0.0)
        noise = octaves_of(chart, 8, 8).noise(points, range(7500))
        for n, octave in itertools.product(range(2), range(8)):
            values = noise[:, n, octave].double()
            assert abs(values.mean()) < 0.02
            assert abs(values.var() - 1) < 0.02
            assert abs((values**4).mean() - 3) < 0.2

    def test_layouts_octaves_and_channels_are_independent(self, chart):
        points = points_unrolled(chart, np.full((1, len(chart.periods)), 0.3), 0.0)
        noise = octaves_of(chart, 6, 6).noise(points, range(12_000))[:, 0].double()  # (layouts, octaves, channels)
        seeds = noise.flatten(1)
        for lag in (1, 2, 256):
            assert abs((seeds[lag:] * seeds[:-lag]).mean()) < 0.02
        for axis in (1, 2):
            flat = noise.movedim(axis, 0).flatten(1).numpy()
            correlations = np.corrcoef(flat) - np.eye(len(flat))
            assert np.abs(correlations).max() < 0.02

    def test_nothing_is_heard_of_octaves_finer_than_half_the_sample(self, chart):
        octaves = octaves_of(chart, 10, 2)
        places = random_points(chart, 40, footprints=0.0).unrolled.numpy()
        loud = octaves.noise(points_unrolled(chart, places, 0.0), (1,))
        assert loud.abs().amax((0, 1, 3)).min() > 0.1  # all of them, at the finest
        for factor, amplitude in ((0.5, 1.0), (1.0, 1.0), (math.sqrt(2), 0.5), (2**0.25, 0.75), (2.0, 0.0), (9.0, 0.0)):
            for octave in range(9):
                heard = octaves.noise(points_unrolled(chart, places, CELLS[octave] * factor), (1,))
                torch.testing.assert_close(heard[:, :, octave], amplitude * loud[:, :, octave], atol=1e-6, rtol=1e-5)
        silent = octaves.noise(points_unrolled(chart, places, 2 * COARSEST_RAD), (1,))
        assert silent.shape == loud.shape
        assert not silent.any()

    def test_below_the_finest_footprint_it_was_trained_at_nothing_new_is_heard(self, chart):
        octaves = octaves_of(chart, 10, 2, finest_rad=CELLS[5] * math.sqrt(2))
        places = random_points(chart, 40, footprints=0.0).unrolled.numpy()
        there, finer, finest = (
            octaves.noise(points_unrolled(chart, places, footprint), (1,))
            for footprint in (CELLS[5] * math.sqrt(2), CELLS[7], 0.0)
        )
        assert torch.equal(finer, there)
        assert torch.equal(finest, there)
        assert not there[:, :, 6:].any()  # finer than half of it
        full = octaves_of(chart, 10, 2).noise(points_unrolled(chart, places, 0.0), (1,))
        torch.testing.assert_close(there[:, :, 5], full[:, :, 5] / 2, atol=1e-6, rtol=1e-5)

    def test_one_half_of_sided_channels_is_heard_above_and_the_other_below(self, chart):
        plain, sided = (octaves_of(chart, 5, 6, continued=1, sided=sided) for sided in (False, True))
        points = random_points(chart, 200)
        y = points.directions[:, 1].numpy()
        up = np.clip(0.5 + 2 * y, 0, 1)  # both sides up to a sine of 0.25
        loud = np.sqrt(2 * np.repeat([up, 1 - up], 3, 0).T)
        expected = plain(points, (1, 8)).unflatten(2, (5, 6)) * torch.from_numpy(loud)[:, None]
        torch.testing.assert_close(sided(points, (1, 8)).unflatten(2, (5, 6)), expected.float())
        assert (y > 0.25).any() and (y < -0.25).any() and (np.abs(y) < 0.2).any()

    def test_continued_octaves_go_on_in_the_channels_of_the_last(self, chart):
        settings = {"gain": 0.8, "fall": 0.5}
        some = octaves_of(chart, 5, 3, CELLS[4], continued=2, **settings)
        more = octaves_of(chart, 7, 3, CELLS[6], **settings)
        points = random_points(chart, 60)
        noise = more.noise(points, (1, 8)) * (0.8 * 0.5 ** torch.arange(7))[:, None]
        expected = noise[:, :, :5].clone()
        expected[:, :, 4] += noise[:, :, 5] + noise[:, :, 6]
        torch.testing.assert_close(some(points, (1, 8)), expected.flatten(2))
        plain = octaves_of(chart, 5, 3, CELLS[4], **settings)
        coarse = points.footprints >= 2 * CELLS[5]  # so that those beyond are silent
        assert torch.equal(some(points[coarse], (1,)), plain(points[coarse], (1,)))
        assert not torch.equal(some(points[~coarse], (1,)), plain(points[~coarse], (1,)))

    def test_gains_are_as_the_config_says_and_nothing_is_learned(self, chart):
        octaves, points = octaves_of(chart, 4, 2, gain=0.9, fall=0.5), random_points(chart, 30, footprints=0.0)
        gains = torch.tensor([0.9, 0.45, 0.225, 0.1125])[:, None]
        torch.testing.assert_close(octaves(points, (3, 4)), (octaves.noise(points, (3, 4)) * gains).flatten(2))
        assert not list(octaves.parameters())
        assert (octaves.channels, octaves.finest_rad) == (8, FINEST)


class TestAroundTheCircle:
    @pytest.mark.parametrize("chart", CHARTS[:2], ids=repr)
    @pytest.mark.parametrize("staggered", [False, True])
    def test_a_whole_turn_is_none(self, chart, staggered):
        octaves, places = octaves_of(chart, 10, 2, staggered=staggered), random_points(chart, 50).unrolled.numpy()
        before = octaves.noise(points_unrolled(chart, places, 0.0), (1,))
        for turns in (-1, 1, 3):
            turned = places + np.array([2 * np.pi * turns, 0])
            after = octaves.noise(points_unrolled(chart, turned, 0.0), (1,))
            torch.testing.assert_close(after, before, atol=1e-5, rtol=0)

    @pytest.mark.parametrize("staggered", [False, True])
    def test_no_seam(self, staggered):
        left, right = octaves_of(count=10, staggered=staggered).noise(
            points_at(CHARTS[0], np.array([-np.pi, np.pi]), 0.1), (1,)
        )[0]
        torch.testing.assert_close(left, right, atol=1e-6, rtol=0)

    def test_staggered_nodes_meet_nowhere(self):
        # The slope of noise has a variance of 1 on a node and of 1.77 half-way: where nodes meet, all octaves are flat.
        step, azimuths, steepness = 1e-5, np.radians([0, 90, 180, 270]), {}
        for staggered in (False, True):
            octaves = octaves_of(count=8, channels=8, staggered=staggered)
            noise = octaves.noise(points_at(CHARTS[0], np.concatenate([azimuths, azimuths + step]), 0.1), range(3000))
            slopes = (noise[:, 4:] - noise[:, :4]).double().square().mean((0, 3)).numpy() * (CELLS[:8] / step) ** 2
            steepness[staggered] = slopes.mean(1)
        assert steepness[False].max() < 1.05
        assert steepness[True].min() > 1.25

    def test_a_quarter_turn_is_another_place(self):
        # Octave 0 has four cells around, and the cubic spline reaches over all of them.
        azimuths = np.radians([0, 90, 180, 270]) + 0.1
        noise = octaves_of(count=6, channels=8).noise(points_at(CHARTS[0], azimuths, 0.1), range(500)).double()
        for one, other in itertools.combinations(range(4), 2):
            assert (noise[:, one] - noise[:, other]).std((0, 2)).min() > 0.5


@pytest.mark.parametrize("chart", CHARTS[:2], ids=repr)
class TestColumns:
    def test_they_have_the_bits_of_their_points(self, chart):
        octaves = octaves_of(chart, 7, 6, staggered=True)
        azimuth, height = np.linspace(-4, 3, 37), np.linspace(-0.7, 0.7, 21)
        places = np.stack(np.meshgrid(azimuth, height, indexing="ij"), -1).reshape(-1, 2)
        points = points_unrolled(chart, places, 0.0)
        points = replace(points, footprints=torch.linspace(1e-3, 0.5, 21, dtype=torch.float64).repeat(37))
        assert torch.equal(octaves(replace(points, rows=21), (1, 2)), octaves(points, (1, 2)))

    @pytest.mark.parametrize("layout", [Cylindrical, Equirectangular])
    def test_they_are_those_of_the_samples_of_a_picture(self, chart, layout):
        octaves = octaves_of(chart, 10, 6)
        grid = GridWindow(layout(96, chart), 3, 5, 20, 88) if layout is Cylindrical else Equirectangular(96, 48)
        one_by_one = octaves(points_of_grid(chart, grid), (1, 2))
        by_columns = octaves(points_of_grid(chart, grid, apart=True), (1, 2))
        torch.testing.assert_close(by_rows(by_columns, grid.shape[0]), one_by_one, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("side", "rows", "count"),
    [(np.pi / 2, 1, 1), (np.pi / 2, 2, 2), (np.pi / 2, 512, 10), (np.pi / 2, 500, 9), (np.pi, 1, 1), (2.0, 256, 8)],
)
def test_as_many_as_have_cells_of_a_footprint_or_larger(side, rows, count):
    found = OctavesConfig.reaching(side / rows)
    assert found == count
    assert count == 1 or CELLS[found - 1] >= side / rows * (1 - 1e-9)
    assert CELLS[found] < side / rows


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"count": 0}, "octaves count must be above 0, got 0"),
        ({"channels": -1}, "octaves channels must be above 0, got -1"),
        ({"finest_rad": float("nan")}, "octaves finest_rad must be above 0, got nan"),
        ({"gain": float("inf")}, "octaves gain must be above 0, got inf"),
        ({"channels": 7, "sided": True}, "octaves channels must be even to have two sides, got 7"),
        ({"continued": 5}, r"octaves continued must be in \[0, 4\], got 5"),
        ({"continued": -1}, r"octaves continued must be in \[0, 4\], got -1"),
    ],
)
def test_impossible_octaves(wrong, message):
    with pytest.raises(ValueError, match=message):
        OctavesConfig(**wrong)
