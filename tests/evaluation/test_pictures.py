import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from panogen.api import load
from panogen.base.errors import JobError, UsageError
from panogen.evaluation.pictures import PictureEvaluation, PictureFolder
from panogen.grids.view import View
from panogen.metrics.seam import seam_ratio
from tests.evaluation.helpers import hard_seam, save, smooth_panorama
from tests.metrics.adversarial import duplicated_seam, mirrored_half


@pytest.fixture
def folder(tmp_path):
    """Three good panoramas, one for each fault, and files that cannot be judged."""
    folder = tmp_path / "peers"
    folder.mkdir()
    for seed in range(3):
        save(folder / f"good{seed}.png", smooth_panorama(seed))
    for number, fault in enumerate((hard_seam, duplicated_seam, mirrored_half)):
        save(folder / f"{fault.__name__}.png", fault(smooth_panorama(10 + number)))
    save(folder / "band.png", smooth_panorama(5)[16:48])  # four times as wide as high
    save(folder / "square.png", smooth_panorama(6)[:, :64])
    save(folder / "tiny.png", smooth_panorama(7)[:16, :])
    (folder / "broken.jpg").write_bytes(b"nothing")
    (folder / "empty.png").touch()
    (folder / "notes.txt").touch()
    return folder


def evaluation(folder, **settings):
    return PictureEvaluation(PictureFolder.read(folder), **settings)


def test_every_panorama_is_judged_and_every_fault_flagged(folder, tmp_path):
    result = evaluation(folder).into(tmp_path / "out")
    faults = {one["name"]: one["flags"] for one in result.pictures}
    assert "hard seam" in faults.pop("hard_seam.png")
    assert faults.pop("duplicated_seam.png") == ["column at the seam is there twice"]
    assert "one half mirrors the other" in faults.pop("mirrored_half.png")
    assert faults == {"good0.png": [], "good1.png": [], "good2.png": [], "band.png": []}
    reasons = {
        "broken.jpg": "not a picture",
        "empty.png": "empty file",
        "square.png": "not once around: 64 x 64, wanted at least twice as wide as high",
        "tiny.png": "too small: 128 x 16, wanted at least 32 rows",
    }
    assert result.skipped.keys() == reasons.keys()
    assert all(reason in result.skipped[name] for name, reason in reasons.items())


def test_folders_at_home(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    result = evaluation("~/peers", metrics=("seam",)).into("~/out")
    assert result.request["pictures"] == "peers"
    assert (tmp_path / "out" / "index.html").exists()


def test_cube_maps_are_skipped(folder, tmp_path, sphere_folder):
    load(sphere_folder).save(folder / "cube.png", 4, View(width=240, projection="cubemap"))
    result = evaluation(folder, metrics=("seam",)).into(tmp_path / "out")
    assert result.skipped["cube.png"] == "a cube map, not one picture around"


def test_figures_are_means_of_the_metrics(folder, tmp_path):
    result = evaluation(folder, metrics=("seam", "poles")).into(tmp_path / "out")
    figures = {figure.name: figure for figure in result.figures}
    assert {name.partition(".")[0] for name in figures} == {"seam", "poles"}
    pictures = [np.asarray(Image.open(folder / one["name"])) for one in result.pictures]
    ratios = [seam_ratio(picture).ratio for picture in pictures]
    assert figures["seam.ratio"].value == pytest.approx(np.mean(ratios), rel=1e-5)
    assert figures["seam.ratio"].n == 7
    assert figures["poles.spread_top"].n == 6  # not of the band
    assert figures["seam.ratio"].floor is None
    row = result.pictures[0]["figures"]
    assert row["seam.ratio"] == pytest.approx(ratios[0], rel=1e-5)


def test_real_panoramas_give_the_floor(folder, tmp_path):
    real = tmp_path / "real"
    real.mkdir()
    for seed in (20, 21):
        save(real / f"{seed}.png", smooth_panorama(seed))
    result = evaluation(folder, real=PictureFolder.read(real), metrics=("seam",)).into(tmp_path / "out")
    expected = np.mean([seam_ratio(smooth_panorama(seed)).ratio for seed in (20, 21)])
    assert result.figures[0].floor == pytest.approx(expected, rel=1e-5)
    assert [one["name"] for one in result.real_pictures] == ["20.png", "21.png"]


def test_interrupted_it_goes_on_to_the_same_bytes(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("panogen.evaluation.pictures.AT_ONCE", 3)
    evaluation(folder).into(tmp_path / "whole")

    seen = iter(range(100))

    def stop(what, more, total):
        if next(seen) == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluation(folder).into(tmp_path / "out", report=stop)
    again = []
    evaluation(folder).into(tmp_path / "out", resume=True, report=lambda *news: again.append(news))
    assert len(again) == 11 - 6
    for name in ("figures.json", "index.html"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_changed_picture_is_another_request(folder, tmp_path):
    evaluation(folder).into(tmp_path / "out")
    save(folder / "good0.png", smooth_panorama(99))
    with pytest.raises(UsageError, match="is of another evaluation: fingerprint was"):
        evaluation(folder).into(tmp_path / "out", resume=True)


def test_folders_without_a_panorama(tmp_path):
    with pytest.raises(UsageError, match="pictures must be a folder"):
        PictureFolder.read(tmp_path / "missing")
    (tmp_path / "none").mkdir()
    with pytest.raises(UsageError, match="has no files called like pictures"):
        PictureFolder.read(tmp_path / "none")
    (tmp_path / "none" / "a.png").touch()
    with pytest.raises(JobError, match=r"none of its 1 pictures can be judged \(a.png: empty file\)"):
        evaluation(tmp_path / "none").into(tmp_path / "out")
    with pytest.raises(UsageError, match=r"metrics of pictures must be among spectrum, .*, got 'swd'"):
        evaluation(tmp_path / "none", metrics=("swd",))


def test_a_flat_picture_has_no_seam_to_compare_with(tmp_path):
    """Its ratio is no number: it counts in no mean, and JSON has no NaN."""
    folder = tmp_path / "flat"
    folder.mkdir()
    save(folder / "flat.png", np.full((32, 64, 3), 90, np.uint8))
    edge = np.full((32, 64, 3), 90, np.uint8)
    edge[:, :32] = 120
    save(folder / "step.png", np.roll(edge, 16, 1))
    result = evaluation(folder, metrics=("seam",)).into(tmp_path / "out")
    names = {figure.name: figure.n for figure in result.figures}
    assert "seam.ratio" not in names
    assert names["seam.percentile"] == 2
    json.loads((tmp_path / "out" / "figures.json").read_text(), parse_constant=pytest.fail)
    ET.parse(tmp_path / "out" / "index.html")
