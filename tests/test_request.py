"""Pictures are made again, to the byte, from what their files say."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

import panogen
from panogen.base.errors import JobError, UsageError
from panogen.base.records import to_json
from panogen.foveation import Acuity, Foveation, Gaussian, LogPolar
from panogen.grids.view import View
from panogen.latents import Above, Around
from panogen.pictures.formats import save_picture, xmp_packet
from panogen.places import Average, Between, Blend, Edit, Mask, Mix, Seed
from panogen.request import FORMAT, NO_PICTURES, Request
from tests.apps.walk.helpers import measure_little

VIEW = View(40, 30, "perspective", yaw_deg=20.0, fov_deg=60.0, truncation=0.7)


@pytest.fixture
def tiny(model_folder):
    return panogen.load(model_folder)


def test_the_same_bytes(tiny, tmp_path):
    Image.fromarray(np.tile(np.linspace(0, 255, 64).astype(np.uint8), (16, 1))).save(tmp_path / "mask.png")
    places = (
        Seed(4),
        Edit(Seed(4, layout=7), 1, 2.5, (1, 2)),
        Between(Seed(4), Seed(9), 0.3),
        Blend((Mix(Seed(4), Seed(5)), Average((Seed(1), Seed(2))))),
        Blend((Seed(1), Seed(2)), Above((20.0, -20.0)), layers=(0, 2)),
        Blend((Seed(1), Seed(2)), Mask.of(tmp_path / "mask.png")),
    )
    for place in places:
        tiny.save(tmp_path / "one.png", place, VIEW)
        request = Request.read(tmp_path / "one.png")
        assert request == tiny.request(place, VIEW)
        tiny.save(tmp_path / "two.png", request.place, request.view)
        assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize("mode", [Acuity(0.05), LogPolar(), Gaussian(0.1, seed=3)])
def test_foveated_pictures_too(tiny, tmp_path, mode):
    for gaze in ({"gaze_deg": (5.0, -3.0)}, {"gaze_pixel": (10.0, 20.0)}, {}):
        request = tiny.request(4, VIEW, Foveation(**gaze, mode=mode, display_fov_deg=70.0))
        back = Request.from_json(json.loads(json.dumps(request.to_json())))
        assert back == request
        one, two = (tiny.foveate(each.place, each.foveation, each.view).picture for each in (request, back))
        np.testing.assert_array_equal(one, two)


def test_it_says_what_the_grid_settles(tiny):
    request = tiny.request(4)
    assert (request.model, request.fingerprint) == (tiny.name, tiny.model.fingerprint)
    assert (request.view.projection, request.view.width) == ("cylindrical", View().grid(tiny.model.chart).shape[1])


# What panogen 0.5.0 wrote of places, and what is meant by it.
PLACES_OF_05 = {
    "a seed": ({"seed": 4}, Seed(4)),
    "a mix": ({"mix": [{"seed": 4}, {"seed": 9}], "layers": [2, 4]}, Mix(Seed(4), Seed(9), 2)),
    "an edit": (
        {"seed": 4, "edit": {"direction": 1, "strength": 2.5, "layers": [1, 2]}},
        Edit(Seed(4), 1, 2.5, (1, 2)),
    ),
    "half-way on the live page": ({"between": [4, 9], "share": 0.3}, Between(Seed(4), Seed(9), 0.3)),
    "a mean": ({"average": [{"seed": 1}, {"seed": 2}]}, Average((Seed(1), Seed(2)))),
    "a blend": (
        {"blend": [{"seed": 4}, {"seed": 9}], "at_deg": [0.0, 120.0], "softness": 0.5, "kernel": "smoothstep"},
        Blend((Seed(4), Seed(9)), Around((0.0, 120.0), 0.5, "smoothstep")),
    ),
    "a blend in some layers": (
        {
            "blend": [{"seed": 4}, {"seed": 9}],
            "layers": [2, 3],
            "at_deg": [0.0, 120.0],
            "softness": 1,
            "kernel": "even",
        },
        Blend((Seed(4), Seed(9)), Around((0.0, 120.0), 1, "even"), (2, 3)),
    ),
    "a blend over heights": (
        {"blend": [{"seed": 4}, {"seed": 9}], "heights_deg": [20.0, -20.0], "softness": 0.5, "kernel": "smoothstep"},
        Blend((Seed(4), Seed(9)), Above((20.0, -20.0))),
    ),
    "an edit of a blend": (
        {
            "blend": [{"seed": 4}, {"mix": [{"seed": 1}, {"seed": 2}], "layers": [1, 4]}],
            "at_deg": [0.0, 120.0],
            "softness": 0.5,
            "kernel": "linear",
            "edit": {"direction": 0, "strength": 1.0, "layers": [0, 4]},
        },
        Edit(Blend((Seed(4), Mix(Seed(1), Seed(2), 1)), Around((0.0, 120.0), 0.5, "linear")), 0, 1.0, (0, 4)),
    ),
}


@pytest.mark.parametrize("name", PLACES_OF_05)
def test_requests_of_0_5_0_are_read(tiny, tmp_path, name):
    described, expected = PLACES_OF_05[name]
    old = {
        "panogen": "0.5.0",
        "model": "tiny",
        "fingerprint": tiny.model.fingerprint,
        "latents": "0",
        **described,
        "width": 64,
        "height": None,
        "projection": "cylindrical",
        "yaw_deg": 20.0,
    }
    save_picture(tmp_path / "old.png", np.zeros((4, 4, 3), np.uint8), xmp_packet({}, old))
    request = Request.read(tmp_path / "old.png")
    assert request == Request(
        "tiny", tiny.model.fingerprint, expected, View(64, projection="cylindrical", yaw_deg=20.0)
    )
    tiny.field(request.place)


def mixed(times):
    place = to_json(Seed(4))
    for _ in range(times):
        place = {"kind": "mix", "first": place, "second": to_json(Seed(9)), "first_layer": None}
    return place


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"foveation": {}, "seed": 4}, "foveated, and panogen 0.5 did not say of which weights; foveate it anew"),
        ({"inverted": "photo.jpg"}, "shows a place that panogen 0.5 could not write down"),
        ({"blend": [{"seed": 1}], "mask": "mask.png"}, "shows a place that panogen 0.5 could not write down"),
        ({"walk": [{"seed": 4}], "position": 0.5}, "shows a place that panogen 0.5 could not write down"),
        ({"mix": [{"seed": 1}]}, "makes no sense"),
        ({"seed": "four"}, "seed must be a whole number, got 'four'"),
        ({"seed": 4, "edit": {"direction": 0}}, "makes no sense"),
        ({"seed": 4, "layout": -1}, r"layout must be in \[0, 4294967295\], got -1"),
        (
            {"format": FORMAT + 1, "panogen": "9.0"},
            "format of the request must be 2, got 3; panogen 9.0 made the picture",
        ),
        ({"format": FORMAT}, "makes no sense"),
        ({"format": FORMAT, "place": {"kind": "dream"}, "view": {}, "foveation": None}, "makes no sense"),
        (
            {"format": FORMAT, "place": mixed(0), "view": {**to_json(VIEW), "yaw_deg": 10**400}, "foveation": None},
            "makes no sense.*View.yaw_deg must be a number of 64 bits, got one of 401 digits",
        ),
        ({"format": FORMAT, "place": mixed(1000), "view": to_json(VIEW), "foveation": None}, "makes no sense"),
    ],
)
def test_what_cannot_be_made_again(changes, message):
    with pytest.raises(UsageError, match=message):
        Request.from_json({"model": "tiny", "fingerprint": "0", **changes})


def test_a_picture_that_says_something_nested_too_deep(tmp_path):
    packet = xmp_packet({}, {"deep": "here"}).replace('"here"', "[" * 100_000)
    save_picture(tmp_path / "deep.png", np.zeros((4, 4, 3), np.uint8), packet)
    with pytest.raises(JobError, match="what it says of itself is damaged"):
        Request.read(tmp_path / "deep.png")


def test_of_another_model(tiny):
    with pytest.raises(UsageError, match="made by a model 'other' with other weights than 'tiny'; name that one with"):
        tiny.recall(Request("other", "0", Seed(4), VIEW))


OLD = Path(__file__).parent / "fixtures" / "recall-0.5"


@pytest.fixture(scope="module")
def made_anew(panogen, tmp_path_factory):
    """A folder of what the commands that made the pictures of 0.5.0 make today."""
    folder = tmp_path_factory.mktemp("anew")
    for line in (OLD / "README.md").read_text().splitlines():
        if line.startswith("    panogen "):
            arguments = [folder / word if word.endswith(".png") else word for word in line.split()[1:]]
            assert panogen(*arguments).exit_code == 0
    return folder


@pytest.mark.parametrize("name", ["seed", "blend", "view"])
def test_pictures_of_0_5_are_made_again(panogen, made_anew, tmp_path, name):
    assert panogen("render", "--from", OLD / f"{name}.png", tmp_path / "again.png").exit_code == 0
    paths = (tmp_path / "again.png", OLD / f"{name}.png", made_anew / f"{name}.png")
    again, before, anew = (cv2.imread(str(path)).astype(int) for path in paths)
    assert again.shape == before.shape and before.std() > 10
    assert np.abs(again - before).max() <= 1
    np.testing.assert_array_equal(again, anew)


# Every command that writes a picture, and which file of it; {here} is a folder with a mask and two latents.
PICTURES = {
    "render": ("render --seed 4 --mix-seed 5 --layout 7 --width 64 {here}/out.png", "out.png"),
    "render a latent": ("render --latent {here}/mean.safetensors --width 64 {here}/out.jpg", "out.jpg"),
    "render faces": ("render --seed 4 --faces names --width 16 {here}/out.png", "out_up.png"),
    "render a turn": ("render --seed 4 --yaw-sweep 3 --width 64 --outdir {here}", "turn000001.png"),
    "blend": (
        "blend --seed 4 --latent {here}/mean.safetensors --seed 9 --layers 0-2 --width 64 {here}/out.tif",
        "out.tif",
    ),
    "blend by a mask": ("blend --seed 4 --seed 9 --mask {here}/mask.png --width 64 {here}/out.png", "out.png"),
    "render points": ("render --seed 4 --points {here}/points.npy --yaw 15 {here}/out.png", "out.png"),
    "edit on one side": ("edit --seed 4 --direction 1 --at 90 --width 64 {here}/out.webp", "out.webp"),
    "edit a blend": ("edit --latent {here}/blend.png --direction 0 --width 64 {here}/out.png", "out.png"),
    "foveate": ("foveate --seed 4 --size 64x36 --gaze 9,-3 --budget 0.6 --contrast 0.2 {here}/out.png", "out.png"),
    "foveate as in the paper": (
        "foveate --latent {here}/mean.safetensors --size 64x36 --gaze-pixel 9,9 --mode gaussian {here}/out.jpg",
        "out.jpg",
    ),
    "walk": ("walk --seeds 4,9 --frames 3 --turn 360 --width 64 {here}/frames", "frames/frame000001.png"),
}
# And every other file that a command writes: none is a picture that one request makes.
OTHERS = {
    "edit --sheet": ("edit --seed 4 --sheet 2 --width 64 {here}/out.png", "out.png"),
    "foveate --samples": ("foveate --size 64x36 --samples {here}/map.png {here}/out.png", "map.png"),
    "invert": ("invert {here}/mask.png {here}/found --fov 75 --steps 1 --until w", "found/comparison.png"),
    "foveate --figures": ("foveate --size 64x36 --figures {here}/out.json {here}/out.png", "out.json"),
    "walk": ("walk --seeds 4,9 --frames 2 --width 64 {here}/frames", "frames/request.json"),
    "walk as a video": ("walk --seeds 4,9 --frames 2 --width 64 {here}/out.mp4", "out.mp4"),
    "foveate --compare": ("foveate --size 64x36 --compare {here}/sheet.png {here}/out.png", "sheet.png"),
    "latents average": ("latents average --seed 4 {here}/out.safetensors", "out.safetensors"),
    "export": ("export --seed 4 --width 64 --tile 32 {here}/tiles", "tiles/1/f0_0.jpg"),
    "data show": ("data show procedural:landscapes --count 2 --width 64 {here}/out.png", "out.png"),
}


# Every command that fills a folder or a film with pictures of several requests, and how it is made again.
WORKS = {
    "walk": (
        "walk --seeds 4,9 --frames 3 --turn 360 --zoom 2 --projection perspective --width 64 {out}",
        "",
    ),
    "walk at an even pace": (
        "walk --seeds 4,9 --latent {here}/mean.safetensors --frames 4 --even --no-loop --width 64 {out}",
        "",
    ),
    "walk as a video": ("walk --seeds 4,9 --frames 3 --fps 12 --width 64 {out}", ".mp4"),
    "walk as another": ("walk --latent {here}/mean.safetensors --turn 360 --frames 4 --width 64 {out}", ".webm"),
    "export": ("export --seed 4 --layout 7 --width 64 --tile 32 --viewer {out}", ""),
    "export a live page": ("export --seed 4 --layout 7 --live --width 64 --tile 32 {out}", ""),
    "export a sphere": ("export --latent {here}/mean.safetensors --tiling photo-sphere-viewer --width 64 {out}", ""),
    "export for a server": ("export --tiling iiif --url https://example.org/one --width 64 {out}", ""),
}


@pytest.fixture
def run(panogen, model_folder, tmp_path):
    def run(line):
        words = line.format(here=tmp_path).split()
        model = () if words[0] == "data" else ("--model", model_folder)
        result = panogen(*words, *model)
        assert result.exit_code == 0, result.output

    Image.fromarray(np.tile(np.linspace(0, 255, 64).astype(np.uint8), (16, 1))).save(tmp_path / "mask.png")
    np.save(tmp_path / "points.npy", np.stack(np.meshgrid([-60.0, 0.0, 60.0], [30.0, -30.0]), -1))
    run("latents average --seed 1 --seed 2 {here}/mean.safetensors")
    return run


@pytest.mark.parametrize("name", PICTURES)
def test_what_a_command_writes_is_made_again_to_the_byte(run, tmp_path, name):
    line, file = PICTURES[name]
    if "blend.png" in line:
        run("blend --seed 4 --seed 9 --width 64 {here}/blend.png")
    run(line)
    again = tmp_path / f"again{(tmp_path / file).suffix}"
    run(f"render --from {{here}}/{file} {again}")
    assert again.read_bytes() == (tmp_path / file).read_bytes()


def bytes_of(path):
    files = path.rglob("*") if path.is_dir() else [path]
    return {file.relative_to(path): file.read_bytes() for file in files if file.is_file()}


@pytest.mark.parametrize("name", WORKS)
def test_what_shows_several_is_made_again_to_the_byte(run, tmp_path, monkeypatch, name):
    measure_little(monkeypatch)
    line, suffix = WORKS[name]
    one, two, three = (tmp_path / f"{number}{suffix}" for number in ("one", "two", "three"))
    run(line.replace("{out}", str(one)))
    again = f"{line.split()[0]} --from {one}"
    run(f"{again} {two}")
    assert bytes_of(one) == bytes_of(two)
    if one.is_dir():
        run(f"{again}/request.json {three}")
        assert bytes_of(one) == bytes_of(three)


@pytest.mark.parametrize(
    ("line", "file", "what"),
    [
        (PICTURES["render a latent"][0], "mean.safetensors", "latent"),
        (PICTURES["blend by a mask"][0], "mask.png", "mask"),
        (PICTURES["render points"][0], "points.npy", "file of points"),
    ],
)
def test_a_file_that_has_changed_meanwhile_is_named(run, panogen, tmp_path, line, file, what):
    run(line)
    with (tmp_path / file).open("ab") as changed:
        changed.write(b"more")
    result = panogen(
        "render", "--from", tmp_path / line.split("/")[-1], "--model", tmp_path / "tiny", tmp_path / "2.png"
    )
    assert result.exit_code == 2
    assert f"the {what} '{tmp_path / file}' is not the one that is meant: its SHA-256 must be" in result.stderr
    assert not (tmp_path / "2.png").exists()


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_picture_of_one_request_says_so(run, panogen, tmp_path, name):
    line, file = OTHERS[name]
    run(line)
    result = panogen("render", "--from", tmp_path / file, tmp_path / "again.png")
    assert result.exit_code == 2
    said = (
        "is no picture; walks and" if (tmp_path / file).suffix in NO_PICTURES else "does not say how it was made; name"
    )
    assert said in " ".join(result.stderr.split())
    assert not (tmp_path / "again.png").exists()
