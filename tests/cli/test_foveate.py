import json

import numpy as np
import pytest
from PIL import Image

from panogen import api
from panogen.base.records import to_json
from panogen.foveation import Acuity, Foveation
from panogen.geometry import Cylinder
from panogen.grids.view import View
from panogen.pictures.formats import read_request
from tests.cli.helpers import resolved


@pytest.fixture
def foveate(panogen, model_folder):
    return lambda *arguments: panogen("foveate", "--model", model_folder, "--size", "320x180", *arguments)


def read(path):
    with Image.open(path) as image:
        return np.asarray(image).astype(int), read_request(path) if b"xmpmeta" in path.read_bytes() else {}


def test_the_gaze_is_sharp_and_the_rest_is_cheap(foveate, model_folder, tmp_path):
    out = tmp_path / "out.png"
    result = foveate("--seed", 4, "--gaze", "20,-5", "--acuity", 0.3, out)
    assert result.exit_code == 0
    picture, made = read(out)
    how = Foveation((20.0, -5.0), mode=Acuity(0.3))
    assert (made["place"]["seed"], made["foveation"]) == (4, to_json(how))
    full = api.load(model_folder).render(4, View(width=320, height=180, projection="perspective")).astype(int)
    column = round(160 + 160 * np.tan(np.radians(20)))
    row = round(90 + 160 * np.tan(np.radians(5)) / np.cos(np.radians(20)))
    assert np.abs(picture - full)[row - 3 : row + 3, column - 3 : column + 3].max() == 0
    assert 0 < np.abs(picture - full).mean() < 5
    assert "samples, " in result.stderr and "of the pixels" in result.stderr


def test_everything_it_can_write(foveate, tmp_path):
    out, samples, sheet, report = (tmp_path / name for name in ("out.jpg", "map.png", "sheet.png", "report.json"))
    options = ("--budget", 0.05, "--samples", samples, "--compare", sheet, "--figures", report)
    result = foveate("--gaze-pixel", "10,170", *options, out)
    assert result.exit_code == 0
    figures = json.loads(report.read_text())["figures"]
    assert 0.04 < figures["share"] <= 0.05 and figures["samples"] == round(figures["share"] * 320 * 180)
    assert figures["times_faster"] == pytest.approx(figures["seconds_in_full"] / figures["seconds"])
    assert set(figures["ring_psnr_db"]) == {"0-5", "5-15", "15-30", ">30"}
    assert all(psnr is None or psnr > 20 for psnr in figures["ring_psnr_db"].values())
    assert "times as long" in result.stderr
    dots, _ = read(samples)
    assert 0.035 < (dots[..., 0] == 255).mean() <= 0.05 and dots[170, 10, 0] == 255
    assert read(sheet)[0].shape == (2 * 180 + 4, 2 * 320 + 4, 3)


@pytest.mark.parametrize("mode", ["acuity", "log-polar"])
def test_panoramas_are_foveated_across_the_seam(panogen, model_folder, tmp_path, mode):
    out = tmp_path / "out.png"
    options = ("--projection", "cylindrical", "--size", 256, "--gaze", "180,0", "--mode", mode, "--yaw", 30)
    assert panogen("foveate", "--model", model_folder, *options, out).exit_code == 0
    full = api.load(model_folder).render(0, View(width=256, yaw_deg=30.0)).astype(int)
    assert np.abs(read(out)[0] - full)[32, [0, 1, -2, -1]].max() == 0


@pytest.mark.parametrize("mode", ["acuity", "gaussian"])
def test_round_pictures_stay_black_beside_the_circle(panogen, model_folder, tmp_path, mode):
    out, samples = tmp_path / "out.png", tmp_path / "map.png"
    look = (
        "--projection",
        "fisheye",
        "--size",
        200,
        "--fov",
        80,
        "--gaze",
        "10,5",
        "--mode",
        mode,
        "--samples",
        samples,
    )
    assert panogen("foveate", "--model", model_folder, *look, out).exit_code == 0
    full = api.load(model_folder).render(0, View(width=200, projection="fisheye", fov_deg=80.0)).astype(int)
    picture, drawn = read(out)[0], read(samples)[0][..., 0] > 0
    offset = np.arange(200) - 99.5
    beside = np.hypot(offset, offset[:, None]) > 100
    assert picture.shape == (200, 200, 3) and not picture[beside].any() and not drawn[beside].any()
    assert np.abs(picture - full).mean() < 8


def test_the_paper_s_mode_draws_pixels(foveate, model_folder, tmp_path):
    out, samples = tmp_path / "out.png", tmp_path / "map.png"
    how = ("--size", "96x54", "--mode", "gaussian", "--budget", 0.2, "--samples", samples)
    assert foveate("--seed", 4, *how, out).exit_code == 0
    picture, made = read(out)
    assert (made["place"]["seed"], made["foveation"]["mode"]) == (4, {"kind": "gaussian", "share": 0.2, "seed": 0})
    full = api.load(model_folder).render(4, View(width=96, height=54, projection="perspective")).astype(int)
    drawn = read(samples)[0][..., 0] == 255
    assert drawn.mean() == pytest.approx(0.2, abs=1e-4)
    assert np.abs(picture - full)[drawn].max() == 0


