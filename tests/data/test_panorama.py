import math

import numpy as np
import pytest
from PIL import Image

from panogen.base.errors import JobError
from panogen.data import Reading, open_source
from panogen.data.panorama import Panorama, Sweep
from panogen.decoding import Part
from panogen.geometry import Cylinder, Sphere, from_azimuth_elevation, pixel_centres, rotation
from panogen.pictures.formats import save_picture, xmp_packet
from tests.data.helpers import look

CHART = Cylinder()


def colours(directions):
    """A smooth picture of all directions (..., 3), the sky above the ground."""
    x, y, z = np.moveaxis(directions, -1, 0)
    waves = [60 * y + 9 * np.sin(7 * x), 50 * y + 9 * np.sin(8 * z), 70 * y + 9 * np.cos(7 * x + z)]
    return np.round(128 + np.stack(waves, -1)).astype(np.uint8)


def directions(width, height, top_rad=math.pi / 2, bottom_rad=-math.pi / 2, around_rad=2 * math.pi):
    azimuth = around_rad * (pixel_centres(width) - 0.5)
    elevation = top_rad + (bottom_rad - top_rad) * pixel_centres(height)
    return from_azimuth_elevation(azimuth, elevation[:, None])


def seen(chart, rows, columns, around_rad=2 * math.pi):
    azimuth = around_rad * (pixel_centres(columns) - 0.5)
    return colours(from_azimuth_elevation(azimuth, chart.row_elevations_rad(rows)[:, None]))


def error(one, other):
    return np.abs(one.astype(int) - other).max()


def test_a_band_lies_where_it_was_cut():
    # 270 of 360 degrees, from 60 above to 50 below the horizon.
    part = Part(512, 256, 64, 256 * 30 / 180)
    picture = colours(directions(384, 157, math.radians(60), math.radians(60 - 157 / 256 * 180), 1.5 * math.pi))
    panorama = Panorama(384, 157, part)
    assert math.degrees(panorama.top_rad) == pytest.approx(60)
    assert panorama.extent_rad(CHART) == pytest.approx(1.5 * math.pi)
    assert panorama.native_rad(CHART) == pytest.approx(2 * math.pi / 512)
    for chart in (CHART, Cylinder(90, "central")):
        assert panorama.why_unfit(chart) is None
        assert error(panorama.band(picture, 48, 96, chart), seen(chart, 48, 96, 1.5 * math.pi)) <= 2


def test_what_a_part_does_not_reach():
    band = Panorama(512, 192, Part(512, 256, 0, 32))
    assert band.why_unfit(Cylinder(135.0)) is None
    expected = "shows elevations of -67.5 to 67.5 degrees only, the chart has -90.0 to 90.0"
    assert band.why_unfit(Sphere().band) == expected
    holed = Panorama(512, 240, Part(512, 256))
    assert holed.why_unfit(Sphere().band) is not None
    assert holed.why_unfit(Sphere().band, nadir_deg=15) is None
    narrow = Panorama(64, 128, Part(512, 256, 0, 64))
    assert narrow.why_unfit(CHART) == "shows 45.0 degrees of azimuth only, a square crop takes 90.0"


TILTS = [(0, 20), (0, -20), (12, 0), (-12, 0), (10, 15), (10, -15)]


@pytest.mark.parametrize(("pitch", "roll"), TILTS)
@pytest.mark.parametrize("signs", [(1, 1), (-1, -1), (1, -1), (-1, 1)])
def test_a_tilted_camera_is_levelled_whatever_its_signs(pitch, roll, signs):
    matrix = rotation(0.0, math.radians(pitch), math.radians(roll))
    picture = colours(directions(512, 256) @ matrix.T)
    told = Part(512, 256, pitch_deg=signs[0] * pitch, roll_deg=signs[1] * roll)
    part = Panorama(512, 256, told).upright(picture)
    assert (abs(part.pitch_deg), abs(part.roll_deg)) == (abs(pitch), abs(roll))
    assert error(Panorama(512, 256, part).band(picture, 64, 256, CHART), seen(CHART, 64, 256)) <= 2


def test_one_that_was_levelled_already_stays():
    panorama = Panorama(512, 256, Part(512, 256, pitch_deg=8, roll_deg=15))
    part = panorama.upright(colours(directions(512, 256)))
    assert part == Part(512, 256)


def test_where_nothing_tells_the_file_is_believed():
    noise = np.random.default_rng(0).integers(0, 256, (256, 512, 3), np.uint8)
    told = Part(512, 256, pitch_deg=8, roll_deg=15)
    assert Panorama(512, 256, told).upright(noise) == told


