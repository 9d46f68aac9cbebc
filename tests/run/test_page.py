import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from panogen.data import Landscapes
from panogen.run import Run, RunConfig
from panogen.run.page import PICTURE_BYTES, duration, write_report
from panogen.run.snapshots import SAMPLES, WALK
from tests.training.helpers import CONFIG


@pytest.fixture
def run(tmp_path):
    config = RunConfig("procedural:landscapes", CONFIG)
    return Run.begin(tmp_path / "hills & <dales>", config, Landscapes(count=2))


def log_lines(count):
    for k in range(1, count + 1):
        yield {
            "n_images": 800 * k, "resolution": 32 if k < 20 else 64, "images_per_second": 30.0, "d_loss": 1 / k,
            "g_loss": 1.5, "r1": 0.1, "real_score": 1.0, "fake_score": -1.0, "real_sign": 0.5, "augmentation": 0.1,
            "learning_rate": 0.002, "seconds_data": 0.1, "seconds_discriminator": 0.3, "kid": 0.02,
            "total_seconds": 27.0 * k,
        }  # fmt: skip


def noise(path, height=32, width=128):
    path.parent.mkdir(exist_ok=True)
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


def page_of(run):
    write_report(run)
    return ET.parse(run.folder / "report.html").getroot()


def titles(root, tag):
    return [element.text for element in root.iter(tag)]


def test_a_run_that_has_just_begun(run):
    root = page_of(run)
    assert titles(root, "h1") == ["hills & <dales>"]
    assert titles(root, "h2") == ["Data"]
    assert "Nothing is logged yet." in titles(root, "p")
    rows = {row.find("th").text: row.find("td").text for row in root.find(".//details").iter("tr")}
    assert rows["data"] == "procedural:landscapes"
    assert rows["train.stages"] == "resolution 8, images 32; resolution 16, images 64"
    assert rows["train.mirror"] == "yes"


def test_everything_that_there_is_is_shown(run):
    lines = "".join(json.dumps(line) + "\n" for line in log_lines(30))
    run.metrics.write_text(lines + '{"n_images": 24800, "d_lo')
    for n_images in (800, 16_000, 24_000):
        noise(run.snapshots.path(n_images))
    noise(run.snapshots.path(16_000, WALK))
    noise(run.snapshots.folder / "other.png")
    about = {"description": "<hills>", "count": 12345, "mean": [0.25, 0.5], "skipped": {"a&b.jpg": "cut short"}}
    (run.folder / "data.json").write_text(json.dumps(about))
    root = page_of(run)
    assert titles(root, "h2") == ["Curves", "Samples", "Interpolations", "Data"]
    assert "24,000 images seen of 96, a band of 64 rows, 14 min of training, now 30 images a second." in titles(
        root, "p"
    )
    assert titles(root, "h3") == [
        "Losses", "Scores", "R1 penalty", "Sign of real scores", "Augmentation", "Speed", "Learning rate", "kid",
        "Where the time goes", "Over time",
    ]  # fmt: skip
    alts = [picture.get("alt") for picture in root.iter("img")]
    assert [re.match(r"After ([\d,]+) images, a band of (\d+)", alt).groups() for alt in alts] == [
        ("24,000", "64"), ("800", "32"), ("16,000", "64"), ("16,000", "64"),
    ]  # fmt: skip
    rows = {row.find("th").text: row.find("td").text for row in root.iter("tr")}
    assert (rows["description"], rows["count"], rows["mean"]) == ("<hills>", "12,345", "0.25, 0.5")
    assert rows["a&b.jpg"] == "cut short"
    assert titles(root, "summary") == ["The recipe", "1 skipped, each with its reason"]


def test_the_page_asks_nothing_of_the_network(run):
    run.metrics.write_text("".join(json.dumps(line) + "\n" for line in log_lines(3)))
    noise(run.snapshots.path(800))
    root = page_of(run)
    page = run.report.read_text()
    assert {element.tag for element in root.iter()} & {"script", "link", "iframe", "object", "a", "base"} == set()
    assert not re.search(r"https?://|url\(|@import|srcset", page)
    assert all(picture.get("src").startswith("data:image/jpeg;base64,") for picture in root.iter("img"))
    assert "default-src 'none'; img-src data:" in page


def test_of_many_large_pictures_some_are_chosen_and_shrunk(run, monkeypatch):
    assert PICTURE_BYTES < 4.8e6  # what is left of 5 MB is for the curves
    monkeypatch.setattr("panogen.run.page.PICTURE_BYTES", 400_000)
    noise(run.snapshots.path(0), 180, 360)
    whole = run.snapshots.path(0).read_bytes()
    for k in range(1, 100):
        for kind in (SAMPLES, WALK):
            run.snapshots.path(1000 * k, kind).write_bytes(whole)
    root = page_of(run)
    assert 200_000 < run.report.stat().st_size < 420_000
    shown = [picture.get("alt") for picture in root.iter("img")]
    assert len(shown) == 24
    assert shown[0] == "After 99,000 images"
    assert shown[1] == "After 0 images"


def test_a_picture_that_cannot_be_read_is_named(run):
    noise(run.snapshots.path(800))
    whole = run.snapshots.path(800).read_bytes()
    run.snapshots.path(800).write_bytes(whole[: len(whole) // 2])
    run.snapshots.path(1600).write_bytes(b"nothing")
    assert [caption for caption in titles(page_of(run), "figcaption") if caption] == [
        "1,600 images: 000001600.png cannot be read",
        "800 images: 000000800.png cannot be read",
    ]


def test_many_skipped_pictures_are_cut(run):
    (run.folder / "data.json").write_text(
        json.dumps({"skipped": {f"{k}.jpg": "\x00empty\ud800" for k in range(30_000)}})
    )
    root = page_of(run)
    assert titles(root, "summary")[-1] == "30,000 skipped, each with its reason"
    assert [row.find("td").text for row in root.iter("tr")][-2:] == ["empty", "and 29700 more"]


@pytest.mark.parametrize(("seconds", "words"), [(47, "47 s"), (720, "12 min"), (12_240, "3.4 h")])
def test_durations(seconds, words):
    assert duration(seconds) == words
