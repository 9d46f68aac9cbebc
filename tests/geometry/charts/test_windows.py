import numpy as np

from panogen.geometry import Cylinder, Windows
from panogen.grids import Cylindrical

CHART = Cylinder()


def some(count):
    azimuth, height, side = np.random.default_rng(0).uniform(0.1, 0.7, (3, count))
    return Windows(CHART, azimuth, height, side, side / 8)


def test_windows_side_by_side_are_the_rendered_picture():
    # Training and rendering see the very same points: four windows tile the grid that render lays out.
    quarters = np.full(4, np.pi / 2)
    windows = Windows(CHART, np.radians([-135, -45, 45, 135]), np.zeros(4), quarters, quarters / 16)
    tiles = CHART.rolled(windows.unrolled(16)).reshape(4, 16, 16, 3)
    grid = Cylindrical(64, CHART)
    whole = CHART.coordinates(grid.directions(0, len(grid))).reshape(16, 64, 3)
    np.testing.assert_allclose(np.concatenate(list(tiles), 1), whole, atol=1e-12)
    sides = grid.footprints(np.arange(len(grid))) * CHART.stretch(grid.directions(0, len(grid)))
    np.testing.assert_allclose(sides, windows.footprint[0], rtol=2e-3)


def test_a_slice_is_those_windows():
    windows = some(6)
    assert len(windows[2:4]) == 2
    np.testing.assert_array_equal(windows[2:4].unrolled(8), windows.unrolled(8)[2:4])
    np.testing.assert_array_equal(windows[2:4].footprint, windows.footprint[2:4])


def test_repeated_windows_stand_in_a_row():
    windows = some(2)
    twice = windows.repeat(2)
    for name in ("azimuth_rad", "height", "side", "footprint"):
        first, second = getattr(windows, name)
        np.testing.assert_array_equal(getattr(twice, name), [first, first, second, second])


def test_pixels_stand_row_after_row_the_upper_one_first():
    (places,) = Windows(CHART, *np.array([[3.0], [0.1], [0.4], [0.1]])).unrolled(4)
    azimuth, height = np.moveaxis(places.reshape(4, 4, 2), -1, 0)
    np.testing.assert_allclose(azimuth, np.broadcast_to(3.0 + np.array([-0.15, -0.05, 0.05, 0.15]), (4, 4)))
    np.testing.assert_allclose(height.T, np.broadcast_to(0.1 + np.array([0.15, 0.05, -0.05, -0.15]), (4, 4)))


def test_what_a_discriminator_is_told_is_relative_to_the_chart():
    chart = Cylinder(60, "central")
    top = np.tan(np.radians(30))
    windows = Windows(chart, np.zeros(3), top * np.array([-1, 0, 0.5]), 2 * top / np.array([1, 2, 8]), np.ones(3))
    np.testing.assert_allclose(windows.relative_height, [-1, 0, 0.5])
    np.testing.assert_allclose(windows.halvings, [0, 1, 3], atol=1e-12)
