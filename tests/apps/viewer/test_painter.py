import cv2
import numpy as np
import pytest

from panogen.api import Panogen
from panogen.apps.viewer.messages import Look, Save
from panogen.apps.viewer.painter import Level, Painter, heated
from panogen.base.errors import UsageError
from panogen.cli.blend import AROUND as DEFAULT_AROUND
from panogen.grids.view import View
from panogen.latents import Around, Layout
from panogen.places import Average, Between, Blend, Mix, Seed
from panogen.request import Request
from panogen.weights.checkpoint import Model
from tests.apps.viewer.conftest import LOOK, unpacked
from tests.conftest import FLAT, tiny_generator


@pytest.fixture
def painter(model):
    return Painter(model, Mix(Seed(2), Seed(3)))


def look(**more):
    return Look(**{**LOOK, **more})


def paint(painter, level, **more):
    return painter.paint(look(**more), level, lambda pixels: None)


def test_levels_of_a_view(painter, model):
    size = {"width": 512, "height": 288}
    coarse, fine, full = (paint(painter, level, **size) for level in Level)
    assert [frame.name for frame in (coarse, fine, full)] == ["coarse", "foveated", "full"]
    assert coarse.picture.shape == (36, 64, 3)
    assert coarse.samples == 64 * 36 < fine.samples < full.samples == 512 * 288
    np.testing.assert_array_equal(full.picture, model.render(4, View(**size, projection="perspective")))


def test_without_foveation_a_fine_picture_is_even(painter):
    frame = paint(painter, Level.FINE, foveated=False)
    assert (frame.name, frame.picture.shape) == ("even", (12, 20, 3))


@pytest.mark.parametrize("projection", ["cylindrical", "equirectangular"])
def test_panoramas_have_their_own_height(painter, model, projection):
    for level in Level:
        assert paint(painter, level, projection=projection, height=5000).picture.shape[1] in (8, 64)
    np.testing.assert_array_equal(
        paint(painter, Level.FULL, projection=projection, yaw_deg=30).picture,
        model.render(4, View(width=64, projection=projection, yaw_deg=30)),
    )


def test_a_flat_model_is_seen_through_a_lens_whatever_a_page_asks_for():
    flat = Painter(Panogen(Model(tiny_generator(chart=FLAT), FLAT), "flat"), Seed(0))
    for level in Level:
        lens, other = (paint(flat, level, projection=name).picture for name in ("perspective", "cylindrical"))
        np.testing.assert_array_equal(other, lens)


def test_from_one_place_to_the_other(painter, model):
    full = [paint(painter, Level.FULL, share=share).picture for share in (0.0, 0.5, 1.0)]
    view = {"width": 64, "height": 36, "projection": "perspective"}
    for picture, place in zip(full, (4, Average((Seed(4), Seed(9))), 9), strict=True):
        assert np.abs(picture.astype(int) - model.render(place, View(**view))).max() <= 1


def test_layouts_give_way_as_the_places_do(painter, model):
    for share, layout in ((0.0, Layout.of(4)), (0.25, Layout(((4, 0.75), (9, 0.25)))), (1.0, Layout.of(9))):
        assert model.field(painter.place(look(share=share))).layouts == (layout,)
        assert model.field(painter.place(look(share=share, layout=7))).layouts == (Layout.of(7),)


@pytest.mark.parametrize("layout", [None, 7])
def test_around_the_circle_it_is_what_blend_makes(painter, model, layout):
    asked = {"blend": "around", "share": 0.3, "layout": layout, "projection": "equirectangular"}
    assert painter.place(look(**asked)) == Blend((Seed(4, layout=layout), Seed(9, layout=layout)))
    over = Around((0, 180), *DEFAULT_AROUND)
    expected = model.render(Blend(painter.place(look(**asked)).places, over), View(64, projection="equirectangular"))
    np.testing.assert_array_equal(paint(painter, Level.FULL, **asked).picture, expected)


def test_the_field_of_a_place_that_is_seen_again_is_kept(painter):
    place = painter.place(look(blend="around"))
    assert painter.panogen.field(place) is painter.panogen.field(painter.place(look(blend="around", yaw_deg=9)))
    assert painter.panogen.field(place) is not painter.panogen.field(painter.place(look(blend="around", other=8)))


