import json
import os
import time
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import JobError, UsageError
from panogen.data import Reading, open_source
from panogen.data.manifest import MARKED, NAME, read_manifest, write_manifest
from panogen.data.picture import examine
from panogen.data.scan import check_folder, current_manifest
from tests.data.helpers import exif, save


def reasons(manifest):
    return {entry.name: entry.reason for entry in manifest.entries}


@pytest.fixture
def mixed(tmp_path):
    """A folder of panoramas with all that is wrong for them."""
    for number in range(3):
        save(tmp_path / f"good{number}.png", seed=number)
    save(tmp_path / "square.png", (64, 64))
    save(tmp_path / "small.png", (16, 32))
    save(tmp_path / "turned.jpg", exif=exif(6))
    ramp = np.broadcast_to(np.linspace(0, 255, 128).astype(np.uint8)[None, :, None], (64, 128, 3))
    Image.fromarray(ramp.copy()).save(tmp_path / "open.png")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("not looked at")
    (tmp_path / "folder.png").mkdir()
    return tmp_path


def test_what_is_wrong_for_panoramas(mixed):
    steps = []
    manifest = check_folder(mixed, report=lambda *step: steps.append(step))
    assert (manifest.kind, manifest.judged) == ("panoramas", True)
    assert reasons(manifest) == {
        "good0.png": None,
        "good1.png": None,
        "good2.png": None,
        "square.png": "not 2:1 (64 x 64)",
        "small.png": "too small (32 x 16, at least 64 pixels wide)",
        "turned.jpg": "rotated by EXIF orientation 6",
        "open.png": "left and right edges do not meet (edge ratio 127.0, at most 4)",
        "empty.jpg": "empty file",
    }
    assert steps == [(k + 1, 8) for k in range(8)]


def test_the_same_files_as_photos(mixed):
    manifest = check_folder(mixed, Reading("photos", 50))
    assert {name for name, reason in reasons(manifest).items() if reason} == {"small.png", "empty.jpg"}
    assert reasons(manifest)["small.png"] == "too small (32 x 16, at least 64 pixels a side)"
    assert {entry.fov_deg for entry in manifest.usable} == {50.0}


def test_photos_know_their_field_of_view(tmp_path):
    save(tmp_path / "assumed.jpg", (64, 96))
    save(tmp_path / "phone.jpg", (64, 96), exif=exif(8, FocalLengthIn35mmFilm=28))
    manifest = check_folder(tmp_path)
    assert (manifest.kind, manifest.judged) == ("photos", True)
    told = {entry.name: (entry.width, entry.height, entry.fov_deg, entry.fov_from) for entry in manifest.entries}
    assert told == {
        "assumed.jpg": (96, 64, 60.0, "assumed (60 degrees)"),
        "phone.jpg": (64, 96, 65.47, "EXIF FocalLengthIn35mmFilm"),
    }
    write_manifest(tmp_path, manifest)
    given = open_source(str(tmp_path), Reading(photo_fov_deg=70)).manifest
    assert [(entry.fov_deg, entry.fov_from) for entry in given.entries] == [
        (70.0, "given"),
        (65.47, "EXIF FocalLengthIn35mmFilm"),
    ]
    assert open_source(str(tmp_path)).manifest == given  # it is remembered


def test_a_manifest_survives_the_disk(mixed):
    manifest = check_folder(mixed)
    write_manifest(mixed, manifest)
    assert read_manifest(mixed) == manifest
    files = json.loads((mixed / NAME).read_text())["files"]
    assert sum(file["usable"] for file in files) == 3
    assert not list(mixed.glob("*.part"))