def test_a_sweep_closes_on_a_cylinder():
    sweep = Sweep(512, 160)
    height = np.pi * 160 / 512 * (1 - 2 * pixel_centres(160))
    azimuth = 2 * np.pi * (pixel_centres(512) - 0.5)
    picture = colours(from_azimuth_elevation(azimuth, np.arctan(height)[:, None]))
    chart = Cylinder(80.0)
    assert sweep.why_unfit(chart) is None
    assert sweep.why_unfit(CHART) == "only 88.9 degrees high, the chart has 90"
    assert error(sweep.band(picture, 60, 270, chart), seen(chart, 60, 270)) <= 2


def save(path, picture, **gpano):
    save_picture(path, picture, xmp_packet(gpano, None))


FULL = {"ProjectionType": "equirectangular", "FullPanoWidthPixels": 512, "FullPanoHeightPixels": 256}


def test_a_folder_of_parts(tmp_path):
    crop = {"CroppedAreaImageWidthPixels": 512, "CroppedAreaImageHeightPixels": 192, "CroppedAreaTopPixels": 32}
    whole = colours(directions(512, 256))
    save(tmp_path / "band.png", whole[32:224], **FULL, **crop)
    save(tmp_path / "whole.png", whole)
    save(tmp_path / "short.png", whole[:255])
    black = whole.copy()
    black[:20], black[-30:] = 0, 0
    save(tmp_path / "poles.png", black)
    matrix = rotation(0.0, 0.0, math.radians(-20))
    save(tmp_path / "tilted.png", colours(directions(512, 256) @ matrix.T), **FULL, PoseRollDegrees=20)
    source = open_source(str(tmp_path))
    assert (source.manifest.kind, source.chart) == ("panoramas", CHART)
    assert [entry.name for entry in source.entries] == ["band.png", "poles.png", "short.png", "tilted.png", "whole.png"]
    notes = {entry.name: entry.note for entry in source.entries if entry.note}
    assert notes == {
        "poles.png": "black margins left out (top 20, right 0, bottom 30, left 0 pixels)",
        "tilted.png": "its GPano says pitch 0, roll 20 degrees: levelled",
    }
    for index in range(5):
        assert error(source.band(index, 64, 256, CHART), seen(CHART, 64, 256)) <= 3
    sphere = source.fitted(Sphere().band)
    assert [entry.name for entry in sphere.entries] == ["short.png", "tilted.png", "whole.png"]
    assert list(sphere.skipped) == ["band.png", "poles.png"]
    as_it_is = open_source(str(tmp_path), Reading(level=False))
    assert error(as_it_is.band(3, 64, 256, CHART), seen(CHART, 64, 256)) > 10
    assert as_it_is.entries[3].note == "its GPano says pitch 0, roll 20 degrees: not levelled"


def test_a_sphere_but_for_its_nadir(tmp_path):
    crop = {"CroppedAreaImageWidthPixels": 512, "CroppedAreaImageHeightPixels": 224, "CroppedAreaTopPixels": 0}
    for number in range(3):
        save(tmp_path / f"{number}.png", colours(directions(512, 256))[:224], **FULL, **crop)  # lacks 22.5 degrees
    source, sphere = open_source(str(tmp_path)), Sphere().band
    with pytest.raises(JobError, match=r"0.png: shows elevations of -67\.5 to 90\.0 degrees only"):
        source.fitted(sphere)
    with pytest.raises(JobError):
        source.fitted(sphere, 20.0)
    fitted = source.fitted(sphere, 25.0)
    assert len(fitted) == 3
    assert fitted.fitted(sphere) is fitted
    assert [len(half) for half in fitted.halves()] == [2, 1]


def test_a_tilted_part_is_refused_by_name(tmp_path):
    crop = {"CroppedAreaImageWidthPixels": 512, "CroppedAreaImageHeightPixels": 192, "CroppedAreaTopPixels": 32}
    save(tmp_path / "a.png", colours(directions(512, 256))[32:224], **FULL, **crop, PosePitchDegrees=9)
    assert look(tmp_path / "a.png").reason == (
        "tilted (its GPano says pitch 9, roll 0 degrees), and no whole sphere that could be levelled; --no-level takes "
        "it as it is"
    )
    assert look(tmp_path / "a.png", level=False).reason is None


def test_a_phones_sweep(tmp_path):
    azimuth = 2 * np.pi * (pixel_centres(512) - 0.5)
    closing = colours(from_azimuth_elevation(azimuth, np.arctan(0.8 * (1 - 2 * pixel_centres(130)))[:, None]))
    Image.fromarray(closing).save(tmp_path / "around.png")
    Image.fromarray((closing[:, :400] * np.linspace(0.5, 1, 400)[:, None]).astype(np.uint8)).save(tmp_path / "half.png")
    entries = {entry.name: entry for entry in open_source(str(tmp_path), Reading("photos")).manifest.entries}
    assert entries["around.png"].sweep
    assert entries["half.png"].reason == (
        "longer than a camera's picture (400 x 130), so nobody knows its lens; give --photo-fov"
    )
    given = open_source(str(tmp_path), Reading("photos", 120)).manifest
    assert [entry.fov_deg for entry in given.entries] == [120.0, 120.0]
