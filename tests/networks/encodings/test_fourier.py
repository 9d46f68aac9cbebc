import math

import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder, Plane
from panogen.grids import Cylindrical
from panogen.networks import FourierConfig
from tests.networks.helpers import by_rows, points_at, points_of_grid, points_unrolled, rolled

CHART = Cylinder()


def features_of(channels=16, scale=5.0, chart=CHART, **settings):
    return FourierConfig(channels, scale, **settings).build(chart).requires_grad_(False)


def exact(features, coordinates):
    """The sines in float64."""
    frequencies, phases = (value.double().numpy() for value in (features.frequencies, features.phases))
    return np.sin(2 * np.pi * (coordinates @ frequencies.T + phases))


def test_high_frequencies_are_exact():
    # Formed in float32, the sine of such a phase is wrong by 6e-4.
    features = features_of(64, 300.0)
    points = points_at(CHART, np.linspace(-3, 3, 500), 0.4)
    expected = exact(features, points.coordinates.numpy())
    np.testing.assert_allclose(features(points)[0], expected, atol=1e-6)
    single = (points.coordinates.float() @ features.frequencies.T + features.phases) * (2 * math.pi)
    assert np.abs(single.sin().numpy() - expected).max() > 1e-5


def test_close_around_the_circle():
    features = features_of()
    torch.testing.assert_close(features(points_at(CHART, -np.pi, 0.2)), features(points_at(CHART, np.pi, 0.2)))


def test_frequencies_learn():
    features = features_of(4, 1.0).requires_grad_(True)
    features(points_at(CHART, np.array([0.5, 1.5]), 0.1)).sum().backward()
    assert features.frequencies.grad.abs().min() > 0


@pytest.mark.parametrize("chart", [CHART, Plane(1.1)], ids=repr)
def test_upright_ones_are_of_the_height_alone(chart):
    features = features_of(chart=chart, upright=True)
    assert features.frequencies.shape == (16, 1)
    points = points_at(chart, np.random.default_rng(0).uniform(-0.5, 0.5, 50), np.linspace(-0.4, 0.4, 50))
    expected = exact(features, points.coordinates[:, chart.upright : chart.upright + 1].numpy())
    np.testing.assert_allclose(features(points)[0], expected, atol=1e-6)


class TestFading:
    @pytest.mark.parametrize(("chart", "upright"), [(CHART, True), (Plane(), True), (Plane(), False)])
    @pytest.mark.parametrize("share", [0.05, 0.2, 0.4])
    def test_it_is_nearly_the_mean_over_the_square_of_a_sample(self, chart, upright, share):
        # Of a sine whose period is 1/share of the square's side. The mean over the square, a product of two sinc, and
        # over the normal distribution differ in the fourth order: by x^4 / 180 with x half a phase across.
        features = features_of(chart=chart, upright=upright, fading=True)
        side = share / features.frequencies.norm(dim=1).max().item()
        middle = np.random.default_rng(0).uniform(-0.3, 0.3, (20, 2))
        offsets = (np.arange(64) + 0.5) / 64 - 0.5
        square = np.stack(np.meshgrid(offsets, offsets), -1).reshape(-1, 2) * side
        found = features(points_unrolled(chart, middle, side))[0].numpy()
        coordinates = rolled(chart, middle[:, None] + square)
        axes = features.axes
        expected = exact(features, coordinates[..., axes].reshape(20 * 64**2, -1)).reshape(20, 64**2, -1).mean(1)
        x = np.pi * share
        np.testing.assert_allclose(found, expected, atol=x**4 / 60 + 1e-5)
        if share == 0.4:
            sharp = exact(features, rolled(chart, middle)[:, axes])
            assert np.abs(found - sharp).max() > 0.1

    def test_it_is_off_to_the_bit_where_it_is_not_asked_for(self):
        fading, plain = features_of(fading=True), features_of()
        plain.load_state_dict(fading.state_dict())
        here = [points_at(CHART, np.linspace(-3, 3, 40), 0.3, footprint) for footprint in (0.0, 0.1, 3.0)]
        assert all(torch.equal(plain(points), plain(here[0])) for points in here)
        assert torch.equal(fading(here[0]), plain(here[0]))
        assert fading(here[1]).abs().max() < 1
        assert fading(here[2]).abs().max() < 1e-3

    def test_nothing_is_left_where_a_sample_is_infinitely_long_on_the_chart(self):
        assert features_of(fading=True)(points_at(CHART, 0.0, np.pi / 2, 0.01)).abs().max() == 0


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize("fading", [False, True])
@pytest.mark.parametrize("chart", [CHART, Cylinder(100, "central")], ids=repr)
def test_features_of_columns_are_those_of_their_points(upright, fading, chart):
    features = features_of(24, 8.0, chart, upright=upright, fading=fading)
    grid = Cylindrical(70, chart)
    one_by_one = features(points_of_grid(chart, grid))
    by_columns = features(points_of_grid(chart, grid, apart=True))
    torch.testing.assert_close(by_rows(by_columns, grid.shape[0]), one_by_one, atol=1e-6, rtol=0)


def test_the_finest_detail_is_an_eighth_of_a_turn():
    assert features_of(scale=2.0).finest_rad == 1 / 16
    assert features_of(7).channels == 7
