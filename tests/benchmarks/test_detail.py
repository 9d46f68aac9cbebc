"""Figures of detail at several scales, of a small model and small panoramas."""

import json
import shutil
from dataclasses import replace

import detail
import numpy as np
import places
import pytest
from click.testing import CliRunner
from PIL import Image

from panogen import load
from panogen.base.errors import UsageError
from panogen.data.folder import Folder
from panogen.grids.view import View
from panogen.metrics.layout import fixed_layout_share
from tests.evaluation.helpers import save, smooth_panorama

WIDTH = 300  # no multiple of a crop's side; its band has 75 rows


@pytest.fixture
def data(tmp_path):
    """Three panoramas 300 pixels wide and one of 256."""
    folder = tmp_path / "data"
    folder.mkdir()
    for seed in range(4):
        save(folder / f"place_{seed}.png", smooth_panorama(seed, 150 if seed < 3 else 128))
    return folder


@pytest.fixture
def few(monkeypatch):
    """So few seeds that a model is judged in no time."""
    for name, value in {"SEEDS": 3, "LAYOUT_SEEDS": 3, "SHEET_SEEDS": 3, "SHEET_WIDTH": 128}.items():
        monkeypatch.setattr(detail, name, value)


class Colours:
    """In place of the network of FID: mean colours and where they are."""

    dims = 12

    def features(self, crops, *, progress):
        progress(len(crops))
        return crops.reshape(len(crops), 2, 32, 2, 32, 3).mean((2, 4)).reshape(len(crops), 12).astype(np.float32)


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def judge(*arguments):
    return CliRunner().invoke(detail.main, [str(argument) for argument in arguments])


def test_crops_lie_within_the_band_and_all_around():
    found = np.array([place for number in range(200) for place in places.places(number, WIDTH)])
    assert found.shape == (200 * places.CROPS, 2)
    assert set(found[:, 0]) == set(range(75 - 64 + 1))
    assert found[:, 1].min() < 10
    assert found[:, 1].max() > 290
    assert places.places(7, WIDTH) == places.places(7, WIDTH) != places.places(8, WIDTH)
    assert {top for top, _ in places.places(0, places.NARROWEST)} == {0}


@pytest.mark.parametrize("look", [View(), View(truncation=0.5, supersample=2)])
def test_generated_crops_are_those_of_whole_pictures_to_the_bit(model_folder, look):
    shown = load(model_folder)
    lefts = [left for seed in range(3) for _, left in places.places(seed, WIDTH)]
    assert max(lefts) > WIDTH - places.SIDE  # across the seam
    bands = places.generated_bands(shown, WIDTH, 3, look)
    expected = [crop for seed, band in enumerate(bands) for crop in places.crops_of(band, seed)]
    np.testing.assert_array_equal(places.generated_crops(shown, WIDTH, 3, look), expected)
    np.testing.assert_array_equal(bands[1], shown.render(1, replace(look, width=WIDTH)))


def test_real_crops_lie_where_generated_ones_do(data, tmp_path):
    real = places.RealPlaces.open(data, None, tmp_path)
    crops = real.crops(WIDTH)
    assert crops.shape == (3 * places.CROPS, 64, 64, 3)
    top, left = places.places(2, WIDTH)[5]
    picture = pixels(data / "place_2.png")
    offset = (150 - 75) / 2  # rows above the band: half a pixel off, so two rows are averaged
    above = int(offset) + top
    rows = np.roll(picture, -left, 1)[above : above + 65, :64].astype(float)
    np.testing.assert_allclose(crops[-1], (rows[:-1] + rows[1:]) / 2, atol=0.51)


def test_panoramas_narrower_than_a_width_are_left_out(data, tmp_path):
    real = places.RealPlaces.open(data, None, tmp_path)
    assert [len(real.indices(width)) for width in (256, 257, 300, 301)] == [4, 3, 3, 0]


def test_names_choose_panoramas_and_tell_true_widths(data, tmp_path):
    names = tmp_path / "names.txt"
    names.write_text("place_2\n\n place_0.png, 256\nplace_3\n")
    real = places.RealPlaces.open(data, names, tmp_path)
    assert [entry.name for entry in real.source.entries] == ["place_0.png", "place_2.png", "place_3.png"]
    assert (real.indices(256), real.indices(300)) == ([0, 1, 2], [1])


@pytest.mark.parametrize("line", ["place_9", "place_1,wide", "place_1,-3"])
def test_a_line_that_names_nothing_is_refused(data, tmp_path, line):
    (tmp_path / "names.txt").write_text(f"place_2\n{line}\n")
    with pytest.raises(UsageError, match=rf"names.txt: a line must be NAME or NAME,WIDTH .* got '{line}'"):
        places.RealPlaces.open(data, tmp_path / "names.txt", tmp_path)


def test_the_real_side_is_made_once_for_the_same_files(data, tmp_path, monkeypatch):
    first = places.RealPlaces.open(data, None, tmp_path / "kept").crops(256)
    reads = []
    band = Folder.band
    monkeypatch.setattr(Folder, "band", lambda *given: reads.append(given) or band(*given))
    np.testing.assert_array_equal(places.RealPlaces.open(data, None, tmp_path / "kept").crops(256), first)
    assert reads == []
    save(data / "place_0.png", smooth_panorama(9, 150))
    assert (places.RealPlaces.open(data, None, tmp_path / "kept").crops(256) != first).any()


