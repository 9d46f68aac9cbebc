import numpy as np
import pytest

from panogen.data.lens import Lens
from panogen.geometry import Cylinder, from_azimuth_elevation, pixel_centres

LENSES = [Lens(300, 200, 60.0), Lens(200, 300, 70.0), Lens(240, 240, 90.0)]
CHART = Cylinder(30.0, "central")


def colours(directions):
    """A smooth picture of all directions (..., 3)."""
    return np.round(127.5 + 120 * np.sin(np.asarray(directions) * [3.0, 5.0, 4.0])).astype(np.uint8)


def photograph(lens):
    """What a pinhole camera sees: the picture plane lies at z = focal length."""
    x = (pixel_centres(lens.width) - 0.5) * lens.width
    y = (0.5 - pixel_centres(lens.height)) * lens.height
    rays = np.stack(np.broadcast_arrays(x[None, :], y[:, None], lens.focal_pixels), -1)
    return colours(rays / np.linalg.norm(rays, axis=-1, keepdims=True))


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("chart", [CHART, Cylinder(35.0, "equirectangular")])
def test_a_photo_lands_where_its_directions_are(lens, chart):
    extent = lens.extent_rad(chart)
    azimuth = extent * (pixel_centres(80) - 0.5)
    elevation = chart.elevation_rad(chart.max_height * (1 - 2 * pixel_centres(60)))
    expected = colours(from_azimuth_elevation(azimuth[None, :], elevation[:, None])).astype(int)
    assert np.abs(lens.band(photograph(lens), 60, 80, chart) - expected).max() <= 6


@pytest.mark.parametrize("lens", LENSES)
def test_the_extent_is_where_the_photo_fills_the_band(lens):
    def sees(azimuth):
        x, y, z = from_azimuth_elevation(azimuth, CHART.max_elevation_rad)
        across, up = x / z * lens.focal_pixels, y / z * lens.focal_pixels
        return abs(across) <= lens.width / 2 and up <= lens.height / 2

    half = lens.extent_rad(CHART) / 2
    assert sees(half - 1e-6)
    assert not sees(half + 1e-6)


def test_what_does_not_fit():
    assert Lens(300, 200, 60.0).why_unfit(CHART) is None
    assert Lens(400, 100, 60.0).why_unfit(CHART) == "only 16.4 degrees high, the chart has 30"
    reason = "fills the chart's band for 22.6 degrees of azimuth only, a square crop takes 30.7"
    assert Lens(100, 200, 43.6).why_unfit(CHART) == reason
