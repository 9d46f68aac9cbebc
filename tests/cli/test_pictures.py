import json
import weakref
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import panogen as api
from panogen.base.records import from_json
from panogen.cli.pictures import rendered_by
from panogen.geometry import Cylinder
from panogen.grids import FACE_NAMES, Camera
from panogen.grids.cubemap import Cubemap
from panogen.grids.view import View
from panogen.pictures.formats import read_request
from panogen.places import Seed
from tests.grids.helpers import LAID_OUT


@pytest.fixture
def render(panogen, model_folder):
    return lambda *arguments: panogen("render", "--model", model_folder, *arguments)


def read(path):
    with Image.open(path) as image:
        return np.asarray(image), read_request(path)


@pytest.mark.parametrize("projection", LAID_OUT)
def test_every_projection_has_a_picture(render, model_folder, tmp_path, projection):
    assert render("--projection", projection, "--width", 48, "--yaw", 20, tmp_path / "out.png").exit_code == 0
    picture, made = read(tmp_path / "out.png")
    np.testing.assert_array_equal(
        picture, api.load(model_folder).render(0, View(projection=projection, width=48, yaw_deg=20))
    )
    assert made["view"]["projection"] == projection


@pytest.mark.parametrize("names", FACE_NAMES)
def test_faces_are_the_cells_of_a_cube_map(render, model_folder, tmp_path, names):
    look = {"yaw_deg": 30.0, "pitch_deg": 20.0, "roll_deg": 10.0}
    options = ("--seed", 4, "--faces", names, "--width", 16, "--yaw", 30, "--pitch", 20, "--roll", 10)
    assert render(*options, tmp_path / "out.png").exit_code == 0
    paths = [tmp_path / f"out_{name}.png" for name in FACE_NAMES[names]]
    assert set(tmp_path.glob("*.png")) == set(paths)
    model = api.load(model_folder)
    whole = model.render(4, View(width=96, projection="cubemap", **look))
    for number, path in enumerate(paths):
        picture, made = read(path)
        assert np.abs(picture.astype(int) - whole[:, 16 * number : 16 * number + 16]).max() <= 1  # other blocks
        view = from_json(View, made["view"])
        face = list(Cubemap(96, Camera(30, 20, 10)).faces.values())[number]
        assert view.grid(Cylinder()) == face


def test_faces_of_several_places(render, tmp_path):
    assert render("--seeds", "1,2", "--outdir", tmp_path, "--faces", "letters", "--width", 8).exit_code == 0
    assert len(list(tmp_path.glob("seed0001_[frblud].png"))) == len(list(tmp_path.glob("seed0002_?.png"))) == 6


def test_a_dry_run_names_all_faces(render, tmp_path):
    result = render("--faces", "axes", "--width", 8, "--dry-run", tmp_path / "out.png")
    requests = json.loads(result.stdout)
    left = requests[str(tmp_path / "out_nx.png")]
    assert (left["pixels"], left["fov_deg"], left["view"]["projection"]) == ([8, 8], 90, "perspective")
    assert (left["view"]["yaw_deg"], left["view"]["pitch_deg"]) == (-90.0, 0.0)
    assert len(requests) == 6
    assert not list(tmp_path.glob("out*"))


def test_points_from_a_file(render, model_folder, tmp_path):
    yaw, pitch = np.meshgrid(np.linspace(-60, 60, 12), np.linspace(30, -30, 7))
    np.save(tmp_path / "points.npy", np.stack([yaw, pitch], -1))
    assert render("--points", tmp_path / "points.npy", "--seed", 4, "--yaw", 15, tmp_path / "out.png").exit_code == 0
    picture, made = read(tmp_path / "out.png")
    assert picture.shape == (7, 12, 3) and made["view"]["points"] == str(tmp_path / "points.npy")
    expected = api.load(model_folder).render(4, View(points=tmp_path / "points.npy", yaw_deg=15.0))
    np.testing.assert_array_equal(picture, expected)
    result = render("--points", tmp_path / "points.npy", "--dry-run", tmp_path / "out.png")
    request = json.loads(result.stdout)[str(tmp_path / "out.png")]
    assert (request["pixels"], request["view"]["projection"]) == ([12, 7], "points")
    np.save(tmp_path / "other.npy", np.array([[[0.0, 0.0], [9.0, 0.0]]]))
    recalled = ("--from", tmp_path / "out.png", "--points", tmp_path / "other.npy")
    assert render(*recalled, tmp_path / "other.png").exit_code == 0
    assert read(tmp_path / "other.png")[0].shape == (1, 2, 3)