@pytest.mark.parametrize("mode", [("acuity", "--acuity", 0.1), ("log-polar",), ("gaussian", "--budget", 0.5)])
@pytest.mark.parametrize("outside", ["edge", "mirror"])
def test_what_lies_beyond_the_model_is_as_in_the_full_picture(foveate, model_folder, tmp_path, mode, outside):
    out, samples = tmp_path / "out.png", tmp_path / "map.png"
    look = ("--size", "160x90", "--fov", 120, "--pitch", 40, "--gaze", "0,10")  # a fifth of it and more is beyond
    result = foveate(*look, "--outside", outside, "--mode", *mode, "--samples", samples, out)
    assert (result.exit_code, "is black" in result.stderr) == (0, False)
    view = View(160, 90, "perspective", pitch_deg=40.0, fov_deg=120.0)
    render, other = api.load(model_folder).render, {"edge": "mirror", "mirror": "edge"}[outside]
    shown, another, black = (render(0, view, outside=one).astype(int) for one in (outside, other, "black"))
    picture, made = read(out)
    beyond = ~black.any(2)
    assert (beyond.mean() > 0.2, made["view"]["outside"]) == (True, outside)
    error, wrong = (np.abs(picture - one)[beyond].mean() for one in (shown, another))
    assert error < 10 and error < wrong / 2
    drawn = read(samples)[0][..., 0] > 0
    row, column = 45 - round(80 / np.tan(np.radians(60)) * np.tan(np.radians(10))), 80
    exact = drawn if mode[0] == "gaussian" else np.s_[row - 1 : row + 2, column - 1 : column + 1]
    np.testing.assert_array_equal(picture[exact], shown[exact])
    if outside == "edge":
        assert "% of the picture lies beyond the 90 degrees" in foveate(*look, out).stderr


def test_a_foveated_picture_is_opaque(foveate, model_folder, tmp_path):
    result = foveate("--outside", "transparent", tmp_path / "out.png")
    assert (result.exit_code, "'transparent' is not one of 'black', 'edge', 'mirror'" in result.stderr) == (2, True)
    with pytest.raises(
        api.UsageError, match="outside of a foveated picture must be one of black, edge, mirror, got 't"
    ):
        api.load(model_folder).foveate(width=64, outside="transparent")


def test_equal_rings_are_null(foveate, tmp_path):
    report = tmp_path / "report.json"
    result = foveate("--size", "32x18", "--figures", report, tmp_path / "out.png")
    figures = json.loads(report.read_text())["figures"]  # so coarse that every pixel is computed
    assert (figures["share"], figures["whole"], set(figures["ring_psnr_db"].values())) == (1, True, {None})
    assert "576 samples, 100.0% of the pixels, the picture in full" in result.stderr


def test_a_small_picture_is_computed_in_full_rather_than_more_than_that(panogen, model_folder, tmp_path):
    # Before, 5292 samples of 5184 pixels.
    look = ("--size", "96x54", "--fov", 20, "--gaze", "8,3", tmp_path / "out.png")
    result = panogen("foveate", "--model", model_folder, *look)
    assert "5184 samples, 100.0% of the pixels, the picture in full" in result.stderr
    assert panogen("foveate", "--model", model_folder, "--size", "320x180", *look[2:]).stderr.count("in full") == 0


def test_a_display_of_its_own_width(foveate, tmp_path):
    shares = []
    for fov in (90, 30):
        report = tmp_path / "report.json"
        assert foveate("--display-fov", fov, "--figures", report, tmp_path / "out.png").exit_code == 0
        shares.append(json.loads(report.read_text())["figures"]["share"])
    assert shares[1] > shares[0]  # nearer the centre of the gaze, all of it


