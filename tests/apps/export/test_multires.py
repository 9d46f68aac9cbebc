import json
import math

import numpy as np
import pytest

from panogen.apps.export import Export, tiling_of
from panogen.apps.export.multires import FACES
from panogen.geometry import Cylinder
from panogen.grids import Camera, Perspective
from panogen.grids.view import View
from tests.apps.export.helpers import CHART, exported, off, pasted, read

LOOKS = {"f": (0, 0), "r": (90, 0), "b": (180, 0), "l": (-90, 0), "u": (0, 90), "d": (0, -90)}


@pytest.fixture(scope="module")
def folder(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("multires") / "out"
    exported(model, folder, Export(width=515, tile=64, quality=97))
    return folder


def face_of(folder, multires, level, face):
    """A face put together from its tiles, by what the configuration says."""
    side = multires["cubeResolution"] / 2 ** (multires["maxLevel"] - level)
    count, tile = math.ceil(side / multires["tileResolution"]), multires["tileResolution"]
    name = multires["path"].lstrip("/").replace("%l", str(level)).replace("%s", face)
    tiles = [
        (row * tile, column * tile, read(folder / f"{name}.jpg".replace("%y", str(row)).replace("%x", str(column))))
        for row in range(count)
        for column in range(count)
    ]
    assert side == int(side)
    return pasted((int(side), int(side)), tiles)


@pytest.mark.parametrize("level", [1, 2, 3])
def test_every_level_is_a_render_at_its_own_size(folder, model, level):
    multires = json.loads((folder / "config.json").read_text())["multiRes"]
    assert (multires["cubeResolution"], multires["maxLevel"], multires["tileResolution"]) == (164, 3, 64)
    faces = {face: face_of(folder, multires, level, face) for face in LOOKS}
    for face, (yaw_deg, pitch_deg) in LOOKS.items():
        side = len(faces[face])
        view = {"width": side, "height": side, "fov_deg": 90, "yaw_deg": yaw_deg, "pitch_deg": pitch_deg}
        expected = model.render(4, View(projection="perspective", **view))
        assert off(faces[face], expected) < 1.5
        assert all(off(faces[other], expected) > 8 for other in LOOKS if other != face)


def test_faces_meet_at_their_edges(folder):
    faces = {face: read(folder / "fallback" / f"{face}.jpg") for face in FACES}
    assert {picture.shape for picture in faces.values()} == {(164, 164, 3)}
    edges = [(faces[left][:, -1], faces[right][:, 0]) for left, right in ("fr", "rb", "bl", "lf")]
    edges += [(faces["f"][0], faces["u"][-1]), (faces["f"][-1], faces["d"][0])]
    edges += [(faces["r"][0], faces["u"][::-1, -1]), (faces["b"][-1], faces["d"][-1, ::-1])]
    for edge, other in edges:
        seen = (edge.max(-1) > 20) & (other.max(-1) > 20)
        assert seen.mean() > 0.1
        assert np.abs(edge - other)[seen].mean() < 10


def test_the_view_never_reaches_what_is_black():
    for chart in (CHART, Cylinder(60.0), Cylinder(120.0, "central")):
        tiling = tiling_of(Export(width=1024), chart)
        limits = tiling.limits()
        assert -limits["minPitch"] == limits["maxPitch"] > chart.vertical_fov_deg / 2 - 0.5
        for hfov_deg in (40.0, 100.0):
            vfov_deg = 2 * math.degrees(math.atan(math.tan(math.radians(hfov_deg) / 2) * 9 / 16))
            pitch_deg = max(0.0, limits["maxPitch"] - vfov_deg / 2)
            hfov_deg = min(hfov_deg, 2 * math.degrees(math.atan(math.tan(math.radians(limits["maxPitch"])) * 16 / 9)))
            grid = Perspective(160, 90, hfov_deg, Camera(pitch_deg=pitch_deg))
            assert chart.valid(grid.directions(0, len(grid))).all()
            higher = Perspective(160, 90, hfov_deg, Camera(pitch_deg=pitch_deg + 1))
            assert not chart.valid(higher.directions(0, len(grid))).all()
    assert tiling_of(Export(), Cylinder(180.0)).limits() == {}


def test_the_whole_faces_are_of_a_level_that_one_texture_holds():
    assert tiling_of(Export(width=8192), CHART).described() == {
        "cube": 2608, "levels": [326, 652, 1304, 2608], "fallback": 1304, "tiles": 6 * (1 + 4 + 9 + 36)
    }  # fmt: skip
    assert tiling_of(Export(width=40_000), CHART).fallback == 1592
    assert tiling_of(Export(width=64), CHART).fallback == 20
