import errno
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import panogen as api
from panogen.cli.main import main
from panogen.grids.view import View
from panogen.places import Mix, Seed
from panogen.request import Request
from tests.cli.helpers import resolved
from tests.run.helpers import NOTED, begin, killed_before, needs_signals


@pytest.fixture
def render(panogen, model_folder):
    return lambda *arguments: panogen("render", "--model", model_folder, *arguments)


def test_one_picture(render, model_folder, tmp_path):
    result = render("--seed", 4, "--width", 64, tmp_path / "out.png")
    assert result.exit_code == 0
    assert result.output == ""
    with Image.open(tmp_path / "out.png") as image:
        np.testing.assert_array_equal(np.asarray(image), api.load(model_folder).render(4, View(width=64)))


def test_several_pictures(render, model_folder, tmp_path):
    result = render("--seeds", "0,4-5", "--outdir", tmp_path, "--width", 32)
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["seed0000.png", "seed0004.png", "seed0005.png"]
    with Image.open(tmp_path / "seed0005.png") as image:
        np.testing.assert_array_equal(np.asarray(image), api.load(model_folder).render(5, View(width=32)))


def test_several_pictures_of_another_format(render, tmp_path):
    assert render("--seeds", "4", "--outdir", tmp_path, "--width", 32, "--format", "tif").exit_code == 0
    assert render("--yaw-sweep", "2", "--outdir", tmp_path, "--width", 32, "--format", "jpg").exit_code == 0
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["seed0004.tif", "turn000000.jpg", "turn000001.jpg"]
    with Image.open(tmp_path / "seed0004.tif") as image:
        assert image.format == "TIFF"


def test_options_reach_the_picture(render, model_folder, tmp_path):
    out = tmp_path / "out.png"
    options = "--projection perspective --width 40 --height 30 --yaw 20 --pitch 5 --roll 3 --fov 60 --truncation 0.6"
    assert render(*options.split(), "--seed", 2, out).exit_code == 0
    view = View(40, 30, "perspective", yaw_deg=20.0, pitch_deg=5.0, roll_deg=3.0, fov_deg=60.0, truncation=0.6)
    expected = api.load(model_folder).render(2, view)
    with Image.open(out) as image:
        np.testing.assert_array_equal(np.asarray(image), expected)


def test_a_tolerance_says_what_it_saved(render, tmp_path):
    out = tmp_path / "out.png"
    result = render("--width", 1024, "--tolerance", 4, out)
    (share,) = re.findall(r"(?:^|\r)the network computed ([\d.]+)% of the samples$", result.stderr, re.M)
    assert 0 < float(share) < 100
    assert Request.read(out).view.tolerance == 4
    assert "computed" not in render("--width", 64, "--tolerance", 4, "--quiet", out).stderr
    assert "computed" not in render("--width", 64, out).stderr


def test_a_dry_run_says_what_it_would_do(render, tmp_path):
    result = render("--seed", 4, "--width", 64, "--dry-run", tmp_path / "out.png")
    request = resolved(result, tmp_path / "out.png")
    assert request["pixels"] == [64, 16]
    assert Request.from_json(
        {name: request[name] for name in request if name not in ("pixels", "fov_deg")}
    ).place == Seed(4)
    assert not (tmp_path / "out.png").exists()
    result = render("--projection", "perspective", "--dry-run", tmp_path / "out.png")
    assert resolved(result, tmp_path / "out.png")["fov_deg"] == 90


def test_a_width_that_is_not_given_suits_the_projection(render, tmp_path):
    for projection, shape in {"cubemap": (256, 1536), "perspective": (576, 1024)}.items():
        result = render("--projection", projection, "--dry-run", tmp_path / "out.png")
        assert resolved(result, tmp_path / "out.png")["pixels"] == [*shape[::-1]]
    faces = json.loads(render("--faces", "letters", "--dry-run", tmp_path / "out.png").stdout)
    assert {tuple(face["pixels"]) for face in faces.values()} == {(1024, 1024)}


