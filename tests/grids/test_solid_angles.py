"""What the pixels of a grid see adds up to what it shows."""

import numpy as np
import pytest
from scipy.integrate import dblquad

from panogen.geometry import Cylinder
from panogen.grids import GRIDS, Camera
from tests.grids.helpers import CHART, LAID_OUT, TILTED, footprints_of

SIZE = 96


def solid_angle(grid):
    """The sum over the pixels of the squares of their footprints."""
    return float(np.nansum(np.square(footprints_of(grid))))


def cap(fov_deg):
    return 2 * np.pi * (1 - np.cos(np.radians(fov_deg) / 2))


def band(max_elevation_rad):
    return 4 * np.pi * np.sin(max_elevation_rad)


def lens(width, height, fov_deg):
    a = np.tan(np.radians(fov_deg) / 2)
    b = a * height / width
    return 4 * np.arctan(a * b / np.sqrt(1 + a * a + b * b))


def planet(fov_deg):
    """A square on the plane that touches the sphere, at twice the distance of a stereographic projection."""
    edge = np.tan(np.radians(fov_deg) / 4)
    return dblquad(lambda y, x: 4 / (1 + x * x + y * y) ** 2, -edge, edge, -edge, edge)[0]


# Sums over pixels err by the square of their size, and those of round pictures by pixels that the circle cuts, too.
@pytest.mark.parametrize(
    ("name", "options", "expected", "tolerance"),
    [
        ("equirectangular", {"height": SIZE // 2}, 4 * np.pi, 2e-3),
        ("equirectangular", {}, band(np.pi / 4), 2e-3),
        ("cylindrical", {}, band(np.pi / 4), 2e-3),
        ("cylindrical-equirectangular", {}, band(np.pi / 4), 2e-3),
        ("cylindrical-central", {}, band(np.pi / 4), 2e-3),
        ("mercator", {"height": 30}, band(np.arctan(np.sinh(np.pi * 30 / SIZE))), 2e-3),
        ("mercator", {"height": SIZE}, band(np.radians(85.0511287798066)), 2e-3),
        ("perspective", {}, lens(SIZE, 54, 90), 2e-3),
        ("cubemap", {}, 4 * np.pi, 6e-3),
        ("cubemap-dice", {}, 4 * np.pi, 3e-3),
        ("fisheye", {}, cap(180), 0.02),
        ("fisheye", {"fov_deg": 300}, cap(300), 0.02),
        ("fisheye-equisolid", {}, cap(180), 0.02),
        ("fisheye-equisolid", {"fov_deg": 360}, 4 * np.pi, 0.02),
        ("fisheye-stereographic", {}, cap(180), 0.02),
        ("fisheye-stereographic", {"fov_deg": 300}, cap(300), 0.02),
        ("little-planet", {}, planet(238), 2e-3),
        ("little-planet", {"fov_deg": 300}, planet(300), 4e-3),
    ],
)
def test_footprints_add_up(name, options, expected, tolerance):
    grid = GRIDS[name].lay_out(CHART, TILTED, SIZE, **options)
    assert solid_angle(grid) == pytest.approx(expected, rel=tolerance)


def test_equal_areas_of_an_equisolid_fisheye_are_equal_solid_angles():
    grid = GRIDS["fisheye-equisolid"].lay_out(Cylinder(), Camera(), SIZE, fov_deg=200)
    shown = cap(200) / (np.pi * (SIZE / 2) ** 2)  # by a pixel
    footprints = footprints_of(grid)
    np.testing.assert_allclose(footprints[~np.isnan(footprints)], np.sqrt(shown), rtol=1e-14)


def test_all_that_can_be_laid_out_is_here():
    (cases,) = [mark.args[1] for mark in test_footprints_add_up.pytestmark]
    assert {name for name, *_ in cases} == set(LAID_OUT)
