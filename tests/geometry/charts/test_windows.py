import numpy as np
import pytest

from panogen.geometry import Cylinder, Sphere
from panogen.geometry.charts.sphere import HORIZON_SHARE
from panogen.geometry.charts.windows import BandWindows, LensWindows
from panogen.grids import Camera, Cylindrical, Perspective

CHART = Cylinder()


def some(count):
    azimuth, height, side = np.random.default_rng(0).uniform(0.1, 0.7, (3, count))
    return BandWindows(CHART, azimuth, height, side, side / 8)


def test_windows_side_by_side_are_the_rendered_picture():
    # Training and rendering see the very same points: four windows tile the grid that render lays out.
    quarters = np.full(4, np.pi / 2)
    windows = BandWindows(CHART, np.radians([-135, -45, 45, 135]), np.zeros(4), quarters, quarters / 16)
    tiles = CHART.coordinates(windows.directions(16)).reshape(4, 16, 16, 3)
    grid = Cylindrical(64, CHART)
    whole = CHART.coordinates(grid.directions(0, len(grid))).reshape(16, 64, 3)
    np.testing.assert_allclose(np.concatenate(list(tiles), 1), whole, atol=1e-12)
    sides = grid.footprints(np.arange(len(grid))) * CHART.stretch(grid.directions(0, len(grid)))
    np.testing.assert_allclose(sides, windows.footprint[0], rtol=2e-3)


def test_a_slice_is_those_windows():
    windows = some(6)
    assert len(windows[2:4]) == 2
    np.testing.assert_array_equal(windows[2:4].directions(8), windows.directions(8)[2:4])
    np.testing.assert_array_equal(windows[2:4].footprint, windows.footprint[2:4])


def test_repeated_windows_stand_in_a_row():
    windows = some(2)
    twice = windows.repeat(2)
    for name in ("azimuth_rad", "height", "side", "footprint"):
        first, second = getattr(windows, name)
        np.testing.assert_array_equal(getattr(twice, name), [first, first, second, second])


def test_pixels_stand_row_after_row_the_upper_one_first():
    azimuth, height = BandWindows(CHART, *np.array([[3.0], [0.1], [0.4], [0.1]])).positions(4)
    np.testing.assert_allclose(azimuth, 3.0 + np.array([[[-0.15, -0.05, 0.05, 0.15]]]))
    np.testing.assert_allclose(height, 0.1 + np.array([[[0.15], [0.05], [-0.05], [-0.15]]]))


def test_what_a_discriminator_is_told_is_relative_to_the_chart():
    chart = Cylinder(60, "central")
    top = np.tan(np.radians(30))
    windows = BandWindows(chart, np.zeros(3), top * np.array([-1, 0, 0.5]), np.ones(3), np.ones(3))
    np.testing.assert_allclose(windows.relative_height, [-1, 0, 0.5])


def test_samples_of_a_pixel_lie_in_its_footprint():
    windows = some(3)
    offsets = windows.offsets(8, 2).reshape(3, 8, 2)
    np.testing.assert_allclose(offsets.mean(2), windows.offsets(8), atol=1e-15)
    np.testing.assert_allclose(np.diff(offsets)[..., 0], windows.footprint[:, None] / 2 * np.ones(8))


@pytest.mark.parametrize("pitch_deg", [0.0, 37.0, -70.0, 90.0])
def test_lens_windows_are_views_of_a_camera_with_a_level_horizon(pitch_deg):
    yaw_deg, fov_deg, pixels = 120.0, 70.0, 12
    side = np.array([2 * np.tan(np.radians(fov_deg / 2))])
    chart = Sphere()
    window = LensWindows(chart.band, np.radians([yaw_deg]), np.radians([pitch_deg]), side, side / pixels)
    grid = Perspective(pixels, pixels, fov_deg, Camera(yaw_deg, pitch_deg))
    np.testing.assert_allclose(window.directions(pixels)[0], grid.directions(0, len(grid)), atol=1e-12)
    np.testing.assert_allclose(window.footprints(pixels)[0], grid.footprints(np.arange(len(grid))), rtol=2e-3)


def test_lens_windows_lie_uniformly_on_the_sphere_but_for_those_of_the_horizon():
    side = np.full(20_000, 0.2)
    windows = Sphere().windows(np.random.default_rng(0), side, side / 8)
    level = np.abs(windows.height) < np.arctan(0.1)
    counts, _ = np.histogram(np.sin(windows.height), 10, (-1, 1))
    assert abs(level.mean() - (HORIZON_SHARE + (1 - HORIZON_SHARE) * np.sin(np.arctan(0.1)))) < 0.01
    np.testing.assert_allclose(np.delete(counts, [4, 5]), 1500, rtol=0.12)
    assert np.histogram(windows.azimuth_rad, 8, (-np.pi, np.pi))[0].min() > 2300


@pytest.mark.parametrize("side", [0.1, 2.0])
def test_no_lens_window_shows_what_is_left_out_at_the_nadir(side):
    sides = np.full(500, side)
    windows = Sphere().windows(np.random.default_rng(0), sides, sides / 64, np.radians(20))
    lowest = np.degrees(np.arcsin(windows.directions(64)[..., 1].min()))
    assert -70 < lowest < -67


def test_the_widest_lens_windows_beside_the_nadir_do_not_pile_up():
    # Kolmogorov-Smirnov: the share of the horizon is uniform in pitch, the others in its sine, from one angle up.
    count, lowest, half = 20_000, np.radians(20 + 45 - 90), np.radians(45)
    side = np.full(count, 2.0)
    pitch = np.sort(Sphere().windows(np.random.default_rng(0), side, side / 64, np.radians(20)).height)
    level = np.clip((pitch - lowest) / (half - lowest), 0, 1)
    anywhere = (np.sin(pitch) - np.sin(lowest)) / (1 - np.sin(lowest))
    expected = HORIZON_SHARE * level + (1 - HORIZON_SHARE) * anywhere
    assert np.abs(expected - np.arange(count) / count).max() < 1.63 / np.sqrt(count)
