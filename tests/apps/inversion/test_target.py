from dataclasses import replace

import numpy as np
import pytest
from PIL import ExifTags, Image

import panogen
from panogen.apps.inversion.target import Target, lay_target
from panogen.base.errors import UsageError
from panogen.geometry import Sphere, azimuth_elevation, rotate
from panogen.grids import Camera, Perspective
from panogen.grids.view import View
from tests.apps.inversion.helpers import save_noise


@pytest.fixture
def model(model_folder):
    return panogen.load(model_folder).model


def test_a_render_laid_on_the_sphere_has_the_colours_of_its_directions(model, model_folder, tmp_path):
    view = {"yaw_deg": 30.0, "pitch_deg": -10.0, "roll_deg": 5.0}
    shown = panogen.load(model_folder)
    picture = shown.render(1, View(projection="perspective", width=9, height=7, fov_deg=80, **view))
    Image.fromarray(picture).save(tmp_path / "photo.png")
    target = lay_target(model, tmp_path / "photo.png", 80, Camera(**view))
    assert target.grid.shape == (7, 9)  # no more than the photo has
    np.testing.assert_allclose(target.colours[target.counts], picture[target.counts] / 127.5 - 1, atol=1e-6)


def test_a_photo_on_edge_has_its_field_of_view_on_the_longer_side(model, tmp_path):
    upright = lay_target(model, save_noise(tmp_path / "a.png", 20, 40), 90)
    assert upright.grid.shape == (24, 12)  # about a pixel for each twelfth of a radian, the finest that the model has
    assert upright.grid.fov_deg == pytest.approx(np.degrees(2 * np.arctan(0.5)))


