import numpy as np

from panogen.geometry import Cylinder
from panogen.geometry.window import Windows
from panogen.grids import Cylindrical

CHART = Cylinder()


def test_windows_side_by_side_are_the_rendered_picture():
    # Training and rendering see the very same points: four windows tile the grid that render lays out.
    windows = Windows(np.radians([-135, -45, 45, 135]), np.zeros(4), np.full(4, np.pi / 2))
    tiles = windows.coordinates(16).reshape(4, 16, 16, 3)
    grid = Cylindrical(64, CHART)
    whole = CHART.coordinates(grid.directions(0, len(grid))).reshape(16, 64, 3)
    np.testing.assert_allclose(np.concatenate(list(tiles), 1), whole, atol=1e-12)


def test_drawn_windows_stay_on_the_band_and_fill_the_circle():
    windows = Windows.draw(np.random.default_rng(0), 2000, CHART, 0.2)
    edges = np.abs(windows.height) + windows.side / 2
    assert edges.max() <= CHART.max_height + 1e-12
    assert windows.side.min() >= 0.8 * 2 * CHART.max_height
    counts, _ = np.histogram(windows.azimuth_rad, 8, (-np.pi, np.pi))
    assert counts.sum() == 2000
    assert counts.min() > 180  # 250 expected


def test_pixels_do_not_keep_to_the_texels():
    _, heights = Windows.draw(np.random.default_rng(0), 500, CHART, 0.1).centres(32)
    offsets = np.mod(heights[:, 10] / CHART.max_height * 16, 1.0)
    counts, _ = np.histogram(offsets, 4, (0, 1))
    assert counts.min() > 60  # 125 expected


def test_a_slice_is_those_windows():
    windows = Windows.draw(np.random.default_rng(0), 6, CHART, 0.1)
    np.testing.assert_array_equal(windows[2:4].coordinates(8), windows.coordinates(8)[2:4])
