"""From a pixel to its direction and back, by the textbook's formulas for the way back."""

import numpy as np
import pytest

from panogen.geometry import Cylinder
from panogen.grids import GRIDS
from tests.grids.helpers import CHART, LAID_OUT, TILTED, all_of, in_a_face

SIZE = 48


def longitude(x, z, width):
    return (np.arctan2(x, z) / (2 * np.pi) + 0.5) * width


def elevation(x, y, z):
    return np.arcsin(y / np.sqrt(x * x + y * y + z * z))


def cylinder(height_of):
    def place(x, y, z, grid):
        rows, columns = grid.shape
        return longitude(x, z, columns), rows / 2 * (1 - height_of(elevation(x, y, z)) / height_of(np.pi / 4))

    return place


def equirectangular(x, y, z, grid):
    rows, columns = grid.shape
    return longitude(x, z, columns), rows / 2 - elevation(x, y, z) * columns / (2 * np.pi)


def mercator(x, y, z, grid):
    rows, columns = grid.shape
    height = np.log(np.tan(np.pi / 4 + elevation(x, y, z) / 2))
    return longitude(x, z, columns), rows / 2 - height * columns / (2 * np.pi)


def perspective(x, y, z, grid):
    rows, columns = grid.shape
    focal = columns / 2 / np.tan(np.radians(grid.fov_deg) / 2)
    return columns / 2 + focal * x / z, rows / 2 - focal * y / z


def round_picture(radius_of):
    def place(x, y, z, grid):
        rows, columns = grid.shape
        edge, turn = np.radians(grid.fov_deg) / 2, np.arctan2(y, x)
        radius = columns / 2 * radius_of(np.arctan2(np.hypot(x, y), z)) / radius_of(edge)
        return columns / 2 + radius * np.cos(turn), rows / 2 - radius * np.sin(turn)

    return place


def planet(x, y, z, grid):
    return round_picture(lambda angle: np.tan(angle / 2))(x, z, -y, grid)


def cube(cells):
    """``cells``: the column and row of each of OpenGL's faces."""

    def place(x, y, z, grid):
        face, s, t = in_a_face(x, y, z)
        columns, rows = np.array(cells).T
        return (columns[face] + s) * grid.side, (rows[face] + t) * grid.side

    return place


PLACES = {
    "cylindrical": cylinder(lambda angle: angle),
    "cylindrical-equirectangular": cylinder(lambda angle: angle),
    "cylindrical-central": cylinder(np.tan),
    "equirectangular": equirectangular,
    "mercator": mercator,
    "perspective": perspective,
    "fisheye": round_picture(lambda angle: angle),
    "fisheye-equisolid": round_picture(lambda angle: np.sin(angle / 2)),
    "fisheye-stereographic": round_picture(lambda angle: np.tan(angle / 2)),
    "little-planet": planet,
    "cubemap": cube([(1, 0), (3, 0), (4, 0), (5, 0), (0, 0), (2, 0)]),
    "cubemap-dice": cube([(2, 1), (0, 1), (1, 0), (1, 2), (1, 1), (3, 1)]),
}


@pytest.mark.parametrize("name", LAID_OUT)
def test_directions_lead_back_to_their_pixels(name):
    grid = GRIDS[name].lay_out(CHART, TILTED, SIZE)
    rows, columns = grid.shape
    seen = all_of(grid) @ TILTED.matrix  # right, up and ahead
    column, row = PLACES[name](*np.moveaxis(seen, -1, 0), grid)
    shown = ~np.isnan(seen[..., 0])
    expected = (
        np.broadcast_to(np.arange(columns) + 0.5, grid.shape),
        np.broadcast_to(np.arange(rows)[:, None] + 0.5, grid.shape),
    )
    for found, true in zip((column, row), expected, strict=True):
        np.testing.assert_allclose(found[shown] / SIZE, true[shown] / SIZE, atol=1e-12)


@pytest.mark.parametrize("fov", [20, 180, 359])
@pytest.mark.parametrize("name", ["fisheye", "fisheye-equisolid", "fisheye-stereographic"])
def test_fisheyes_of_any_width(name, fov):
    grid = GRIDS[name].lay_out(Cylinder(), TILTED, 31, fov_deg=fov)
    seen = all_of(grid) @ TILTED.matrix
    column, row = PLACES[name](*np.moveaxis(seen, -1, 0), grid)
    shown = ~np.isnan(seen[..., 0])
    np.testing.assert_allclose(column[shown], np.nonzero(shown)[1] + 0.5, atol=1e-10)
    np.testing.assert_allclose(row[shown], np.nonzero(shown)[0] + 0.5, atol=1e-10)