def test_dry_run_resolves_and_does_nothing(foveate, tmp_path):
    result = foveate("--gaze-pixel", "160,90", "--budget", 0.1, "--dry-run", tmp_path / "out.png")
    about = resolved(result, tmp_path / "out.png")["foveation"]
    assert about["mode"]["slope"] > 0.022 and about["gaze_pixel"] == [160, 90]
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--gaze", "20"), "must be two numbers like 20,-5, got '20'"),
        (("--gaze", "20,-5", "--gaze-pixel", "3,4"), "the gaze is in degrees or a pixel, got both"),
        (("--gaze", "60,0"), "gaze must meet the picture, got 60, 0 degrees"),
        (("--gaze", "nan,0"), "gaze must be degrees right and up"),
        (("--gaze-pixel", "320,0"), "gaze must be a pixel of the picture, 320 x 180, got 320, 0"),
        (("--size", "320by180"), "must be like 1920x1080, got '320by180'"),
        (("--size", "0x10"), "width must be in [1, 1000000] pixels, got 0"),
        (("--acuity", 0), "acuity must be in (0, 1]"),
        (("--acuity", 0.1, "--budget", 0.1), "--acuity 0.1 goes with --mode acuity and without --budget"),
        (("--acuity", 0.1, "--mode", "log-polar"), "--acuity 0.1 goes with --mode acuity"),
        (("--budget", 0), "budget must be in (0, 1] of the pixels, got 0"),
        (("--budget", 0.00001), "budget must be at least 0.0"),
        (("--contrast", -1), "contrast must be in [0, 4], got -1"),
        (("--contrast", 1, "--mode", "gaussian"), "contrast is for samples on rings, not for mode gaussian, got 1"),
        (("--display-fov", 200), "--display-fov must be in (0, 180), got 200"),
        (("--samples", "map.gif"), "suffix of 'map.gif' must be one of"),
        (("--figures", "none/report.json"), "none"),
    ],
)
def test_impossible_requests_are_one_sentence(foveate, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    result = foveate(*options, "out.png")
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(tmp_path.glob("out*"))


def test_light_is_refused_before_anything_is_computed(foveate, tmp_path, monkeypatch):
    monkeypatch.setattr(api.Panogen, "foveate", None)
    for options in ((tmp_path / "out.exr",), ("--samples", tmp_path / "map.exr", tmp_path / "out.png")):
        result = foveate(*options)
        assert (result.exit_code, "OpenEXR holds light" in result.output) == (2, True)


def test_points_of_a_file_are_foveated(panogen, model_folder, tmp_path):
    view = View(width=64, height=32, projection="perspective")
    grid = view.grid(api.load(model_folder).model.chart)
    np.save(tmp_path / "points.npy", grid.directions(0, len(grid)).reshape(32, 64, 3))
    out = tmp_path / "out.png"
    result = panogen("foveate", "--model", model_folder, "--points", tmp_path / "points.npy", out)
    assert result.exit_code == 0, result.output
    assert read(out)[0].shape == (32, 64, 3)
    for options in (("--width", 128), ("--size", "128x32")):
        result = panogen("foveate", "--model", model_folder, "--points", tmp_path / "points.npy", *options, out)
        assert (result.exit_code, "width must be the 64 columns of" in result.stderr) == (2, True)


@pytest.mark.parametrize("options", [("--size", "64x36", "--budget", 0.2), ("--size", "2x2"), ("--size", "1x1")])
def test_log_polar_pictures_of_few_pixels(panogen, model_folder, tmp_path, options):
    how = ("--mode", "log-polar", *options, tmp_path / "out.png")
    result = panogen("foveate", "--model", model_folder, *how)
    assert result.exit_code == 0, result.output
    columns, rows = map(int, options[1].split("x"))
    assert read(tmp_path / "out.png")[0].shape == (rows, columns, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--samples", "out.png"), "--samples needs a file of its own, got 'out.png', which is OUT, too"),
        (("--compare", "a.png", "--figures", "a.png"), "--figures needs a file of its own, got 'a.png', which is --"),
        (("--figures", "-"), "--figures writes a file beside OUT, got -, which is stdout"),
    ],
)
def test_each_file_has_a_name_of_its_own(foveate, tmp_path, monkeypatch, options, message):
    monkeypatch.chdir(tmp_path)
    result = foveate(*options, "out.png")
    assert (result.exit_code, message in " ".join(result.stderr.split())) == (2, True)
    assert not list(tmp_path.glob("*.png"))


@pytest.mark.parametrize("projection", ["cylindrical", "equirectangular", "cubemap", "little-planet"])
def test_what_is_no_lens_view_has_its_natural_size(panogen, model_folder, tmp_path, projection):
    out = tmp_path / "out.png"
    result = panogen("foveate", "--model", model_folder, "--projection", projection, "--dry-run", out)
    natural = View(projection=projection).grid(Cylinder()).shape
    assert resolved(result, out)["pixels"] == [*natural[::-1]]


def test_width_and_height_are_the_two_numbers_of_a_size(panogen, model_folder, tmp_path):
    for name, options in {"one": ("--width", 64, "--height", 36), "two": ("--size", "64x36")}.items():
        assert panogen("foveate", "--model", model_folder, *options, tmp_path / f"{name}.png").exit_code == 0
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
    none = panogen("foveate", "--width", 0, tmp_path / "none.png")
    assert (none.exit_code, "width must be in [1, 1000000] pixels, got 0" in none.stderr) == (2, True)
    both = panogen("foveate", "--size", "64x36", "--width", 64, tmp_path / "both.png")
    assert (both.exit_code, "leave --width and --height out" in both.stderr) == (2, True)
