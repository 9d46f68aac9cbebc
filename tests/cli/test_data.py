import json
import os

import numpy as np
import pytest
from PIL import Image

from panogen.data import Landscapes, open_source
from panogen.geometry import Cylinder
from tests.data.helpers import exif, save


def test_a_contact_sheet_of_places(panogen, tmp_path):
    for form in (("data", "show"), ("data",)):
        out = tmp_path / f"sheet{len(form)}.png"
        result = panogen(*form, "procedural:landscapes", out, "--count", 3, "--width", 64)
        assert result.exit_code == 0
        assert result.stdout == "procedural landscapes, seeds 0 to 2047; licence: CC0-1.0\n"
        with Image.open(out) as image:
            sheet = np.asarray(image)
        assert sheet.shape == (36, 132, 3)
        np.testing.assert_array_equal(sheet[20:, :64], Landscapes().band(2, 16, 64, Cylinder()))


def test_a_folder_and_what_is_wrong_with_it(panogen, panorama_folder, tmp_path):
    (panorama_folder / "broken.jpg").write_text("no")
    result = panogen("data", "show", panorama_folder, tmp_path / "sheet.jpg")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "2 panoramas of the folder panoramas (taken for panoramas by their shapes); "
        "licence: as of the folder's pictures",
        "skipped broken.jpg: not a picture that can be read",
    ]
    assert not list(panorama_folder.glob("*.json"))


def test_photos_are_shown_as_their_part_of_the_band(panogen, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    save(folder / "a.jpg", (100, 150))
    save(folder / "b.jpg", (150, 100))
    assert panogen("data", "show", folder, tmp_path / "sheet.png", "--width", 64).exit_code == 0
    source = open_source(str(folder))
    with Image.open(tmp_path / "sheet.png") as image:
        sheet = np.asarray(image)
    height = round(2 * source.chart.max_height * 64 / source.extent_rad(0))
    assert sheet.shape == (height, 2 * 64 + 4, 3)
    narrow = int(64 * source.extent_rad(1) / source.extent_rad(0))
    columns = np.flatnonzero((sheet[:, 68:] != 255).any((0, 2)))
    assert (columns[0], columns[-1] + 1) == ((64 - narrow) // 2, (64 - narrow) // 2 + narrow)


def test_check_panoramas(panogen, panorama_folder):
    (panorama_folder / "broken.jpg").write_text("no")
    save(panorama_folder / "square.png", (64, 64))
    result = panogen("data", "check", panorama_folder)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "skipped broken.jpg: not a picture that can be read",
        "skipped square.png: not 2:1 (64 x 64)",
        "2 of 4 pictures are usable as panoramas, as their shapes say",
    ]
    manifest = json.loads((panorama_folder / "panogen-manifest.json").read_text())
    assert (manifest["format"], manifest["kind"]) == (2, "panoramas")
    assert [(file["name"], file["usable"]) for file in manifest["files"]] == [
        ("0.png", True),
        ("1.png", True),
        ("broken.jpg", False),
        ("square.png", False),
    ]


def test_check_photos(panogen, tmp_path):
    save(tmp_path / "a.jpg", (64, 96))
    save(tmp_path / "b.jpg", (64, 96), exif=exif(FocalLengthIn35mmFilm=28))
    save(tmp_path / "tiny.jpg", (20, 30))
    result = panogen("data", "check", tmp_path, "--kind", "photos", "--photo-fov", 50)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "skipped tiny.jpg: too small (30 x 20, at least 64 pixels a side)",
        "2 of 3 pictures are usable as photos; field of view: 1 EXIF FocalLengthIn35mmFilm, 1 given",
        "2 of them fill the default chart, 33 degrees high",
    ]
    save(tmp_path / "flat.jpg", (64, 150))
    for number in range(9):
        save(tmp_path / f"c{number}.jpg", (64, 96))
    result = panogen("data", "check", tmp_path, "--photo-fov", 50)
    assert result.stdout.splitlines()[-2:] == [
        "11 of them fill the default chart, 33 degrees high",
        "skipped flat.jpg: only 22.5 degrees high, the chart has 33",
    ]


