import math

import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import JobError, UsageError
from panogen.data import Landscapes, Reading, open_source
from panogen.geometry import Cylinder, pixel_centres
from tests.data.helpers import save

CHART = Cylinder()


def test_the_band_is_the_middle_of_the_panorama(tmp_path):
    elevation = np.pi * (0.5 - pixel_centres(256))
    grey = np.round(128 + 70 * elevation).astype(np.uint8)
    Image.fromarray(np.broadcast_to(grey[:, None, None], (256, 512, 3)).copy()).save(tmp_path / "ramp.png")
    source = open_source(str(tmp_path))
    assert source.extent_rad(0) == 2 * math.pi
    for chart in (CHART, Cylinder(100, "central")):
        rows = 40
        band = source.band(0, rows, chart.natural_width(rows), chart)
        expected = 128 + 70 * chart.elevation_rad(chart.max_height * (1 - 2 * pixel_centres(rows)))
        assert np.abs(band[:, 0, 0] - expected).max() <= 1.5


def test_descriptions_say_how_the_kind_is_known(tmp_path, monkeypatch):
    save(tmp_path / "a.png")
    save(tmp_path / "b.png")
    save(tmp_path / "c.png", (64, 96))
    judged = open_source(str(tmp_path), remember=False)
    assert judged.description == f"2 panoramas of the folder {tmp_path.name} (taken for panoramas by their shapes)"
    assert open_source(str(tmp_path), Reading("photos")).description == f"3 photos of the folder {tmp_path.name}"
    assert open_source(str(tmp_path)).description == f"3 photos of the folder {tmp_path.name}"  # by the manifest
    save((tmp_path / "one").mkdir() or tmp_path / "one/a.png")
    assert open_source(str(tmp_path / "one"), Reading("panoramas")).description == "1 panorama of the folder one"
    monkeypatch.chdir(tmp_path)
    assert open_source(".").description == f"3 photos of the folder {tmp_path.name}"


def test_the_default_chart_is_filled_by_nearly_all(tmp_path):
    for number in range(10):  # one of ten is too low for the others' chart
        save(tmp_path / f"{number}.jpg", (100 if number else 64, 150))
    source = open_source(str(tmp_path), Reading("photos"))
    chart = source.chart
    assert (chart.profile, chart.vertical_fov_deg) == ("central", int(chart.vertical_fov_deg))
    assert list(source.skipped) == ["0.jpg"]
    # By hand: at azimuth h, half the side of a crop, the photo's edge is at cos(h) times its middle's height.
    half = math.tan(math.radians(30)) * 100 / 150
    highest = next(h for h in np.arange(1, 0, -1e-4) if h <= half * math.cos(h))
    assert chart.vertical_fov_deg == math.floor(math.degrees(2 * math.atan(highest)))
    assert Landscapes().chart == CHART


def test_native_pixels_are_those_of_the_file(tmp_path):
    save(tmp_path / "a.png", (64, 128))
    save(tmp_path / "b.png", (100, 200))
    source = open_source(str(tmp_path))
    assert source.chart == CHART
    assert source.fitted(CHART) is source
    np.testing.assert_allclose([source.native_rad(index, CHART) for index in (0, 1)], 2 * np.pi / np.array([128, 200]))
    assert source.native_rows(CHART) == pytest.approx(50)  # a quarter of the circle, of the finer one
    assert Landscapes().native_rows(CHART) == math.inf
    names = {rows: [entry.name for entry in source.of_detail(rows).entries] for rows in (32, 33, 50, 51)}
    assert names == {32: ["a.png", "b.png"], 33: ["b.png"], 50: ["b.png"], 51: ["b.png"]}
    assert len(Landscapes().of_detail(10**6)) == len(Landscapes())
    (tmp_path / "photos").mkdir()
    save(tmp_path / "photos" / "c.jpg", (100, 150))
    photos = open_source(str(tmp_path / "photos"), Reading(photo_fov_deg=60))
    # In its middle a pixel covers as much of the cylinder as of the film, at a distance of 75 pixels / tan 30 degrees.
    np.testing.assert_allclose(photos.native_rad(0, photos.chart), np.tan(np.radians(30)) / 75)
    assert Landscapes().native_rad(5, CHART) == 0


def test_the_fingerprint_is_of_the_pictures(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        save(tmp_path / name / "a.png")
        save(tmp_path / name / "b.png", seed=1)
    one, two = (open_source(str(tmp_path / name)) for name in ("one", "two"))
    assert one.fingerprint() == two.fingerprint()
    assert open_source(str(tmp_path / "one"), Reading("photos")).fingerprint() != one.fingerprint()
    (tmp_path / "two" / "b.png").rename(tmp_path / "two" / "c.png")
    assert open_source(str(tmp_path / "two"), Reading("panoramas")).fingerprint() != one.fingerprint()
    assert Landscapes().fingerprint() != Landscapes(count=3).fingerprint()


def test_what_has_changed_since_is_noticed(tmp_path):
    save(tmp_path / "a.png")
    source = open_source(str(tmp_path))
    save(tmp_path / "a.png", (128, 256))
    with pytest.raises(JobError, match="has changed since the folder was read"):
        source.band(0, 8, 32, CHART)
    (tmp_path / "a.png").unlink()
    with pytest.raises(JobError, match="cannot be read any more"):
        source.band(0, 8, 32, CHART)


def test_nothing_usable(tmp_path):
    with pytest.raises(JobError, match=r": no file is called like a picture \(\.jpg, .*\); name another folder$"):
        open_source(str(tmp_path))
    save(tmp_path / "square.png", (64, 64))
    with pytest.raises(JobError, match=r"none of its 1 pictures is usable for panoramas \(square.png: not 2:1 \(64 x"):
        open_source(str(tmp_path), Reading("panoramas"))


def test_no_such_source(tmp_path):
    with pytest.raises(UsageError, match="'procedural:seas'"):
        open_source("procedural:seas")
    with pytest.raises(UsageError, match="'nowhere' is no folder; give a folder of panoramas or photos, or procedural"):
        open_source("nowhere")
    with pytest.raises(UsageError, match="kind photos is for a folder of pictures, got data 'procedural:landscapes'"):
        open_source("procedural:landscapes", Reading("photos"))
