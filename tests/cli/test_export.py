import json
import shlex

import pytest

import panogen as api
from panogen.apps.export import TILINGS
from panogen.grids.view import View
from tests.apps.export.helpers import off, read
from tests.cli.helpers import resolved


@pytest.fixture
def export(panogen, model_folder):
    return lambda *arguments: panogen("export", "--model", model_folder, *arguments)


def test_a_viewer_in_a_folder_that_needs_nothing_else(export, tmp_path):
    result = export("--viewer", tmp_path / "out", "--seed", 4, "--width", 256, "--tile", 64)
    assert (result.exit_code, result.stdout) == (0, "")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {"1", "2", "config.json", "fallback", "index.html", "request.json", "viewer"}
    page = (tmp_path / "out/index.html").read_text()
    assert all((tmp_path / "out" / name).is_file() for name in ("viewer/pannellum.js", "viewer/pannellum.css"))
    assert "http" not in page
    assert (tmp_path / "out/viewer/LICENSE.txt").read_text().startswith("Copyright (c) 2011-")
    assert '"Seed 4"' in (tmp_path / "out/viewer/scene.js").read_text()


def test_without_it_there_are_tiles_alone(export, tmp_path):
    assert export(tmp_path / "out", "--width", 128).exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"1", "config.json", "fallback", "request.json"}


def test_options_reach_the_tiles(export, model_folder, tmp_path):
    model = api.load(model_folder)
    model.save_latent(9, tmp_path / "nine.latent")
    options = ("--width", 201, "--truncation", 0.6, "--latent", tmp_path / "nine.latent", "--quality", 98)
    assert export(*options, tmp_path / "fine").exit_code == 0
    assert export(*options, "--quality", 30, tmp_path / "coarse").exit_code == 0
    expected = model.render(9, View(projection="perspective", width=64, height=64, fov_deg=90.0, truncation=0.6))
    fine, coarse = (off(read(tmp_path / folder / "1/f0_0.jpg"), expected) for folder in ("fine", "coarse"))
    assert fine < 1.5 < coarse
    assert json.loads((tmp_path / "fine/request.json").read_text())["place"]["kind"] == "saved"


@pytest.mark.parametrize("tiling", [name for name in TILINGS if name != "live"])
def test_a_dry_run_says_what_it_would_do(export, tiling, tmp_path):
    result = export("--tiling", tiling, "--seed", 4, "--width", 8192, "--dry-run", tmp_path / "out")
    request = resolved(result, tmp_path / "out")
    assert (request["place"]["seed"], request["export"]["tiling"], request["export"]["width"]) == (4, tiling, 8192)
    assert request["files"]
    assert not {"view", "foveation"} & request.keys()  # whose width and projection no export has
    assert not (tmp_path / "out").exists()


