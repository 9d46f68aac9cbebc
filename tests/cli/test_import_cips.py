import json

import numpy as np
import pytest
import torch
from PIL import Image

from panogen import api
from panogen.grids.view import View
from panogen.pictures.formats import read_request
from tests.apps.walk.helpers import measure_little
from tests.cips import checkpoint, evaluate, their_pixels, to_8_bit, z_of


@pytest.fixture(params=["CIPSskip", "CIPSres"])
def state(request):
    return checkpoint(request.param)


@pytest.fixture
def imported(panogen, state, tmp_path):
    torch.save({"g_ema": state}, tmp_path / "g_ema.pt")
    result = panogen("import-cips", tmp_path / "g_ema.pt", tmp_path / "model")
    assert result.exit_code == 0
    assert f"render --model {tmp_path / 'model'} --seed 4 --width 16 out.png" in result.stderr
    return tmp_path / "model"


def shown(path):
    with Image.open(path) as image:
        return np.asarray(image).astype(int), read_request(path)


def test_from_a_checkpoint_to_a_picture(panogen, state, imported, tmp_path):
    out = tmp_path / "out.png"
    assert panogen("render", "--model", imported, "--seed", 4, "--width", 16, out).output == ""
    picture, made = shown(out)
    expected = to_8_bit(evaluate(state, z_of(4, 10), *their_pixels(16))).reshape(16, 16, 3)
    assert np.abs(picture - expected).max() <= 1
    assert (made["view"]["projection"], made["view"]["noise"]) == ("perspective", False)


def test_every_command_that_shows_a_place_shows_it(panogen, imported, tmp_path, monkeypatch):
    measure_little(monkeypatch)
    model = ("--model", imported)
    plain = api.load(imported)
    for command in (
        ("render", "--noise", "--seed", 4, "--width", 40),
        ("edit", "--direction", 0, "--width", 40),
        ("blend", "--seed", 4, "--seed", 9, "--width", 40),
        ("foveate", "--size", "80x40", "--gaze", "10,5"),
    ):
        out = tmp_path / f"{command[0]}.png"
        result = panogen(*command, *model, out)
        assert result.exit_code == 0, result.output
        picture, made = shown(out)
        assert picture.std() > 20
        assert made["view"]["projection"] == "perspective"
        assert picture.shape == ((40, 80, 3) if command[0] == "foveate" else (40, 40, 3))
    assert np.abs(shown(tmp_path / "render.png")[0] - plain.render(4, View(width=40))).mean() > 1
    frames = tmp_path / "frames"
    assert panogen("walk", "--seeds", "4,9", "--frames", 3, "--even", "--width", 16, *model, frames).exit_code == 0
    np.testing.assert_array_equal(shown(sorted(frames.glob("*.png"))[0])[0], plain.render(4, View(width=16)))
    result = panogen("edit", "--sheet", 2, "--width", 16, *model, tmp_path / "sheet.png")
    assert result.exit_code == 0


def test_the_rest_of_the_world_is_black_and_spoken_of(panogen, imported, tmp_path):
    out = tmp_path / "out.png"
    result = panogen("render", "--model", imported, "--projection", "perspective", "--fov", 150, "--width", 40, out)
    assert "lies beyond the square of 93.7 degrees that model knows and is black" in result.stderr
    assert "--outside mirror fills it, a smaller --fov, --yaw or --pitch may avoid it" in result.stderr
    picture = shown(out)[0]
    assert not picture[:, :10].any()
    assert picture[15:25, 15:25].any()


@pytest.mark.parametrize("projection", ["cylindrical", "equirectangular"])
def test_projections_around_the_circle_are_refused(panogen, imported, tmp_path, projection):
    result = panogen("render", "--model", imported, "--projection", projection, tmp_path / "out.png")
    assert result.exit_code == 2
    text = f"projection {projection} goes around the circle, of which the model knows the square of 93.7 degrees ahead"
    assert text in " ".join(result.stderr.split())


def test_training_begins_with_panoramas_alone(panogen, imported, tmp_path):
    result = panogen("train", tmp_path / "run", "--begin-with", imported)
    assert result.exit_code == 2
    assert "a run begins with a model of panoramas" in " ".join(result.stderr.split())


def test_the_folder_must_be_new_and_appears_whole(panogen, imported, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    for folder, name, message in (
        (imported, "g_ema.pt", "folder must be new or empty"),
        (tmp_path / "other", "none.pt", "none.pt' does not exist"),
    ):
        result = panogen("import-cips", tmp_path / name, folder)
        assert result.exit_code == 2
        assert message in " ".join(result.stderr.split())
    assert sorted(tmp_path.rglob("*")) == before


def test_a_disk_that_does_not_take_it(panogen, imported, tmp_path, monkeypatch):
    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    result = panogen("import-cips", tmp_path / "g_ema.pt", tmp_path / "other")
    assert result.exit_code == 1
    assert "other: cannot be written: No space left on device" in result.stderr
    assert not list(tmp_path.glob("*other*"))


def test_quiet(panogen, imported, tmp_path):
    result = panogen("import-cips", "--quiet", tmp_path / "g_ema.pt", tmp_path / "other")
    assert (result.exit_code, result.output) == (0, "")


def test_places_are_blended_from_left_to_right_or_by_a_mask(panogen, imported, tmp_path):
    plain, out, mask = api.load(imported), tmp_path / "out.png", tmp_path / "mask.png"
    Image.fromarray(np.repeat(np.uint8([[0, 255]]), 2, 0).repeat(16, 0).repeat(16, 1)).save(mask)
    left, right = (plain.render(seed, View(width=32)).astype(int) for seed in (4, 9))
    for options in (("--softness", 0.5), ("--mask", mask)):
        result = panogen("blend", "--model", imported, "--seed", 4, "--seed", 9, "--width", 32, *options, out)
        assert result.exit_code == 0, result.output
        picture = shown(out)[0]
        assert np.abs(picture - left)[:, :6].max() <= 1
        assert np.abs(picture - right)[:, 26:].max() <= 1
        assert np.abs(picture - left)[:, 26:].mean() > 2


def test_a_photo_is_found_in_it(panogen, imported, tmp_path, monkeypatch):
    monkeypatch.setattr("panogen.apps.inversion.job.COMPARISON_SIDE", 36)
    photo, found = tmp_path / "photo.png", tmp_path / "found"
    Image.fromarray(api.load(imported).render(3, View(width=16))).save(photo)
    result = panogen("invert", photo, found, "--model", imported, "--fov", 90, "--steps", 3, "--until", "w+")
    assert result.exit_code == 0, result.output
    about = json.loads((found / "inversion.json").read_text())
    assert about["request"]["pixels"] == [16, 16]  # one a cell of the table, which is 90 degrees wide
