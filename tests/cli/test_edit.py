import numpy as np
import pytest
from PIL import Image

from panogen import api
from panogen.grids.view import View
from panogen.places import Edit, Seed


@pytest.fixture
def edit(panogen, model_folder):
    return lambda *arguments: panogen("edit", "--model", model_folder, "--width", 64, *arguments)


def read(path):
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def test_an_edit_moves_the_place_more_the_stronger_it_is(edit, model_folder, tmp_path):
    tiny = api.load(model_folder)
    plain = tiny.render(4, View(width=64)).astype(int)
    changes = []
    for strength in (0, 1, 4):
        out = tmp_path / f"{strength}.png"
        assert edit("--seed", 4, "--direction", 0, "--strength", strength, out).exit_code == 0
        changes.append(np.abs(read(out) - plain).mean())
    assert changes[0] == 0
    assert 0.3 < changes[1] < changes[2]


def test_earlier_directions_move_styles_more(model_folder):
    tiny = api.load(model_folder)
    moved = []
    for direction in (0, 3, 7):
        step = tiny.field(Edit(Seed(4), direction, 1.0)).anchors - tiny.field(4).anchors
        styles = [weight @ w for weight, w in zip(tiny.model.generator.style_weights, step[0], strict=True)]
        moved.append(float(sum(s.square().sum() for s in styles)) / float(step[0, 0].square().sum()))
    assert moved[0] > moved[1] > moved[2]


def test_an_edit_holds_on_one_side(edit, model_folder, tmp_path):
    out = tmp_path / "out.png"
    assert edit("--seed", 4, "--direction", 1, "--at", 180, "--softness", 0.5, out).exit_code == 0
    tiny = api.load(model_folder)
    picture = read(out)
    assert np.abs(picture - tiny.render(4, View(width=64)))[:, 24:40].max() <= 1
    edited = tiny.render(Edit(Seed(4), 1, 3.0), View(width=64)).astype(int)
    assert np.abs(picture - edited)[:, np.r_[:8, 56:64]].max() <= 1


def test_a_sheet_shows_the_first_directions(edit, tmp_path):
    out = tmp_path / "sheet.png"
    assert edit("--seed", 4, "--sheet", 2, "--quiet", out).exit_code == 0
    sheet = read(out)
    assert sheet.shape == (2 * 16 + 4, 3 * 64 + 2 * 4, 3)
    np.testing.assert_array_equal(sheet[:16, 68:132], sheet[20:, 68:132])  # the place itself
    assert np.abs(sheet[:16, :64] - sheet[20:, :64]).mean() > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "needs either --direction N or, to see what there is, --sheet N"),
        (("--direction", 1, "--sheet", 3), "needs either"),
        (("--direction", 99), "direction must be in [0, 11], got 99"),
        (("--direction", 0, "--strength", "nan"), "strength must be in [-1000, 1000] standard deviations, got nan"),
        (("--direction", 0, "--strength", "1e300"), "[-1000, 1000] standard deviations, got 1e+300"),
        (("--direction", 0, "--softness", 0.5), "shape an edit --at an azimuth, which is missing"),
        (("--direction", 0, "--layers", "9"), "layers must be like 2-5, from 0 to 4, got 9-9"),
        (("--sheet", 0), "--sheet must show from 1 to 12 directions, all that there are, got 0"),
        (("--sheet", 13), "--sheet must show from 1 to 12 directions, all that there are, got 13"),
        (("--sheet", 2, "--layers", "9"), "layers must be like 2-5, from 0 to 4, got 9-9"),
        (("--sheet", 2, "--at", 90), "--sheet 2 shows whole directions, in one go; leave --at out"),
        (("--sheet", 2, "--dry-run"), "in one go; leave --dry-run out"),
        (("--sheet", 2, "--resume", "--scheduler", "tcp://here:8786"), "in one go; leave --scheduler and --resume out"),
        (("--sheet", 2, "--strength", "nan"), "strength must be in [-1000, 1000] standard deviations, got nan"),
    ],
)
def test_impossible_requests_are_one_sentence(edit, tmp_path, options, message):
    result = edit(*options, tmp_path / "out.png")
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_sheet_of_what_is_transparent(edit, tmp_path):
    look = ("--projection", "perspective", "--fov", 150, "--outside", "transparent", "--height", 64)
    assert edit("--sheet", 1, *look, "--quiet", tmp_path / "sheet.png").exit_code == 0
    sheet = read(tmp_path / "sheet.png")
    assert sheet.shape == (64, 3 * 64 + 2 * 4, 4)
    assert sheet[0, 32, 3] == 0 and sheet[32, 32, 3] == 255 and (sheet[:, 64:68] == 255).all()


@pytest.mark.parametrize(
    ("file", "message"),
    [("sheet.exr", "OpenEXR holds light and this is a picture of 8 bits"), ("sheet.jpg", "JPEG holds no transparency")],
)
def test_a_sheet_that_no_file_holds_is_refused_first(edit, tmp_path, monkeypatch, file, message):
    monkeypatch.setattr(api.Panogen, "render", None)
    result = edit("--sheet", 1, "--projection", "perspective", "--outside", "transparent", tmp_path / file)
    assert (result.exit_code, message in result.output) == (2, True)


def test_more_directions_than_there_are_are_refused_first(edit, tmp_path, monkeypatch):
    monkeypatch.setattr(api.Panogen, "render", None)
    result = edit("--sheet", 99_999, tmp_path / "sheet.png")
    assert (result.exit_code, "all that there are, got 99999" in result.output) == (2, True)
