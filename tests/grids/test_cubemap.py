import numpy as np
import pytest
from py360convert import e2c

from panogen.base.errors import UsageError
from panogen.grids import FACE_NAMES, GRIDS, Camera, Equirectangular, cube_faces
from panogen.grids.cubemap import Cubemap, CubemapDice
from tests.grids.helpers import CHART, TILTED, all_of, in_a_face

OPENGL = ("px", "nx", "py", "ny", "pz", "nz")


def test_each_cell_is_its_face_to_the_bit():
    faces = cube_faces(8, TILTED)
    row = np.concatenate([all_of(faces[name]) for name in ("front", "right", "back", "left", "up", "down")], 1)
    np.testing.assert_array_equal(all_of(Cubemap(48, TILTED)), row)
    dice = all_of(CubemapDice(32, TILTED))
    for name, (down, along) in {"up": (0, 1), "left": (1, 0), "front": (1, 1), "back": (1, 3), "down": (2, 1)}.items():
        cell = dice[8 * down : 8 * down + 8, 8 * along : 8 * along + 8]
        np.testing.assert_array_equal(cell, all_of(faces[name]))
    assert np.isnan(dice[:8, 16:]).all() and np.isnan(dice[16:, :8]).all()


def test_agrees_with_py360convert():
    # Another program's answer, at its own grid, which includes both edges of a face: our faces, wider by a pixel.
    size = 33
    wider = np.degrees(2 * np.arctan(size / (size - 1)))
    ours = [all_of(type(face)(size, size, wider, face.camera)) for face in cube_faces(size).values()]
    theirs = e2c(all_of(Equirectangular(2048, 1024)), size, "bilinear", "horizon")
    # OpenCV's remap, which theirs uses, rounds positions to 1/32 of a pixel.
    np.testing.assert_allclose(np.concatenate(ours, 1), theirs, atol=1.1 * np.pi / 1024 / 64)


@pytest.mark.parametrize(("name", "layout"), [("cubemap", "horizon"), ("cubemap-dice", "dice")])
def test_the_cells_lie_where_py360convert_puts_them(name, layout):
    # Centres are half a pixel at most from where an edge-inclusive grid has them: 2 / 64 / 2 of the face's half side.
    theirs = e2c(all_of(Equirectangular(1024, 512)), 64, "bilinear", layout)
    ours = np.nan_to_num(all_of(GRIDS[name].lay_out(CHART, Camera(), theirs.shape[1])), nan=0.0)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1 / 32


def test_a_cube_map_of_opengl_shows_each_direction_where_it_is():
    # Six pictures are handed over as px, nx, py, ny, pz, nz, first row first, and looked up by the table.
    by_axis = dict(zip(FACE_NAMES["axes"], cube_faces(64).values(), strict=True))
    texels = np.stack([all_of(by_axis[axis]) for axis in OPENGL])
    wanted = np.random.default_rng(0).normal(size=(2000, 3))
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    face, s, t = in_a_face(*wanted.T)
    found = texels[face, (t * 64).astype(int).clip(0, 63), (s * 64).astype(int).clip(0, 63)]
    assert np.abs(found - wanted).max() < 1 / 64  # half a texel is 1/64 of the half side


def test_names_are_those_of_the_same_faces():
    assert set(FACE_NAMES) == {"names", "axes", "letters"}
    for names in FACE_NAMES.values():
        assert len(set(names)) == 6
    assert [name[0] for name in FACE_NAMES["names"]] == list(FACE_NAMES["letters"])
    sides = {"p": 1, "n": -1}
    for axis, face in zip(FACE_NAMES["axes"], cube_faces(3).values(), strict=True):
        ahead = np.eye(3)["xyz".index(axis[1])] * sides[axis[0]]
        np.testing.assert_allclose(face.at(np.array([4]))[0], ahead, atol=1e-15)


def test_neighbouring_faces_meet_upright():
    # The lower edge of up and the upper edge of down lie along the front's, from left to right.
    faces = {name: all_of(face) for name, face in cube_faces(32).items()}
    for one, other in ((faces["up"][-1], faces["front"][0]), (faces["down"][0], faces["front"][-1])):
        assert np.abs(one - other).max() < 2 / 32
    for left, right in (("front", "right"), ("right", "back"), ("back", "left"), ("left", "front")):
        assert np.abs(faces[left][:, -1] - faces[right][:, 0]).max() < 2 / 32


@pytest.mark.parametrize(
    ("name", "width", "message"),
    [
        ("cubemap", 100, "width must be a multiple of 6 for a cubemap picture, got 100; use 96 or 102"),
        ("cubemap", 5, "width must be a multiple of 6 for a cubemap picture, got 5; use 6"),
        ("cubemap-dice", 4098, "width must be a multiple of 4 for a cubemap-dice picture, got 4098; use 4096 or 4100"),
    ],
)
def test_widths_that_cannot_be_divided(name, width, message):
    with pytest.raises(UsageError, match=message):
        GRIDS[name].lay_out(CHART, Camera(), width)


def test_has_its_own_height_and_field_of_view():
    assert GRIDS["cubemap"].lay_out(CHART, Camera(), 96, 16).shape == (16, 96)
    assert GRIDS["cubemap-dice"].lay_out(CHART, Camera(), 96).shape == (72, 96)
    with pytest.raises(UsageError, match="height must be 16 for a cubemap picture 96 wide, got 20; leave it out"):
        GRIDS["cubemap"].lay_out(CHART, Camera(), 96, 20)
    with pytest.raises(UsageError, match="fov_deg has no meaning for projection cubemap, got 90"):
        GRIDS["cubemap"].lay_out(CHART, Camera(), 96, fov_deg=90.0)
