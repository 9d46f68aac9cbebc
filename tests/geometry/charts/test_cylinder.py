import numpy as np
import pytest

from panogen.geometry import Cylinder, azimuth_elevation, from_azimuth_elevation
from panogen.geometry.charts.cylinder import PROFILES


@pytest.mark.parametrize("profile", PROFILES)
def test_heights_and_elevations_are_inverse(profile):
    chart = Cylinder(100, profile)
    elevation = np.linspace(-0.8, 0.8, 101)
    np.testing.assert_allclose(chart.elevation_rad(chart.height(elevation)), elevation, atol=1e-12)
    np.testing.assert_allclose(chart.elevation_rad(chart.max_height), np.radians(50))


def test_coordinates_are_cos_sin_and_height():
    chart = Cylinder(90, "central")
    coords = chart.coordinates(from_azimuth_elevation(0.3, 0.5))
    np.testing.assert_allclose(coords, [np.cos(0.3), np.sin(0.3), np.tan(0.5)], atol=1e-12)


def test_a_pole_has_finite_coordinates():
    coords = Cylinder().coordinates([[0, 1.0, 0], [0, -1.0, 0]])
    np.testing.assert_allclose(coords, [[1, 0, np.pi / 2], [1, 0, -np.pi / 2]])


def test_only_the_band_is_valid():
    elevation = np.radians([-90, -45.1, -45, 0, 45, 45.1, 90])
    valid = Cylinder(90).valid(from_azimuth_elevation(1.0, elevation))
    np.testing.assert_array_equal(valid, [False, False, True, True, True, False, False])


def test_square_pixels():
    assert Cylinder(90).natural_height(4096) == 1024
    assert Cylinder(90).natural_width(64) == 256
    assert Cylinder(90, "central").natural_height(314) == 100  # 2 tan 45 degrees of 2 pi radii


@pytest.mark.parametrize(
    ("fov", "profile"), [(0, "equirectangular"), (181, "equirectangular"), (180, "central"), (float("nan"), "central")]
)
def test_impossible_fields_of_view(fov, profile):
    with pytest.raises(ValueError, match="vertical_fov_deg must be in"):
        Cylinder(fov, profile)


def test_unknown_profile():
    with pytest.raises(ValueError, match="profile must be one of equirectangular, central, got 'flat'"):
        Cylinder(90, "flat")


def test_elevations_beyond_a_band_are_clipped_or_reflected():
    chart = Cylinder(60)
    directions = from_azimuth_elevation(1.0, np.radians([-90, -31, -30, 10, 45, 89]))
    azimuth, elevation = azimuth_elevation(chart.clamped(directions))
    np.testing.assert_allclose(np.degrees(elevation), [-30, -30, -30, 10, 30, 30])
    np.testing.assert_allclose(azimuth, 1.0)
    azimuth, elevation = azimuth_elevation(chart.mirrored(directions))
    np.testing.assert_allclose(np.degrees(elevation), [30, -29, -30, 10, 15, -29], atol=1e-9)
    np.testing.assert_allclose(azimuth, 1.0)