def test_of_a_folder_without_pictures_nothing_but_that_is_said(panogen, tmp_path):
    (tmp_path / "notes.txt").write_text("no picture")
    result = panogen("data", "check", tmp_path, "--quiet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "no file is called like a picture (.jpg, " in result.stderr
    assert result.stderr.endswith("; name another folder\n")
    (tmp_path / "more").mkdir()
    save(tmp_path / "more" / "a.png")
    result = panogen("data", "check", tmp_path, "--quiet")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.endswith("; --recursive takes the 1 in its subfolders, too\n")
    assert {path.name for path in tmp_path.iterdir()} == {"more", "notes.txt"}


def test_a_kind_and_a_field_of_view_are_taken_back(panogen, tmp_path):
    save(tmp_path / "a.png")  # 2:1
    looked = panogen("data", "check", tmp_path)
    before = (tmp_path / "panogen-manifest.json").read_bytes()
    said = panogen("data", "check", tmp_path, "--kind", "photos", "--photo-fov", 50)
    assert "1 of 1 pictures are usable as photos; field of view: 1 given" in said.stdout
    assert panogen("data", "check", tmp_path).stdout == said.stdout
    again = panogen("data", "check", tmp_path, "--kind", "judged", "--photo-fov", 0)
    assert (again.exit_code, again.stdout) == (0, looked.stdout)
    assert (tmp_path / "panogen-manifest.json").read_bytes() == before


def test_a_folder_with_nothing_usable_is_told_apart_and_fails(panogen, tmp_path):
    save(tmp_path / "square.png", (64, 64))
    result = panogen("data", "check", tmp_path, "--kind", "panoramas")
    assert result.exit_code == 1
    assert "skipped square.png: not 2:1 (64 x 64)\n0 of 1 pictures are usable as panoramas\n" in result.stdout
    assert "none of its 1 pictures is usable for panoramas (square.png: not 2:1 (64 x 64))" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ("procedural:seas", "{out}"),
            2,
            "data must be one of procedural:landscapes or a folder, got 'procedural:seas'",
        ),
        (("nowhere", "{out}"), 2, "data 'nowhere' is no folder"),
        (("{folder}", "{out}"), 1, "no file is called like a picture"),
        (("procedural:landscapes", "{out}", "--count", "0"), 2, "count must be at least 1, got 0"),
        (("procedural:landscapes", "{out}", "--width", "1"), 2, "width must be in [8, 8192] pixels, got 1"),
        (("procedural:landscapes", "{folder}/no/out.png"), 2, "does not exist; create it first"),
        (("show", "{folder}", "{out}", "--photo-fov", "200"), 2, "--photo-fov must be in [1, 170], or 0, got 200\n"),
        (("check", "nowhere"), 2, "Error: 'nowhere' is no folder; give a folder of panoramas or photos"),
        (("check", "{folder}", "--kind", "paintings"), 2, "'paintings' is not one of 'panoramas', 'photos', 'judged'"),
        (("check", "{folder}", "--photo-fov", "nan"), 2, "--photo-fov must be in [1, 170], or 0, got nan"),
    ],
)
def test_bad_usage_is_one_sentence(panogen, tmp_path, arguments, code, message):
    result = panogen("data", *(part.format(out=tmp_path / "out.png", folder=tmp_path) for part in arguments))
    assert result.exit_code == code
    assert message in result.stderr
    assert not list(tmp_path.iterdir())


def test_what_is_found_out_is_said_and_many_are_counted(panogen, panorama_folder):
    for number in range(12):
        (panorama_folder / f"broken{number:04d}.jpg").write_text("no")
    (panorama_folder / "more").mkdir()
    save(panorama_folder / "more" / "a.png")
    save(panorama_folder / "turned.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\2\0\0\0\4top\0\0\0\0\0")
    result = panogen("data", "check", panorama_folder)
    assert result.stdout.splitlines() == [
        *(f"skipped broken{number:04d}.jpg: not a picture that can be read" for number in range(5)),
        "skipped 12 pictures in all; the manifest that `panogen data check` writes says why of each",
        "noted turned.jpg: its EXIF orientation is 'top'",
        "3 of 15 pictures are usable as panoramas, as their shapes say",
        "not counted: pictures in subfolders (1); --recursive takes them, too",
    ]
    assert "4 of 16 pictures are usable" in panogen("data", "check", panorama_folder, "--recursive").stdout


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_play_no_tricks_on_a_terminal(panogen, panorama_folder, tmp_path):
    for name in (b"caf\xe9.jpg", b"two\n\x1b[31mlines.jpg"):
        (panorama_folder / os.fsdecode(name)).write_text("no picture")
    for line in (("check", panorama_folder), ("show", panorama_folder, tmp_path / "out.png")):
        result = panogen("data", *line)
        assert result.exit_code == 0
        for name in (r"caf\xe9.jpg", r"two\n\x1b[31mlines.jpg"):
            assert f"skipped {name}: not a picture" in result.stdout