def test_only_what_has_changed_is_read_again(mixed, monkeypatch):
    write_manifest(mixed, check_folder(mixed))
    read = []

    def look(folder, names, level):
        read.append(names[0])
        return examine(folder, names, level)

    monkeypatch.setattr("panogen.data.scan.examine", look)
    assert len(open_source(str(mixed))) == 3
    unusable = sorted(read)  # these are read each time: what stood in the way may be gone
    assert unusable == [entry.name for entry in read_manifest(mixed).skipped]
    save(mixed / "new.png", seed=9)
    save(mixed / "square.png", seed=8)
    (mixed / "good0.png").unlink()
    os.utime(mixed / "good1.png", ns=(1, 1))
    read.clear()
    source = open_source(str(mixed))
    assert sorted(set(read) - set(unusable)) == ["good1.png", "new.png"]
    assert [entry.name for entry in source.entries] == ["good1.png", "good2.png", "new.png", "square.png"]
    read.clear()
    assert open_source(str(mixed)).fingerprint() == source.fingerprint()
    assert sorted(read) == [entry.name for entry in source.manifest.skipped]
    read.clear()
    open_source(str(mixed), Reading("photos"))  # what was read for panoramas was judged for them
    assert sorted(read) == [entry.name for entry in source.manifest.entries]


