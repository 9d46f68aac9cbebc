import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder, Plane, Sphere, from_azimuth_elevation
from panogen.grids import Cylindrical, GridWindow
from panogen.networks import ChartPoints
from tests.networks.helpers import points_of_grid

CHARTS = [Cylinder(), Cylinder(100, "central"), Plane(1.1), Sphere()]


@pytest.mark.parametrize("chart", CHARTS, ids=repr)
def test_points_are_where_directions_are_seen_and_as_large_as_samples_look(chart):
    rng = np.random.default_rng(0)
    directions = from_azimuth_elevation(rng.uniform(-0.7, 0.7, 30), rng.uniform(-0.7, 0.7, 30))
    footprints = rng.uniform(0.001, 0.1, 30)
    points = ChartPoints.of(chart, directions, footprints)
    assert len(points) == 30
    assert points.rows is None
    np.testing.assert_array_equal(points.coordinates, chart.coordinates(directions))
    np.testing.assert_array_equal(points.unrolled, chart.unrolled(chart.coordinates(directions)))
    np.testing.assert_array_equal(points.footprints, footprints * chart.stretch(directions))
    assert all(values.dtype == torch.float64 for values in (points.coordinates, points.unrolled, points.footprints))


def test_some_points_are_those_points():
    points = points_of_grid(CHARTS[0], Cylindrical(24, CHARTS[0]))
    for chosen in (slice(3, 9), torch.tensor([5, 0, 7])):
        some = points[chosen]
        assert len(some) in (6, 3)
        for name in ("coordinates", "unrolled", "footprints"):
            assert torch.equal(getattr(some, name), getattr(points, name)[chosen])
    assert len(points.to("cpu")) == len(points)


CLOSED = [chart for chart in CHARTS if chart.closed]


@pytest.mark.parametrize("chart", CLOSED, ids=repr)
def test_the_points_of_a_window_are_its_pixels(chart):
    windows = chart.windows(np.random.default_rng(0), np.array([0.7, 1.0]), np.array([0.1, 0.2]))
    points = ChartPoints.of_window(chart, windows[1:2], 6)
    np.testing.assert_array_equal(points.coordinates, chart.coordinates(windows.directions(6)[1]))
    np.testing.assert_allclose(points.footprints.max(), 0.2, rtol=0.06 if chart.poles else 1e-12)


@pytest.mark.parametrize("chart", CLOSED, ids=repr)
def test_the_points_of_a_whole_band_are_those_of_its_picture(chart):
    rows = 16
    columns = chart.natural_width(rows)
    band = ChartPoints.of_band(chart, rows, columns)
    picture = points_of_grid(chart, Cylindrical(columns, chart.band))
    assert len(picture) == len(band)
    torch.testing.assert_close(band.coordinates, picture.coordinates)
    torch.testing.assert_close(band.unrolled, picture.unrolled)
    torch.testing.assert_close(band.footprints, picture.footprints, rtol=0.02, atol=0)


@pytest.mark.parametrize("chart", CHARTS[:2], ids=repr)
def test_columns_have_the_heights_and_footprints_of_the_first(chart):
    grid = GridWindow(Cylindrical(130, chart), 3, 7, 20, 100)
    points = points_of_grid(chart, grid, apart=True)
    assert points.rows == 20
    unrolled = points.unrolled.unflatten(0, (100, 20))
    torch.testing.assert_close(unrolled[..., 1], points.heights.expand(100, -1), atol=1e-12, rtol=0)
    torch.testing.assert_close(unrolled[..., 0], unrolled[:, :1, 0].expand(-1, 20), atol=1e-12, rtol=0)
    footprints = points.footprints.unflatten(0, (100, 20))
    torch.testing.assert_close(footprints, footprints[:1].expand(100, -1), atol=0, rtol=1e-12)
    turned = points_of_grid(chart, GridWindow(Cylindrical(130, chart), 3, 60, 20, 9), apart=True)
    assert torch.equal(turned.heights, points.heights)
