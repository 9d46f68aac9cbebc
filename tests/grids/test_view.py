import dataclasses
import hashlib
import json

import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.geometry import Cylinder
from panogen.grids import GRIDS, Camera
from panogen.grids.points import Points
from panogen.grids.view import View
from tests.grids.helpers import LAID_OUT

CHART = Cylinder()


@pytest.fixture
def points(tmp_path):
    path = tmp_path / "points.npy"
    np.save(path, np.random.default_rng(0).normal(size=(5, 9, 3)))
    return path


@pytest.mark.parametrize("name", LAID_OUT)
def test_a_view_is_laid_out_by_its_projection(name):
    view = View(48, projection=name, yaw_deg=20, pitch_deg=5, roll_deg=-3)
    assert view.grid(CHART) == GRIDS[name].lay_out(CHART, Camera(20, 5, -3), 48)


@pytest.mark.parametrize("name", LAID_OUT)
def test_every_projection_has_a_natural_width(name):
    grid = View(projection=name).grid(CHART)
    assert grid.shape[1] == (1536 if name == "cubemap" else 1024)
    if name.startswith("cubemap"):
        assert grid.side == 256


@pytest.mark.parametrize("projection", [None, "points"])
@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["text", "path"])
def test_a_file_of_points_is_a_projection(points, projection, kind):
    view = View(points=kind(points), projection=projection, yaw_deg=20)
    assert (view.projection, view.points) == ("points", str(points))
    assert view.grid(CHART) == Points(points, Camera(20))
    assert view.grid(CHART).shape == (5, 9)


def test_a_view_is_json_and_comes_back(points):
    for view in (View(48, projection="fisheye", fov_deg=200), View(points=points)):
        assert View(**json.loads(json.dumps(dataclasses.asdict(view)))) == view
        assert dataclasses.replace(view, yaw_deg=5).grid(CHART).shape == view.grid(CHART).shape


@pytest.mark.parametrize("name", LAID_OUT)
def test_a_view_may_name_its_natural_height_and_field_of_view(name):
    grid = View(48, projection=name).grid(CHART)
    resolved = View(48, grid.shape[0], name, fov_deg=getattr(grid, "fov_deg", None))
    assert resolved.grid(CHART).shape == grid.shape
    np.testing.assert_array_equal(resolved.grid(CHART).directions(0, len(grid)), grid.directions(0, len(grid)))


def test_settled_it_knows_its_file_of_points(points):
    view = View(points=points)
    settled = view.settled(view.grid(CHART))
    assert (settled.width, settled.points_sha256) == (9, hashlib.sha256(points.read_bytes()).hexdigest())
    assert settled.settled(settled.grid(CHART)) == settled
    np.save(points, np.load(points) + 1)
    with pytest.raises(
        UsageError, match=r"the file of points '.*points\.npy' is not the one that is meant: its SHA-256"
    ):
        settled.grid(CHART)
    view.grid(CHART)
    points.unlink()
    with pytest.raises(UsageError, match=r"the file of points '.*points\.npy' cannot be read: No such file"):
        settled.grid(CHART)


@pytest.mark.parametrize("name", [name for name, layout in GRIDS.items() if not hasattr(layout, "fov_deg")])
def test_a_field_of_view_means_something_or_is_refused(name, points):
    request = {"points": points} if name == "points" else {"projection": name, "width": 48}
    with pytest.raises(UsageError, match=f"fov_deg has no meaning for projection {name}, got 50; leave it"):
        View(**request, fov_deg=50.0).grid(CHART)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"projection": "flat"}, "projection must be one of cylindrical, .*, points, got 'flat'"),
        ({"projection": "points"}, r"projection points shows the directions in a file; name it with --points FILE.npy"),
        ({"projection": "fisheye", "points": "a.npy"}, "a file of points goes with projection points, got 'fisheye'"),
        ({"points": "none.npy"}, "points 'none.npy' cannot be read: No such file or directory"),
        ({"points_sha256": "ab"}, "points_sha256 is that of a file of points, got 'ab' without one"),
        ({"points": 5}, "points must be the name of a .npy file, got int"),
        ({"width": 48, "height": 9, "projection": "cubemap"}, "height must be 8 for a cubemap picture 48 wide, got 9"),
        ({"width": 48, "height": 49, "projection": "mercator"}, r"height must be in \[1, 48\] for a mercator picture"),
        (
            {"width": 48, "height": 9, "projection": "cylindrical-central"},
            "height must be 15 for a cylindrical-central",
        ),
        ({"projection": "fisheye", "fov_deg": 361}, r"fov_deg must be in \(0, 360\] for a fisheye picture, got 361"),
        ({"projection": "little-planet", "fov_deg": 360}, r"fov_deg must be in \(0, 360\) for a little-planet picture"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(wrong, message):
    with pytest.raises(UsageError, match=message):
        View(**wrong).grid(CHART)