def test_from_an_export_with_changes(export, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    assert export("--seed", 4, "--layout", 7, "--width", 128, "--quality", 60, "--viewer", one).exit_code == 0

    def request(*changes):
        return resolved(export("--from", one, *changes, "--dry-run", two), two)

    before = request()
    assert (before["place"]["seed"], before["place"]["layout"], before["export"]["viewer"]) == (4, 7, True)
    changed = request("--tiling", "dzi", "--width", 256, "--truncation", 0.5, "--layout", 8)
    sizes = {"tiling": "dzi", "width": 256, "truncation": 0.5, "viewer": False}
    assert changed["export"] == {**before["export"], **sizes}
    assert changed["place"]["layout"] == 8
    elsewhere = request("--seed", 9)
    assert elsewhere == {**before, "place": {**before["place"], "seed": 9, "layout": None}}


def test_from_an_export_it_opens_where_that_did_unless_its_tiling_says_nothing_of_it(export, tmp_path):
    look = ("--yaw", 270, "--pitch", 12, "--fov", 30)
    assert export("--width", 128, "--viewer", *look, tmp_path / "one").exit_code == 0
    opened = json.loads((tmp_path / "one/config.json").read_text())
    assert [opened[name] for name in ("yaw", "pitch", "hfov", "minHfov")] == [-90, 12, 30, 30]
    assert export("--from", tmp_path / "one", "--fov", 60, tmp_path / "two").exit_code == 0
    opened = json.loads((tmp_path / "two/config.json").read_text())
    assert [opened[name] for name in ("yaw", "pitch", "hfov", "minHfov")] == [-90, 12, 60, 50]
    assert export("--from", tmp_path / "one", "--tiling", "dzi", tmp_path / "three").exit_code == 0
    made = json.loads((tmp_path / "one/request.json").read_text())
    for name in ("yaw_deg", "pitch_deg", "fov_deg"):  # as older ones are
        del made["export"][name]
    (tmp_path / "one/request.json").write_text(json.dumps(made))
    assert export("--from", tmp_path / "one", tmp_path / "four").exit_code == 0
    assert json.loads((tmp_path / "four/config.json").read_text())["yaw"] == 0


@pytest.mark.parametrize("name", ["1/f0_0.jpg", "1", "config.json"])
def test_from_what_is_no_export(export, tmp_path, name):
    assert export("--width", 128, tmp_path / "one").exit_code == 0
    result = export("--from", tmp_path / "one" / name, tmp_path / "two")
    assert result.exit_code == 2
    assert "does not say how an export was made; name the folder of one, or the request.json in it" in result.stderr


def test_an_interruption_is_said_and_leaves_nothing(export, tmp_path, monkeypatch):
    before = set(tmp_path.iterdir())

    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("panogen.apps.export.tiles.jpeg_bytes", interrupted)
    result = export("--width", 128, tmp_path / "out")
    assert (result.exit_code, result.stderr) == (130, "interrupted\n")
    assert set(tmp_path.iterdir()) == before


def test_what_render_says_of_deep_zoom_is_a_command(panogen, export, tmp_path):
    result = panogen("render", tmp_path / "my place.dzi")
    assert result.exit_code == 2
    command = result.stderr.partition(": panogen export ")[2]
    assert export(*shlex.split(command), "--width", 64).exit_code == 0
    assert (tmp_path / "my place/panorama.dzi").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--width 63 {out}", "width must be a whole number in [64, 1000000], got 63"),
        ("--width 2147483648 {out}", "width must be a whole number in [64, 1000000], got 2147483648"),
        ("--tile 0 {out}", "tile must be a whole number in [32, 4096], got 0"),
        ("--quality 0 {out}", "quality must be a whole number in [1, 100], got 0"),
        ("--truncation nan {out}", "truncation must be in [-2, 2], got nan"),
        ("--tiling flat {out}", "'flat' is not one of 'multires', 'photo-sphere-viewer', 'dzi', 'iiif', 'zoomify'"),
        ("--tiling dzi --viewer {out}", "the viewer shows tiling multires, got dzi"),
        ("--url http://here {out}", "url is for tiling iiif, got multires and 'http://here'"),
        ("--tiling iiif --url here {out}", "url must begin with http:// or https://, got 'here'"),
        ("--pitch 91 {out}", "--pitch must be in [-90, 90], got 91"),
        ("--yaw inf {out}", "--yaw must be a finite number of degrees, got inf"),
        ("--fov 111 {out}", "--fov of a page must be in [8, 110], got 111"),
        ("--fov nan {out}", "--fov of a page must be in [8, 110], got nan"),
        (
            "--tiling dzi --yaw 9 {out}",
            "--yaw is for pages, got 9 and tiling dzi, which does not say where a viewer begins; leave it out",
        ),
        ("--tiling photo-sphere-viewer --width 40000 {out}", "width must be at most 32768"),
        ("--seed -1 {out}", "seed must be in [0, 4294967295], got -1"),
        (
            "--seed 4 --latent {here}/full/file {out}",
            "a picture shows --seed or --latent, got 4 and '{here}/full/file'",
        ),
        ("{here}/full", "folder must be new or empty, got '{here}/full'; name another"),
        ("{here}/full/file", "folder must be new or empty, got '{here}/full/file'; name another"),
    ],
)
def test_bad_usage_is_one_sentence(export, tmp_path, arguments, message):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/file").write_text("mine")
    before = set(tmp_path.rglob("*"))
    result = export(*arguments.format(out=tmp_path / "out", here=tmp_path).split())
    assert result.exit_code == 2
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert message.replace("{here}", str(tmp_path)) in sentence
    assert set(tmp_path.rglob("*")) == before


def test_a_live_page_has_an_option_of_its_own(export, tmp_path):
    result = export("--tiling", "live", tmp_path / "out")
    assert (result.exit_code, "'live' is not one of" in result.output) == (2, True)