def test_black_parts_are_spoken_of_unless_quiet(render, tmp_path):
    options = ("--projection", "perspective", "--fov", 150, "--width", 32, tmp_path / "out.png")
    assert "lies beyond the 90 degrees that" in render(*options).stderr
    assert render("--quiet", *options).stderr == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--width 0 {out}", "width must be in [1, 1000000] pixels, got 0"),
        ("--width -1 {out}", "width must be in [1, 1000000] pixels, got -1"),
        ("--width 3.5 {out}", "'3.5' is not a valid integer"),
        ("--width 2147483648 {out}", "width must be in [1, 1000000] pixels, got 2147483648"),
        ("--width 64 --height 17 {out}", "height must be 16 for a cylindrical picture"),
        ("--width 64 --height 33 --projection equirectangular {out}", "height must be even and at most 32"),
        ("--height 0 --projection perspective {out}", "height must be in [1, 1000000] pixels, got 0"),
        ("--yaw nan {out}", "--yaw must be a finite number of degrees, got nan"),
        ("--pitch inf {out}", "--pitch must be a finite number of degrees, got inf"),
        ("--roll -inf {out}", "--roll must be a finite number of degrees, got -inf"),
        ("--pitch 91 {out}", "--pitch must be in [-90, 90], got 91; to look behind, add 180 to --yaw"),
        ("--projection perspective --fov 0 {out}", "--fov must be in (0, 180), got 0"),
        ("--projection perspective --fov 180 {out}", "--fov must be in (0, 180), got 180"),
        ("--projection perspective --fov 200 {out}", "--fov must be in (0, 180), got 200; for wider views use"),
        ("--projection perspective --fov nan {out}", "--fov must be in (0, 180), got nan"),
        ("--fov 60 {out}", "--fov has no meaning for projection cylindrical, got 60"),
        ("--seed -1 {out}", "seed must be in [0, 4294967295], got -1"),
        ("--seed 18446744073709551616 {out}", "seed must be in [0, 4294967295], got 18446744073709551616"),
        ("--seeds 0-a --outdir {folder}", "seeds must be numbers and ranges like 0,1,4-6, got '0-a'"),
        ("--mix-seed 3 --mix-from 5 {out}", "--mix-from must be in [0, 4], got 5; the second place takes over there"),
        ("--seeds 1 {out}", "--seeds goes with --outdir alone"),
        ("--seed 1", "one picture goes to OUT"),
        ("--truncation nan {out}", "truncation must be in [-2, 2], got nan"),
        ("--projection flat {out}", "'flat' is not one of 'cylindrical', 'equirectangular', "),
        ("--device cuda:99 {out}", "device must be one of"),
        ("--device toaster {out}", "device must be one of cpu"),
        ("--device meta {out}", "device must be one of cpu"),
        ("{folder}/" + 300 * "x" + ".png", "cannot be written: File name too long"),
        (
            "{folder}/out.gif",
            "must be one of .png, .jpg, .jpeg, .webp, .avif, .tif, .tiff, .exr, got '.gif'",
        ),
        ("--width 65600 --height 100 --projection equirectangular {folder}/out.jpg", "JPEG holds at most 65500 pixels"),
        ("{folder}/missing/out.png", "does not exist; create it first"),
        ("--supersample 0 {out}", "supersample must be in [1, 16], got 0"),
        ("--supersample 17 {out}", "supersample must be in [1, 16], got 17"),
        ("--outside blue {out}", "'blue' is not one of 'black', 'transparent', 'edge', 'mirror'"),
        ("--yaw-sweep 4 {out}", "--yaw-sweep goes with --outdir alone"),
        ("--yaw-sweep 0 --outdir {folder}", "--yaw-sweep must be in [1, 1000000] frames, got 0"),
        ("--yaw-sweep 4 --seeds 1,2 --outdir {folder}", "a turn shows one place, got --seeds and --yaw-sweep"),
        ("--seeds 1,2 --seed 3 --outdir {folder}", "--seeds 1,2 says which places to render; leave --seed and"),
        ("--width 20000 {folder}/out.webp", "WebP holds at most 16383 pixels a side, got 20000 x 5000; use .tif or"),
        ("--colour red {out}", "No such option: --colour"),
    ],
)
def test_bad_usage_is_one_sentence(render, tmp_path, arguments, message):
    before = set(tmp_path.iterdir())
    result = render(*arguments.format(out=tmp_path / "out.png", folder=tmp_path).split())
    assert result.exit_code == 2
    (sentence,) = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert message in sentence.replace("No such option '--colour'.", "No such option: --colour")
    assert "Traceback" not in result.output
    assert set(tmp_path.iterdir()) == before


