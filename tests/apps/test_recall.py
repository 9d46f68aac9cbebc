"""Pictures are made again, to the byte, from what their files say."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from panogen.api import load
from panogen.apps.recall import recalled_place, recalled_view
from panogen.base.errors import UsageError
from panogen.grids.view import View
from panogen.latents import Above, LatentField, Layout, between, blended
from panogen.pictures.formats import read_request

VIEW = {"projection": "perspective", "width": 40, "height": 30, "yaw_deg": 20.0, "fov_deg": 60.0, "truncation": 0.7}


@pytest.fixture
def tiny(model_folder):
    return load(model_folder)


PLACES = {
    "a seed": lambda p: 4,
    "a seed laid out anew": lambda p: p.field(4, layout=7),
    "a mix": lambda p: p.mix(4, 9, 2),
    "a mix of what was laid out anew": lambda p: p.mix(p.field(4, layout=7), 9, 2),
    "a mix laid out anew": lambda p: p.mix(4, 9, 2).laid_out(7),
    "an edit": lambda p: p.edit(4, 1, 2.5, range(1, 3)),
    "an edit of what was laid out anew": lambda p: p.edit(p.field(4, layout=7), 1, 2.5),
    "an edit laid out anew": lambda p: p.edit(4, 1, 2.5).laid_out(7),
    "half-way on the live page": lambda p: between(p.field(4), p.field(9), 0.3, between=[4, 9], share=0.3),
    "a mean": lambda p: p.average([1, 2, 3]),
    "a mean of layouts": lambda p: p.average([p.field(1, layout=7), p.average([2, 3]), p.field(4, layout=2)]),
    "a mean laid out anew": lambda p: p.average([1, 2]).laid_out(0),
    "a blend": lambda p: p.blend([4, 9], (0, 120), 0.5, "smoothstep"),
    "a blend at an even pace": lambda p: p.blend([4, 9, 3]),
    "a blend in some layers": lambda p: p.blend([4, 9], layers=range(2, 4)),
    "a blend in some layers of what was laid out anew": lambda p: p.blend([p.field(4, 7), 9], layers=range(2, 4)),
    "a blend laid out anew": lambda p: p.blend([p.field(4, layout=7), 9]).laid_out(8),
    "a blend over heights": lambda p: blended([p.field(4), p.field(9)], Above((20.0, -20.0))),
    "a blend of what not": lambda p: p.blend([p.mix(4, 5), p.edit(9, 0, 1.0), p.average([1, 2])]),
}


@pytest.mark.parametrize("name", PLACES)
def test_the_same_bytes(tiny, tmp_path, name):
    tiny.save(tmp_path / "one.png", PLACES[name](tiny), **VIEW)
    request = read_request(tmp_path / "one.png")
    view = recalled_view(request)
    tiny.save(tmp_path / "two.png", recalled_place(tiny, request), **vars(view))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize("name", PLACES)
def test_the_same_layouts(tiny, name):
    place = tiny.field(PLACES[name](tiny))
    request = json.loads(json.dumps(tiny.request(place, View())))
    recalled = recalled_place(tiny, request)
    assert recalled.layouts == place.layouts
    assert recalled.described() == place.described()


def test_a_picture_that_says_no_layout_has_that_of_its_seed(tiny):
    known = {"fingerprint": tiny.model.fingerprint}
    assert recalled_place(tiny, {"seed": 4, **known}).layouts == (Layout.of(4),)
    recalled = recalled_place(tiny, {"average": [{"seed": 4}, {"seed": 9, "layout": 7}], **known})
    assert recalled.layouts == (Layout(((4, 0.5), (7, 0.5))),)


def test_with_changes(tiny, tmp_path):
    tiny.save(tmp_path / "one.png", 4, **VIEW)
    view = recalled_view(read_request(tmp_path / "one.png"), width=80, height=60)
    assert (view.width, view.height, view.yaw_deg) == (80, 60, 20.0)


def test_two_places_between_which_the_live_page_stands(tiny):
    described = {"between": [4, 9], "share": 0.25, "fingerprint": tiny.model.fingerprint}
    found = recalled_place(tiny, described)
    expected = 0.75 * tiny.latent(4) + 0.25 * tiny.latent(9)
    np.testing.assert_allclose(found.anchors[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"fingerprint": "0", "model": "other", "seed": 4}, "made by a model 'other' with other weights than 'tiny'"),
        ({"foveation": {}, "seed": 4}, "the picture is foveated; panogen foveate makes it again"),
        ({"inverted": "photo.jpg"}, "shows a place that its file cannot tell"),
        ({"blend": [{"seed": 1}], "mask": "mask.png"}, "shows a place that its file cannot tell"),
        ({"mix": [{"seed": 1}]}, "makes no sense"),
        ({"seed": "four"}, r"makes no sense|seed must be"),
        ({"seed": 4, "edit": {"direction": 0}}, "makes no sense"),
        ({"seed": 4, "layout": -1}, r"layout must be in \[0, 4294967295\], got -1"),
        ({"seed": 4, "layout": "x"}, "layout must be a whole number, got 'x'"),
        ({"walk": [{"seed": 4}], "position": 0.5, "layout": 7}, "shows a place that its file cannot tell"),
    ],
)
def test_what_cannot_be_made_again(tiny, request_, message):
    with pytest.raises(UsageError, match=message):
        recalled_place(tiny, {"fingerprint": tiny.model.fingerprint, **request_})


def test_a_field_of_a_file_is_none_of_these(tiny, tmp_path):
    tiny.save(tmp_path / "one.png", LatentField.constant(tiny.latent(4), found="by hand"), **VIEW)
    with pytest.raises(UsageError, match="cannot tell"):
        recalled_place(tiny, read_request(tmp_path / "one.png"))


OLD = Path(__file__).parent.parent / "fixtures" / "recall-0.5"


@pytest.fixture(scope="module")
def made_anew(panogen, tmp_path_factory):
    """A folder of what the commands that made the pictures of 0.5.0 make today."""
    folder = tmp_path_factory.mktemp("anew")
    for line in (OLD / "README.md").read_text().splitlines():
        if line.startswith("    panogen "):
            arguments = [folder / word if word.endswith(".png") else word for word in line.split()[1:]]
            assert panogen(*arguments).exit_code == 0
    return folder


@pytest.mark.parametrize("name", ["seed", "blend", "view"])
def test_pictures_of_0_5_are_made_again(panogen, made_anew, tmp_path, name):
    assert panogen("render", "--from", OLD / f"{name}.png", tmp_path / "again.png").exit_code == 0
    paths = (tmp_path / "again.png", OLD / f"{name}.png", made_anew / f"{name}.png")
    again, before, anew = (cv2.imread(str(path)).astype(int) for path in paths)
    assert again.shape == before.shape and before.std() > 10
    assert np.abs(again - before).max() <= 1
    np.testing.assert_array_equal(again, anew)