def test_halves_of_panoramas_share_none():
    crops = np.arange(5 * places.CROPS)
    one, other = detail.halves(crops)
    assert (set(one // places.CROPS), set(other // places.CROPS)) == ({0, 2, 4}, {1, 3})
    parts = detail.shared_halves(crops)
    assert sorted(np.concatenate(parts)) == crops.tolist()
    assert {len(part) for part in parts} == {15}


def test_too_little_fine_detail_is_told_in_decibels():
    noise = np.random.default_rng(0).normal(0, 20, (20, 64, 64, 1)).repeat(3, -1)
    figures = detail.spectrum(128 + noise / 2, 128 + noise)
    assert figures["finer_db"] == pytest.approx(20 * np.log10(1 / 2), abs=1e-6)
    assert figures["spectrum_db"] == pytest.approx(20 * np.log10(2), abs=1e-6)


def test_models_are_judged_by_all_figures(model_folder, data, tmp_path, few, monkeypatch):
    monkeypatch.setattr(detail, "load_network", lambda path: Colours())
    other = tmp_path / "other"
    shutil.copytree(model_folder, other)
    asked = ("--model", model_folder, "--model", other, "--data", data, "--inception", data / "place_0.png")
    asked += ("--widths", "300,256", "--cache", tmp_path / "kept", "--sheet", tmp_path / "sheet.png")
    result = judge(*asked, "--json", tmp_path / "first.json")
    assert result.exit_code == 0, result.output
    text = result.stdout.splitlines()
    assert [line.split()[:2] for line in text if line[:5].strip().isdecimal()] == [["256", "4"], ["300", "3"]] * 2
    assert text[1].split()[:4] == ["width", "real", "panoramas", "FID-12"]
    found = json.loads((tmp_path / "first.json").read_text())
    one, same = (found[str(folder)] for folder in (model_folder, other))
    assert one == same
    assert [one[width]["real_crops"] for width in ("256", "300")] == [24, 18]
    assert one["256"]["fid"] > one["256"]["real"]["fid"] > 0
    bands = places.generated_bands(load(other), 256, 3)
    assert one["layout"]["fixed_layout_share"] == fixed_layout_share(bands)
    for name in ("tiny", "other"):
        (path,) = tmp_path.glob(f"sheet-*-{name}.png")
        assert pixels(path).shape == (2 * 32 + 4, 2 * 128 + 4, 3)
    again = judge(*asked, "--json", tmp_path / "again.json")
    assert again.stdout == result.stdout
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "first.json").read_bytes()


def test_held_out_panoramas_are_judged_as_models_are(model_folder, data, tmp_path, few, monkeypatch):
    monkeypatch.setattr(detail, "load_network", lambda path: Colours())
    held_out = tmp_path / "held-out"
    held_out.mkdir()
    for seed in range(4, 7):
        save(held_out / f"place_{seed}.png", smooth_panorama(seed, 150))
    asked = ("--model", model_folder, "--data", data, "--inception", data / "place_0.png", "--widths", "256")
    found = {}
    for name, folder in {"others": held_out, "the same": data}.items():
        result = judge(*asked, "--held-out", folder, "--crops", 50, "--json", tmp_path / "figures.json")
        assert result.exit_code == 0, result.output
        figures = json.loads((tmp_path / "figures.json").read_text())
        assert list(figures) == [str(model_folder), "held out"]
        found[name] = figures["held out"]["256"]
        assert figures[str(model_folder)]["256"]["crops"] == 3 * 17  # of three seeds
    assert (found["others"]["crops"], found["others"]["real_crops"]) == (3 * 17, 4 * 13)
    assert found["others"]["fid"] > 1e-3
    assert found["the same"]["fid"] == pytest.approx(0, abs=1e-4)
    assert found["the same"]["spectrum_db"] == 0


def test_figures_are_left_out_where_others_are_asked_for(model_folder, data, few):
    result = judge("--model", model_folder, "--data", data, "--only", "layout")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[:2] == [str(model_folder), ""]
    assert "Fixed-layout share of 3 (4) panoramas" in result.stdout


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--widths", "128"], "must be like 256,1024, each at least 256, got '128'"),
        (["--widths", "many"], "must be like 256,1024, each at least 256, got 'many'"),
        (["--only", "fid,sharpness"], "must be among fid, spectrum, layout, got 'sharpness'"),
        (["--only", "fid"], "fid needs its network: --inception FILE"),
        (["--only", "spectrum", "--widths", "512"], "less than two panoramas are 512 pixels wide"),
        (["--only", "layout", "--sheet", "sheet.doc"], "must be one of .png"),
        (["--only", "layout", "--json", "nowhere/a.json"], "output folder 'nowhere' does not exist"),
    ],
)
def test_what_makes_no_sense_is_refused(model_folder, data, options, said):
    result = judge("--model", model_folder, "--data", data, *options)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())


def test_a_model_must_know_the_whole_band(flat_folder, data):
    result = judge("--model", flat_folder, "--data", data, "--only", "layout")
    assert result.exit_code == 2
    assert "flat: must show 90 degrees all around" in " ".join(result.output.split())
