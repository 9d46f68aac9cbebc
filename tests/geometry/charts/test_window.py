import numpy as np

from panogen.geometry import Cylinder
from panogen.geometry.window import Windows
from panogen.grids import Cylindrical

CHART = Cylinder()


def test_windows_side_by_side_are_the_rendered_picture():
    # Training and rendering see the very same points: four windows tile the grid that render lays out.
    windows = Windows(np.radians([-135, -45, 45, 135]), np.zeros(4), np.full(4, np.pi / 2), np.full(4, np.pi / 32))
    tiles = windows.coordinates(16).reshape(4, 16, 16, 3)
    grid = Cylindrical(64, CHART)
    whole = CHART.coordinates(grid.directions(0, len(grid))).reshape(16, 64, 3)
    np.testing.assert_allclose(np.concatenate(list(tiles), 1), whole, atol=1e-12)


def test_a_slice_is_those_windows():
    azimuth, height, side = np.random.default_rng(0).uniform(0.1, 1, (3, 6))
    windows = Windows(azimuth, height, side, side / 8)
    np.testing.assert_array_equal(windows[2:4].coordinates(8), windows.coordinates(8)[2:4])


def test_repeated_windows_stand_in_a_row():
    windows = Windows(np.array([0.1, 0.2]), np.array([0.3, 0.4]), np.array([1.0, 2.0]), np.array([0.5, 0.25]))
    np.testing.assert_array_equal(windows.repeat(2).azimuth_rad, [0.1, 0.1, 0.2, 0.2])
    np.testing.assert_array_equal(windows.repeat(2).footprint, [0.5, 0.5, 0.25, 0.25])
