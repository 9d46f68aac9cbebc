"""Pictures are made again, to the byte, from what their files say."""

import json

import numpy as np
import pytest
from PIL import Image

import panogen
from panogen.base.errors import UsageError
from panogen.foveation import Acuity, Foveation, Gaussian, LogPolar
from panogen.grids.view import View
from panogen.latents import Above, Around
from panogen.pictures.formats import save_picture, xmp_packet
from panogen.places import Average, Between, Blend, Edit, Mask, Mix, Seed
from panogen.request import FORMAT, Request

VIEW = View(40, 30, "perspective", yaw_deg=20.0, fov_deg=60.0, truncation=0.7)


@pytest.fixture
def tiny(model_folder):
    return panogen.load(model_folder)


def test_the_same_bytes(tiny, tmp_path):
    Image.fromarray(np.tile(np.linspace(0, 255, 64).astype(np.uint8), (16, 1))).save(tmp_path / "mask.png")
    places = (
        Seed(4),
        Edit(Seed(4, layout=7), 1, 2.5, (1, 2)),
        Between(Seed(4), Seed(9), 0.3),
        Blend((Mix(Seed(4), Seed(5)), Average((Seed(1), Seed(2))))),
        Blend((Seed(1), Seed(2)), Above((20.0, -20.0)), layers=(0, 2)),
        Blend((Seed(1), Seed(2)), Mask.of(tmp_path / "mask.png")),
    )
    for place in places:
        tiny.save(tmp_path / "one.png", place, VIEW)
        request = Request.read(tmp_path / "one.png")
        assert request == tiny.request(place, VIEW)
        tiny.save(tmp_path / "two.png", request.place, request.view)
        assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


@pytest.mark.parametrize("mode", [Acuity(0.05), LogPolar(), Gaussian(0.1, seed=3)])
def test_foveated_pictures_too(tiny, tmp_path, mode):
    for gaze in ({"gaze_deg": (5.0, -3.0)}, {"gaze_pixel": (10.0, 20.0)}, {}):
        request = tiny.request(4, VIEW, Foveation(**gaze, mode=mode, display_fov_deg=70.0))
        back = Request.from_json(json.loads(json.dumps(request.to_json())))
        assert back == request
        one, two = (tiny.foveate(each.place, each.foveation, each.view).picture for each in (request, back))
        np.testing.assert_array_equal(one, two)


def test_it_says_what_the_grid_settles(tiny):
    request = tiny.request(4)
    assert (request.model, request.fingerprint) == (tiny.name, tiny.model.fingerprint)
    assert (request.view.projection, request.view.width) == ("cylindrical", View().grid(tiny.model.chart).shape[1])


# What panogen 0.5.0 wrote of places, and what is meant by it.
PLACES_OF_05 = {
    "a seed": ({"seed": 4}, Seed(4)),
    "a mix": ({"mix": [{"seed": 4}, {"seed": 9}], "layers": [2, 4]}, Mix(Seed(4), Seed(9), 2)),
    "an edit": (
        {"seed": 4, "edit": {"direction": 1, "strength": 2.5, "layers": [1, 2]}},
        Edit(Seed(4), 1, 2.5, (1, 2)),
    ),
    "half-way on the live page": ({"between": [4, 9], "share": 0.3}, Between(Seed(4), Seed(9), 0.3)),
    "a mean": ({"average": [{"seed": 1}, {"seed": 2}]}, Average((Seed(1), Seed(2)))),
    "a blend": (
        {"blend": [{"seed": 4}, {"seed": 9}], "at_deg": [0.0, 120.0], "softness": 0.5, "kernel": "smoothstep"},
        Blend((Seed(4), Seed(9)), Around((0.0, 120.0), 0.5, "smoothstep")),
    ),
    "a blend in some layers": (
        {
            "blend": [{"seed": 4}, {"seed": 9}],
            "layers": [2, 3],
            "at_deg": [0.0, 120.0],
            "softness": 1,
            "kernel": "even",
        },
        Blend((Seed(4), Seed(9)), Around((0.0, 120.0), 1, "even"), (2, 3)),
    ),
    "a blend over heights": (
        {"blend": [{"seed": 4}, {"seed": 9}], "heights_deg": [20.0, -20.0], "softness": 0.5, "kernel": "smoothstep"},
        Blend((Seed(4), Seed(9)), Above((20.0, -20.0))),
    ),
    "an edit of a blend": (
        {
            "blend": [{"seed": 4}, {"mix": [{"seed": 1}, {"seed": 2}], "layers": [1, 4]}],
            "at_deg": [0.0, 120.0],
            "softness": 0.5,
            "kernel": "linear",
            "edit": {"direction": 0, "strength": 1.0, "layers": [0, 4]},
        },
        Edit(Blend((Seed(4), Mix(Seed(1), Seed(2), 1)), Around((0.0, 120.0), 0.5, "linear")), 0, 1.0, (0, 4)),
    ),
}


@pytest.mark.parametrize("name", PLACES_OF_05)
def test_requests_of_0_5_0_are_read(tiny, tmp_path, name):
    described, expected = PLACES_OF_05[name]
    old = {
        "panogen": "0.5.0",
        "model": "tiny",
        "fingerprint": tiny.model.fingerprint,
        "latents": "0",
        **described,
        "width": 64,
        "height": None,
        "projection": "cylindrical",
        "yaw_deg": 20.0,
    }
    save_picture(tmp_path / "old.png", np.zeros((4, 4, 3), np.uint8), xmp_packet({}, old))
    request = Request.read(tmp_path / "old.png")
    assert request == Request(
        "tiny", tiny.model.fingerprint, expected, View(64, projection="cylindrical", yaw_deg=20.0)
    )
    tiny.field(request.place)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"foveation": {}, "seed": 4}, "foveated, and panogen 0.5 did not say of which weights; foveate it anew"),
        ({"inverted": "photo.jpg"}, "shows a place that panogen 0.5 could not write down"),
        ({"blend": [{"seed": 1}], "mask": "mask.png"}, "shows a place that panogen 0.5 could not write down"),
        ({"walk": [{"seed": 4}], "position": 0.5}, "shows a place that panogen 0.5 could not write down"),
        ({"mix": [{"seed": 1}]}, "makes no sense"),
        ({"seed": "four"}, "seed must be a whole number, got 'four'"),
        ({"seed": 4, "edit": {"direction": 0}}, "makes no sense"),
        ({"seed": 4, "layout": -1}, r"layout must be in \[0, 4294967295\], got -1"),
        (
            {"format": FORMAT + 1, "panogen": "9.0"},
            "format of the request must be 2, got 3; panogen 9.0 made the picture",
        ),
        ({"format": FORMAT}, "makes no sense"),
        ({"format": FORMAT, "place": {"kind": "dream"}, "view": {}, "foveation": None}, "makes no sense"),
    ],
)
def test_what_cannot_be_made_again(changes, message):
    with pytest.raises(UsageError, match=message):
        Request.from_json({"model": "tiny", "fingerprint": "0", **changes})


def test_of_another_model(tiny):
    with pytest.raises(UsageError, match="made by a model 'other' with other weights than 'tiny'; name that one with"):
        tiny.recall(Request("other", "0", Seed(4), VIEW))