def test_exif_turns_it_and_tells_its_field_of_view(model, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 18
    Image.fromarray(pixels).save(tmp_path / "turned.png", exif=exif)
    Image.fromarray(np.rot90(pixels, -1)).save(tmp_path / "upright.png")
    target = lay_target(model, tmp_path / "turned.png")
    assert target.about["fov_deg"] == pytest.approx(90)
    np.testing.assert_array_equal(target.colours, lay_target(model, tmp_path / "upright.png", 90).colours)


def test_a_panorama_is_no_photo_unless_its_field_of_view_is_given(model, panorama_folder):
    with pytest.raises(UsageError, match=r"0\.png' looks like a panorama, and only what a lens sees can be inverted"):
        lay_target(model, panorama_folder / "0.png")
    assert lay_target(model, panorama_folder / "0.png", 90).about["fov_deg"] == 90


def test_only_the_chart_counts(model, tmp_path):
    target = lay_target(model, save_noise(tmp_path / "a.png", 40, 40), 100, Camera(pitch_deg=45))
    elevation = azimuth_elevation(target.grid.directions(0, len(target.grid)))[1]
    np.testing.assert_array_equal(target.counts.ravel(), elevation <= np.pi / 4)


@pytest.mark.parametrize("yaw_deg", [0, 170, -400])
def test_the_mosaic_covers_what_counts(model, tmp_path, yaw_deg):
    target = lay_target(model, save_noise(tmp_path / "a.png"), 80, Camera(yaw_deg, 8, 20))
    weights = target.mosaic(3, 4, 20)(target.directions)
    assert weights[:, 0].max() < 1e-12
    np.testing.assert_allclose(weights.sum(1), 1)
    assert target.mosaic(3, 4, 20).width_deg < 110


def overhead(pitch_deg, roll_deg=0.0, side=24):
    """A square photo, 80 degrees wide, all of which counts."""
    grid = Perspective(side, side, 80, Camera(30, pitch_deg, roll_deg))
    return Target(grid, np.zeros((side, side, 3), np.float32), np.ones((side, side), bool), np.empty(0), {})


@pytest.mark.parametrize("roll_deg", [0, 25])
@pytest.mark.parametrize("pitch_deg", [0, 45, 60, 90, -90])
def test_neighbours_have_nearly_the_same_shares_of_the_mosaic(pitch_deg, roll_deg):
    target = overhead(pitch_deg, roll_deg)
    mosaic = target.mosaic(8, 8, 20)
    rng = np.random.default_rng(0)
    in_view = rotate(np.insert(rng.uniform(-0.84, 0.84, (4000, 2)), 2, 1, axis=1), target.grid.camera.matrix)
    assert max(mosaic.width_deg, mosaic.height_deg) < 106  # the diagonal is 100 degrees long
    everywhere = rng.standard_normal((4000, 3))
    for directions, highest_deg, over_the_margin in ((in_view, 53, 0), (everywhere, 73, 2 * 1.5 / 20)):
        directions = directions / np.linalg.norm(directions, axis=1, keepdims=True)
        aside = np.cross(directions, rng.standard_normal((4000, 3)))
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        beside = directions * np.cos(np.radians(0.1)) + aside * np.sin(np.radians(0.1))
        here, there = mosaic(directions), mosaic(beside)
        np.testing.assert_allclose(here.sum(1), 1, atol=1e-14)
        # A step of the lattice, and of its margin where that is, is gone in 0.1 degrees by their share of it; azimuths
        # come together by the cosine of the elevation.
        steps = 7 / mosaic.width_deg + 7 / mosaic.height_deg + over_the_margin
        assert np.abs(here - there).max() <= 0.1 * steps / np.cos(np.radians(highest_deg))


@pytest.mark.parametrize("fov_deg", [150, 175])
def test_the_margin_of_a_tall_view_ends_at_the_pole(fov_deg):
    target = overhead(90)
    mosaic = replace(target, grid=replace(target.grid, fov_deg=fov_deg)).mosaic(8, 8, 20)
    assert 0 <= mosaic.margin_deg <= 90 - abs(mosaic.elevation_deg) - mosaic.height_deg / 2 + 1e-9


def test_a_level_camera_has_its_mosaic_in_azimuth_and_elevation():
    target = overhead(0)
    mosaic = target.mosaic(8, 8, 20)
    plain = replace(mosaic, yaw_deg=0.0)
    assert (mosaic.azimuth_deg, mosaic.pitch_deg) == (pytest.approx(30), 0)
    np.testing.assert_array_equal(mosaic(target.directions), plain(target.directions))


@pytest.mark.parametrize("pitch_deg", [0, 60, 90, -90])
def test_the_surroundings_are_what_the_mosaic_changes_beyond_the_photo(pitch_deg):
    target = overhead(pitch_deg)
    mosaic = target.mosaic(8, 8, 20)
    around = target.surroundings(mosaic, Sphere())
    assert not target.shows(around).any()
    assert (mosaic(around)[:, 0] < 1).mean() > 0.9
    everywhere = np.random.default_rng(0).standard_normal((2000, 3))
    everywhere /= np.linalg.norm(everywhere, axis=1, keepdims=True)
    changed = everywhere[(mosaic(everywhere)[:, 0] < 1) & ~target.shows(everywhere)]
    nearest = (changed @ around.T).max(1)
    assert np.degrees(np.arccos(nearest.clip(-1, 1))).max() < 2 * 80 / 24 + 1e-6


def test_pixels_outside_the_mask_do_not_matter(model, tmp_path):
    mask = np.zeros((18, 24), np.uint8)
    mask[3:13, 5:19] = 255
    Image.fromarray(mask).save(tmp_path / "mask.png")
    save_noise(tmp_path / "a.png")
    pixels = np.array(Image.open(tmp_path / "a.png"))
    pixels[mask == 0] = 77
    Image.fromarray(pixels).save(tmp_path / "b.png")
    first, second = (lay_target(model, tmp_path / name, 80, mask=tmp_path / "mask.png") for name in ("a.png", "b.png"))
    assert 0 < first.counts.sum() < first.counts.size
    np.testing.assert_array_equal(first.colours, second.colours)
    assert first.about["digest"] == second.about["digest"]
    assert first.about["digest"] != lay_target(model, tmp_path / "a.png", 80).about["digest"]


def test_a_mask_of_another_size_and_the_same_shape(model, tmp_path):
    Image.new("L", (48, 36), 255).save(tmp_path / "mask.png")
    photo = save_noise(tmp_path / "a.png")
    masked = lay_target(model, photo, 80, mask=tmp_path / "mask.png")
    np.testing.assert_array_equal(masked.colours, lay_target(model, photo, 80).colours)


def test_a_photo_beyond_the_chart(model, tmp_path):
    with pytest.raises(
        UsageError, match=r"lies within the 90 degrees that the model knows, got yaw_deg 0 and pitch_deg 90; turn"
    ):
        lay_target(model, save_noise(tmp_path / "a.png"), 30, Camera(pitch_deg=90))