def test_a_file_that_is_marked_by_hand_is_left_out(mixed):
    write_manifest(mixed, check_folder(mixed))
    content = json.loads((mixed / NAME).read_text())
    content["files"][2]["usable"] = False
    (mixed / NAME).write_text(json.dumps(content))
    source = open_source(str(mixed))
    assert len(source) == 2
    assert "marked as not usable in the manifest" in source.skipped.values()
    assert len(check_folder(mixed).usable) == 2  # the mark outlives a check


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.update(format=3),
        lambda content: content.update(kind="paintings"),
        lambda content: content.pop("files"),
        lambda content: content.update(files=[3]),
        lambda content: content["files"][0].update(width="wide"),
        lambda content: content["files"][0].update(bytes=True),
        lambda content: content["files"][0].update(fov_deg=float("nan")),
        lambda content: content["files"][0].pop("usable"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(mixed, change):
    write_manifest(mixed, check_folder(mixed))
    content = json.loads((mixed / NAME).read_text())
    change(content)
    (mixed / NAME).write_text(json.dumps(content))
    with pytest.raises(JobError, match=r"panogen-manifest.json: no manifest \(.*\); write it anew with"):
        open_source(str(mixed))
    assert len(check_folder(mixed).usable) == 3


def test_a_read_only_folder_is_trained_on_and_not_written_to(mixed):
    mixed.chmod(0o555)
    try:
        assert len(open_source(str(mixed))) == 3
        with pytest.raises(JobError, match=r"panogen-manifest.json: cannot be written: the folder is read-only"):
            write_manifest(mixed, check_folder(mixed))
        assert not (mixed / NAME).exists()
    finally:
        mixed.chmod(0o755)


def test_training_remembers_and_looking_does_not(mixed):
    open_source(str(mixed), remember=False)
    assert not (mixed / NAME).exists()
    open_source(str(mixed))
    assert read_manifest(mixed) == check_folder(mixed)


def test_bad_usage(tmp_path):
    with pytest.raises(UsageError, match="kind must be one of panoramas, photos, judged, got 'paintings'"):
        open_source(str(tmp_path), Reading("paintings"))
    with pytest.raises(UsageError, match=r"photo_fov_deg must be in \[1, 170\], or 0, got nan"):
        open_source(str(tmp_path), Reading(photo_fov_deg=float("nan")))
    with pytest.raises(JobError, match="cannot be read as a folder of pictures"):
        check_folder(tmp_path / "nowhere")


def test_an_interrupt_does_not_wait_for_the_rest(mixed):
    for number in range(40):
        save(mixed / f"more{number}.png", seed=number)
    read = []

    def interrupt(done, total):
        raise KeyboardInterrupt

    def look(folder, names, level):
        read.append(names[0])
        time.sleep(0.01)
        return examine(folder, names, level)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("panogen.data.scan.examine", look)
        with pytest.raises(KeyboardInterrupt):
            check_folder(mixed, report=interrupt)
    assert len(read) < 40


def test_subfolders_are_offered_and_taken(mixed):
    (mixed / "more" / "deep").mkdir(parents=True)
    (mixed / ".thumbnails").mkdir()
    save(mixed / "more" / "a.png", seed=20)
    save(mixed / "more" / "deep" / "b.jfif", seed=21, format="JPEG")
    save(mixed / ".thumbnails" / "good0.png")
    save(mixed / "._good0.png")
    manifest = check_folder(mixed)
    assert (len(manifest.usable), manifest.elsewhere, manifest.recursive) == (3, 2, False)
    all_of_it = check_folder(mixed, Reading(recursive=True))
    assert [entry.name for entry in all_of_it.usable][-2:] == ["more/a.png", "more/deep/b.jfif"]
    assert all_of_it.elsewhere == 0
    write_manifest(mixed, all_of_it)
    assert len(open_source(str(mixed))) == 5  # it is remembered
    assert len(open_source(str(mixed), Reading(recursive=False))) == 3
    (mixed / "more" / "empty.jpg").write_bytes(b"")
    assert {"empty.jpg", "more/empty.jpg"} <= open_source(str(mixed), Reading(recursive=True)).skipped.keys()


def test_a_check_reads_as_the_manifest_says(mixed):
    (mixed / "more").mkdir()
    save(mixed / "more" / "a.png", seed=20)
    said = check_folder(mixed, Reading("photos", 75, recursive=True, level=False))
    write_manifest(mixed, said)
    steps = []
    assert check_folder(mixed, report=lambda *step: steps.append(step)) == said
    assert steps[-1] == (9, 9)  # all of them are read anew
    assert len(check_folder(mixed, Reading("panoramas", recursive=False)).usable) == 3  # unless another is asked for


def test_a_check_judges_anew_what_was_judged(tmp_path):
    save(tmp_path / "a.png")
    write_manifest(tmp_path, check_folder(tmp_path))
    for number in range(2):
        save(tmp_path / f"photo{number}.png", (64, 96), seed=number)
    manifest = check_folder(tmp_path)
    assert (manifest.kind, manifest.judged) == ("photos", True)


def test_what_was_said_of_a_folder_is_taken_back(tmp_path):
    save(tmp_path / "sweep.png", (64, 192))  # longer than a camera's picture, and it closes
    save(tmp_path / "photo.png", (64, 96))
    save(tmp_path / "photo2.png", (64, 96), seed=2)
    judged = check_folder(tmp_path)
    assert (judged.kind, judged.judged, judged.entries[-1].sweep) == ("photos", True, True)
    for kind in ("panoramas", "photos"):
        write_manifest(tmp_path, judged)
        said = open_source(str(tmp_path), Reading(kind, 50)).manifest
        assert (said.kind, said.judged, said.photo_fov_deg) == (kind, False, 50)
        assert said == read_manifest(tmp_path) != judged
        assert open_source(str(tmp_path), Reading("judged")).manifest.photo_fov_deg == 50
        assert open_source(str(tmp_path), Reading("judged", 0)).manifest == judged == read_manifest(tmp_path)
        write_manifest(tmp_path, said)
        assert check_folder(tmp_path, Reading("judged", 0)) == judged


def test_an_empty_folder_offers_those_below(tmp_path):
    (tmp_path / "sub").mkdir()
    save(tmp_path / "sub" / "a.png")
    with pytest.raises(JobError, match="--recursive takes the 1 in its subfolders, too"):
        open_source(str(tmp_path))


def test_names_are_one_however_accents_are_written(tmp_path):
    composed, decomposed = "caf\u00e9.png", "cafe\u0301.png"
    save(tmp_path / composed)
    write_manifest(tmp_path, check_folder(tmp_path))
    content = json.loads((tmp_path / NAME).read_text())
    content["files"][0]["usable"] = False
    (tmp_path / NAME).write_text(json.dumps(content))
    (tmp_path / composed).rename(tmp_path / decomposed)  # as a copy to another system does
    assert check_folder(tmp_path).entries[0].reason == "marked as not usable in the manifest"
    (tmp_path / NAME).unlink()
    source = open_source(str(tmp_path))
    (tmp_path / decomposed).rename(tmp_path / composed)
    assert open_source(str(tmp_path)).fingerprint() == source.fingerprint()


@pytest.mark.parametrize("height", [62, 63, 64, 65, 66])
def test_a_pixel_or_two_off_is_a_panorama(tmp_path, height):
    save(tmp_path / "a.png", (10 * height, 1280))
    save(tmp_path / "b.png", (640 + height - 64, 1280))
    reason = {entry.name: entry.reason for entry in check_folder(tmp_path, Reading("panoramas")).entries}
    assert (reason["a.png"] is None) == (height == 64)
    assert reason["b.png"] is None


def test_what_is_black_is_said(tmp_path):
    pixels = np.random.default_rng(0).integers(40, 256, (128, 256, 3), np.uint8)
    y, x = np.mgrid[-1:1:128j, -1:1:128j]
    circle = np.hypot(x, y) < 0.98
    Image.fromarray(pixels * np.tile(circle, 2)[..., None].astype(np.uint8)).save(tmp_path / "raw.png")
    holed = pixels.copy()
    holed[30:90, 100:180] = 0
    Image.fromarray(holed).save(tmp_path / "holed.png")
    Image.fromarray(np.zeros_like(pixels)).save(tmp_path / "night.png")
    barred = pixels.copy()
    barred[:10], barred[-10:] = 0, 0
    Image.fromarray(barred).save(tmp_path / "barred.png")
    panoramas = reasons(check_folder(tmp_path, Reading("panoramas")))
    assert panoramas["night.png"].startswith("100% of it are flat black")
    assert panoramas["raw.png"] == "shows circles on black, as of a fisheye; stitch it to a panorama first"
    assert panoramas["holed.png"] == "13% of it are flat black, as of what was not taken; fill or cut it off"
    assert panoramas["barred.png"] is None
    photos = reasons(check_folder(tmp_path, Reading("photos")))
    assert photos["raw.png"] == panoramas["raw.png"]
    assert photos["barred.png"] == "has black bars (top 10, right 0, bottom 10, left 0 pixels); cut them off"
    assert photos["holed.png"] is None  # a photo may show something black


def test_a_manifest_of_before_is_made_anew_but_for_marks(mixed):
    write_manifest(mixed, check_folder(mixed))
    content = json.loads((mixed / NAME).read_text())
    content |= {"format": 1}
    for name in ("recursive", "level", "elsewhere"):
        del content[name]
    for file in content["files"]:
        for name in ("part", "sweep", "margins", "cube", "black", "note"):
            del file[name]
        file["usable"] = file["usable"] and file["name"] != "good1.png"
    (mixed / NAME).write_text(json.dumps(content))
    source = open_source(str(mixed))
    assert [entry.name for entry in source.entries] == ["good0.png", "good2.png"]
    assert read_manifest(mixed) == source.manifest


def test_two_names_that_differ_in_their_accents_alone_are_two_pictures(tmp_path):
    composed, apart = "caf\u00e9.png", "cafe\u0301.png"
    save(tmp_path / composed, seed=1)
    save(tmp_path / apart, (96, 192), seed=2)
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system takes them for one")
    manifest = check_folder(tmp_path)
    assert {(entry.name, entry.width) for entry in manifest.entries} == {(composed, 128), (apart, 192)}
    write_manifest(tmp_path, manifest)
    assert current_manifest(tmp_path) == manifest
    write_manifest(tmp_path, replace(manifest, entries=manifest.entries[:1]))  # the other is new
    assert current_manifest(tmp_path, remember=False) == manifest
    marked = [replace(entry, reason=MARKED) if entry.name == apart else entry for entry in manifest.entries]
    write_manifest(tmp_path, replace(manifest, entries=tuple(marked)))
    assert reasons(check_folder(tmp_path)) == {composed: None, apart: MARKED}