def test_no_seed_is_the_place_that_the_page_opened_with(painter):
    assert painter.place(look(seed=None)) == Mix(Seed(2), Seed(3))
    assert painter.place(look(seed=None, share=0.5)) == Between(Mix(Seed(2), Seed(3)), Seed(9), 0.5)
    assert painter.place(look(seed=None, layout=7)) == Mix(Seed(2, layout=7), Seed(3, layout=7))


@pytest.mark.parametrize(
    ("at", "projection", "expected"),
    [
        ((0.5, 0.5), "perspective", (0, 0)),
        ((1.0, 0.5), "perspective", (45, 0)),
        ((0.5, 0.0), "perspective", (0, np.degrees(np.arctan(36 / 64)))),
        ((0.5, 0.5), "cylindrical", (0, 0)),
        ((0.75, 0.0), "cylindrical", (90, 45)),
        ((0.25, 0.5), "equirectangular", (-90, 0)),
    ],
)
def test_gazes_are_angles(painter, at, projection, expected):
    width = 2000  # a pixel is less than a fifth of a degree
    gaze = look(gaze_x=at[0], gaze_y=at[1], projection=projection, yaw_deg=100.0, width=width, height=width * 9 // 16)
    foveation, view = painter.foveation(gaze)
    eye = foveation.eye(view.grid(painter.panogen.model.chart))
    np.testing.assert_allclose((eye.right_deg, eye.up_deg), expected, atol=0.2)


def test_heat_maps_show_the_samples_and_end_with_foveation(painter):
    assert painter.last_level(look()) == painter.last_level(look(foveated=False, heat=True)) == Level.FULL
    assert painter.last_level(look(heat=True)) == Level.FINE
    plain, warm = paint(painter, Level.FINE).picture, paint(painter, Level.FINE, heat=True).picture
    assert np.abs(plain.astype(int) - warm).mean() > 20
    grey = np.full((1, 3, 3), 100, np.uint8)
    cold, mild, hot = heated(grey, np.array([[0, 12, 255]], np.uint8))[0].astype(int).sum(-1)
    assert cold < mild < hot


def test_a_frame_as_a_message(painter):
    header, content = unpacked(paint(painter, Level.FULL).message())
    assert {**header, "milliseconds": 0} == {
        "kind": "frame", "number": 1, "level": 2, "name": "full", "samples": 2304, "pixels": 2304,
        "milliseconds": 0,
    }  # fmt: skip
    assert header["milliseconds"] > 0
    shown = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1].astype(int)
    assert np.abs(shown - paint(painter, Level.FULL).picture).mean() < 6


def test_progress_can_end_it(painter):
    def stop(pixels):
        raise KeyError("enough")

    for level in Level:
        with pytest.raises(KeyError, match="enough"):
            painter.paint(look(), level, stop)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_saved_pictures_are_whole_files(painter, model, suffix):
    content = painter.save(Save(look(width=128, height=72, yaw_deg=20), suffix), lambda pixels: None)
    saved = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    expected = model.render(4, View(width=128, height=72, projection="perspective", yaw_deg=20, fov_deg=90))
    assert np.abs(saved.astype(int) - expected).max() <= (0 if suffix == ".png" else 24)
    assert b"&quot;seed&quot;: 4" in content or b'"seed": 4' in content


@pytest.mark.parametrize("more", [{"layout": 7}, {"share": 0.3}, {"share": 0.3, "layout": 7}, {"blend": "around"}])
def test_saved_pictures_tell_their_place(painter, model, tmp_path, more):
    path = tmp_path / "saved.png"
    path.write_bytes(painter.save(Save(look(**more), ".png"), lambda pixels: None))
    assert Request.read(path).place == painter.place(look(**more))


def test_too_many_pixels(painter):
    assert painter.check(look()) == 64 * 36
    with pytest.raises(UsageError, match="at most 4194304 pixels, got 4096 x 4096; make the window smaller"):
        painter.check(look(width=4096, height=4096))
    with pytest.raises(UsageError, match="got 65500 x 16375"):
        painter.check(look(width=65500, height=16, projection="cylindrical"))
    assert painter.check(Save(look(width=8192, height=8192), ".png")) == 2**26
    with pytest.raises(UsageError, match="at most 67108864 pixels, got 8194 x 8192; panogen render makes larger ones"):
        painter.check(Save(look(width=8194, height=8192), ".png"))