def test_unknown_model(panogen, tmp_path):
    result = panogen("render", "--model", "nowhere", tmp_path / "out.png")
    assert result.exit_code == 2
    assert "or the folder of a model or a run, got 'nowhere'" in result.stderr


def test_a_folder_that_is_no_model(panogen, tmp_path):
    result = panogen("render", "--model", tmp_path, tmp_path / "out.png")
    assert result.exit_code == 2
    assert f"got '{tmp_path}', a folder without its config.json" in result.stderr


def test_a_read_only_folder(render, tmp_path, monkeypatch):
    # Tests may run as root, who may write anywhere: the refusal is the system's own error, raised by hand.
    def refuse(**options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    result = render("--width", 64, tmp_path / "out.png")
    assert result.exit_code == 2
    assert "cannot be written: Permission denied" in result.stderr


def render_within(size: int, told: Path, *arguments: object) -> None:
    """Render in this process where files may have so many bytes."""
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    sys.stderr = told.open("w")
    main(["render", *map(str, arguments)])


@pytest.mark.skipif(os.name == "nt", reason="no file size limit there")
def test_a_file_that_the_system_cuts_short(model_folder, tmp_path):
    out = tmp_path / "out.png"
    told = tmp_path / "told"
    process = begin(render_within, 4096, told, "--model", model_folder, "--width", 256, out)
    process.join()
    assert process.exitcode == 1
    assert f"Error: {out}: cannot be written: File too large" in told.read_text()
    assert not list(tmp_path.glob("*out*"))


@pytest.mark.parametrize("value", ["1e20", "-360000000036", "1e308"])
def test_yaw_is_taken_modulo_a_turn(render, tmp_path, value):
    assert render("--width", 32, "--yaw", value, tmp_path / "out.png").exit_code == 0


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_full_disk(render, tmp_path, monkeypatch, suffix):
    out = tmp_path / f"out.{suffix}"
    out.write_bytes(b"before")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    result = render("--width", 64, out)
    assert result.exit_code == 1
    assert f"Error: {out}: cannot be written: No space left on device" in result.stderr
    assert out.read_bytes() == b"before"
    assert len(list(tmp_path.glob("*out*"))) == 1


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_from_a_picture_gives_the_same_bytes(render, panogen, tmp_path, suffix):
    one, two = tmp_path / f"one.{suffix}", tmp_path / f"two.{suffix}"
    view = "--projection perspective --width 40 --height 30 --yaw 20 --fov 60 --truncation 0.6 --supersample 2"
    assert render(*view.split(), "--seed", 2, "--mix-seed", 5, one).exit_code == 0
    assert render("--from", one, two).exit_code == 0
    assert one.read_bytes() == two.read_bytes()


def test_from_a_picture_with_changes(render, model_folder, tmp_path):
    render("--seed", 2, "--width", 64, "--yaw", 20, tmp_path / "one.png")
    result = render("--from", tmp_path / "one.png", "--width", 32, tmp_path / "two.png")
    assert result.exit_code == 0
    with Image.open(tmp_path / "two.png") as image:
        np.testing.assert_array_equal(np.asarray(image), api.load(model_folder).render(2, View(width=32, yaw_deg=20.0)))


def test_from_a_picture_of_another_place(render, tmp_path):
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert render("--seed", 3, "--layout", 5, "--width", 48, "--yaw", 20, one).exit_code == 0
    assert render("--from", one, "--seed", 9, two).exit_code == 0
    before, after = Request.read(one), Request.read(two)
    assert after == replace(before, place=Seed(9))


@pytest.mark.parametrize(
    ("changes", "size"),
    [
        ((), (48, 24)),
        (("--width", 96), (96, 48)),
        (("--height", 12), (24, 12)),
        (("--width", 96, "--height", 9), (96, 9)),
    ],
)
def test_from_a_picture_of_another_size_it_has_the_same_shape(render, tmp_path, changes, size):
    one, two = tmp_path / "one.png", tmp_path / "two.png"
    assert render("--projection", "perspective", "--width", 48, "--height", 24, one).exit_code == 0
    assert render("--from", one, *changes, two).exit_code == 0
    with Image.open(two) as picture:
        assert picture.size == size
    assert render("--from", one, "--projection", "cylindrical", two).exit_code == 0
    with Image.open(two) as picture:
        assert picture.size == (48, 12)


def test_from_a_picture_with_another_layout(render, tmp_path):
    one, two, three = (tmp_path / f"{name}.png" for name in ("one", "two", "three"))
    assert render("--seed", 2, "--layout", 7, "--mix-seed", 5, "--width", 64, one).exit_code == 0
    assert Request.read(one).place == Mix(Seed(2, layout=7), Seed(5))
    assert render("--from", one, "--layout", 8, two).exit_code == 0
    assert Request.read(two).place == Mix(Seed(2, layout=8), Seed(5, layout=8))
    assert render("--from", two, three).exit_code == 0
    assert three.read_bytes() == two.read_bytes()
    assert render("--seed", 2, "--layout", 7, "--width", 64, one).exit_code == 0
    assert render("--from", one, "--layout", 2, two).exit_code == 0
    assert Request.read(two).place == Seed(2)


def test_from_what_is_no_picture_of_ours(render, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "one.png")
    result = render("--from", tmp_path / "one.png", tmp_path / "two.png")
    assert result.exit_code == 2
    assert "does not say how it was made" in result.stderr


def test_a_turn(render, model_folder, tmp_path):
    assert render("--seed", 3, "--width", 48, "--yaw", 30, "--yaw-sweep", 4, "--outdir", tmp_path).exit_code == 0
    whole = api.load(model_folder).render(3, View(width=48, yaw_deg=30.0))
    for frame in range(4):  # a quarter of the circle is 12 columns
        with Image.open(tmp_path / f"turn{frame:06d}.png") as image:
            np.testing.assert_array_equal(np.asarray(image), np.roll(whole, -12 * frame, 1))


def test_outside_transparent_in_formats_that_can(render, tmp_path):
    view = ("--projection", "equirectangular", "--width", 64, "--height", 32, "--outside", "transparent")
    assert render(*view, tmp_path / "out.png").exit_code == 0
    with Image.open(tmp_path / "out.png") as image:
        alpha = np.asarray(image)[..., 3]
    assert (alpha[:8] == 0).all()
    assert (alpha[8:24] == 255).all()
    result = render(*view, tmp_path / "out.jpg")
    assert result.exit_code == 2
    assert "JPEG holds no transparency; use .png" in result.stderr


def in_small_blocks(patch):
    """Have pictures made in many blocks."""
    patch.setattr("panogen.rendering.pixels.STRIP", 2**10)
    patch.setattr("panogen.rendering.pixels.BLOCK_COLUMNS", 32)


def half_done(render, out, monkeypatch):
    """Interrupt a render after its first block."""
    from panogen.pictures.canvas.canvas import Canvas

    put, blocks = Canvas.put, []

    def put_one(canvas, *block):
        put(canvas, *block)
        blocks.append(canvas)
        raise KeyboardInterrupt

    in_small_blocks(monkeypatch)
    with monkeypatch.context() as patch:
        patch.setattr(Canvas, "put", put_one)
        result = render("--seed", 4, "--width", 256, out)
    assert result.exit_code == 130
    assert f"{out}: nothing is lost, --resume goes on with it" in result.stderr
    return blocks[0]


def test_an_interrupted_picture_is_resumed(render, model_folder, tmp_path, monkeypatch):
    out = tmp_path / "out.png"
    out.write_bytes(b"before")
    canvas = half_done(render, out, monkeypatch)
    assert out.read_bytes() == b"before"
    assert len(canvas.missing) == len(canvas.blocks) - 1 > 5
    result = render("--seed", 4, "--width", 256, out)
    assert result.exit_code == 2
    assert "has been begun: --resume goes on with it" in result.stderr
    result = render("--seed", 5, "--width", 512, "--resume", out)
    assert result.exit_code == 2
    assert "place.seed was 4, not 5, view.width was 256, not 512" in result.stderr
    assert render("--seed", 4, "--width", 256, "--resume", out).exit_code == 0
    with Image.open(out) as image:
        np.testing.assert_array_equal(np.asarray(image), api.load(model_folder).render(4, View(width=256)))
    assert not list(tmp_path.glob("*out.png.*"))


def test_a_true_cylinder_has_a_file_beside_it(render, tmp_path):
    assert render("--projection", "cylindrical-central", "--width", 64, tmp_path / "out.png").exit_code == 0
    beside = json.loads((tmp_path / "out.png.json").read_text())
    assert (beside["profile"], beside["width"], beside["request"]["place"]["seed"]) == ("central", 64, 0)
    assert render("--width", 64, tmp_path / "band.png").exit_code == 0
    assert not (tmp_path / "band.png.json").exists()


def render_on(*arguments):
    with pytest.MonkeyPatch.context() as patch:
        in_small_blocks(patch)
        main(["render", *map(str, arguments)])


@needs_signals
@pytest.mark.parametrize("model", ["model_folder", "octaves_folder"])
def test_killed_and_resumed_it_is_the_same_to_the_byte(panogen, request, tmp_path, model):
    out, journal = tmp_path / "out.png", tmp_path / "out.png.journal"
    arguments = ("--model", request.getfixturevalue(model), "--width", 512, "--quiet")
    assert panogen("render", *arguments, tmp_path / "whole.png").exit_code == 0

    for number in (3, 6):  # calls of it by a resumed render check what is there, as many as there are lines
        killed_before(NOTED, number, render_on, *arguments, "--resume", out)
        assert len(journal.read_text().splitlines()) == number  # the first one names the request
    process = begin(render_on, *arguments, "--resume", out)
    process.join()
    assert process.exitcode == 0
    assert out.read_bytes() == (tmp_path / "whole.png").read_bytes()
    assert not list(tmp_path.glob("*out.png.*"))


def test_the_folder_of_several_is_made_with_its_parents(render, tmp_path):
    folder = tmp_path / "not" / "yet" / "there"
    line = ("--seeds", "4,9", "--width", 32, "--outdir", folder)
    assert str(folder / "seed0004.png") in json.loads(render(*line, "--dry-run").stdout)
    assert not (tmp_path / "not").exists()
    assert render(*line).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["seed0004.png", "seed0009.png"]
    (tmp_path / "link").symlink_to(folder)
    assert render(*line[:-1], tmp_path / "link").exit_code == 0


def test_another_projection_has_a_field_of_view_of_its_own(panogen, model_folder, tmp_path):
    before, after = tmp_path / "before.png", tmp_path / "after.png"
    options = ("--projection", "perspective", "--fov", 80, "--width", 64)
    assert panogen("render", "--model", model_folder, *options, before).exit_code == 0
    for change in (("--projection", "cylindrical"), ("--projection", "fisheye", "--fov", 120)):
        assert panogen("render", "--from", before, "--model", model_folder, *change, after).exit_code == 0
    assert Request.read(after).view.fov_deg == 120
    assert panogen("render", "--from", before, "--model", model_folder, "--yaw", 10, after).exit_code == 0
    assert Request.read(after).view.fov_deg == 80