@pytest.mark.parametrize("before", [(), ("--from", "one.png")])
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--width", 24), "width must be the 12 columns of 'points.npy', got 24; leave it out"),
        (("--height", 14), "height must be the 7 rows of 'points.npy', got 14; leave it out"),
        (("--fov", 60), "--fov has no meaning for projection points, got 60"),
        (("--projection", "perspective"), "a file of points goes with projection points, got 'perspective'"),
        (("--supersample", 2), "a picture of points cannot be made 2 times finer; put more points into 'points.npy'"),
        (("--faces", "names"), "perspective pictures of 90 degrees, got projection points"),
    ],
)
def test_what_has_no_meaning_for_points_is_refused(render, tmp_path, monkeypatch, before, options, message):
    monkeypatch.chdir(tmp_path)
    yaw, pitch = np.meshgrid(np.linspace(-60, 60, 12), np.linspace(30, -30, 7))
    np.save("points.npy", np.stack([yaw, pitch], -1))
    assert render("--points", "points.npy", "--width", 12, "--height", 7, "one.png").exit_code == 0  # as it is anyway
    result = render(*(before or ("--points", "points.npy")), *options, "two.png")
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True), result.stderr
    assert not list(tmp_path.glob("two*"))


def test_room_beside_a_circle_is_not_what_the_model_does_not_know(render, tmp_path):
    options = ("--projection", "fisheye", "--fov", 80, "--width", 32, tmp_path / "out.png")
    assert render(*options).stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "--faces names --height 9 {out}",
            "faces of a cube are square perspective pictures of 90 degrees, got height 9",
        ),
        ("--faces names --fov 80 {out}", "perspective pictures of 90 degrees, got --fov 80"),
        ("--faces names --projection fisheye {out}", "perspective pictures of 90 degrees, got projection fisheye"),
        ("--faces colours {out}", "'colours' is not one of 'names', 'axes', 'letters'"),
        ("--faces names {folder}/out.gif", "suffix of 'out_front.gif' must be one of"),
        ("--projection cubemap --width 100 {out}", "width must be a multiple of 6 for a cubemap picture, got 100"),
        ("--projection points {out}", "name it with --points FILE.npy"),
        ("--points {folder}/none.npy {out}", "cannot be read: No such file or directory"),
        ("--points a.npy --projection mercator {out}", "a file of points goes with projection points, got 'mercator'"),
    ],
)
def test_bad_usage_is_one_sentence(render, tmp_path, arguments, message):
    result = render(*arguments.format(out=tmp_path / "out.png", folder=tmp_path).split())
    assert result.exit_code == 2
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert message in sentence
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("quiet", [False, True])
def test_what_a_cluster_says_is_heard(monkeypatch, capsys, quiet):
    def spread(scheduler, panogen, place, view, pixel_renderer, tell):
        tell("no worker yet")
        return nullcontext()

    monkeypatch.setattr("panogen.apps.cluster.flight.spread", spread)
    output = SimpleNamespace(pixel_renderer=None)
    rendered_by("tcp://somewhere:8786", None, (Seed(4), View()), output, quiet)
    assert capsys.readouterr().err == ("" if quiet else "no worker yet\n")


def test_of_many_pictures_two_networks_at_most_are_in_memory(render, tmp_path, monkeypatch):
    made = weakref.WeakSet()

    def plan_of(*arguments, **settings):
        plan = real(*arguments, **settings)
        made.add(plan)
        assert len(made) <= 2
        return plan

    real = api.api.plan_of
    monkeypatch.setattr("panogen.api.plan_of", plan_of)
    assert render("--seeds", "0-7", "--outdir", tmp_path, "--width", 16).exit_code == 0
    assert len(list(tmp_path.glob("*.png"))) == 8
