import json

import pytest

from panogen.apps.viewer.messages import Cancel, Look, Save, packed, parse
from panogen.base.errors import UsageError
from tests.apps.viewer.conftest import LOOK, unpacked


def text(kind="look", **more):
    return json.dumps({"kind": kind, **LOOK, **more})


def test_messages_are_understood():
    look = parse(text())
    assert look == Look(**LOOK)
    assert look.layout is None
    assert parse(text(layout=None)) == look
    assert parse(text(layout=7)) == Look(**LOOK, layout=7)
    assert look.blend == "between"
    assert parse(text(blend="around")) == Look(**LOOK, blend="around")
    assert parse(text("save", suffix=".png")) == Save(look, ".png")
    assert parse('{"kind": "cancel"}') == Cancel()


def test_binary_messages_come_back():
    assert unpacked(packed({"kind": "frame", "name": "ü"}, b"\0\1")) == ({"kind": "frame", "name": "ü"}, b"\0\1")


def test_looks_of_one_scene_differ_in_their_samples_only():
    look = Look(**LOOK)
    assert (
        Look(**{**LOOK, "number": 7, "gaze_x": 0.1, "gaze_y": 0.9, "heat": True, "foveated": False}).scene == look.scene
    )
    for name, value in {"layout": 7, "blend": "around", "yaw_deg": 1.0, "seed": 5, "share": 0.1, "width": 66}.items():
        assert Look(**{**LOOK, name: value}).scene != look.scene


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "a message must be JSON, got"),
        ("{", "a message must be JSON"),
        ("[" * 4000, "a message must be JSON"),
        ("1" * 4000 + "e", "a message must be JSON"),
        ("9" * 5000, "a message must be JSON"),
        ("[1]", r"a message must be an object, got \[1\]"),
        ("null", "a message must be an object, got null"),
        ("{}", "kind must be one of look, save, cancel, got null"),
        ('{"kind": {"a": []}}', "kind must be one of look, save, cancel, got {"),
        ('{"kind": "cancel", "all": 1}', 'kind must be one of look, save, cancel, got "cancel"'),
        ('{"kind": "look"}', 'a look lacks "number"'),
        (text(self=1), 'a look has no field "self"'),
        (text(__class__=1), 'a look has no field "__class__"'),
        (text(seed=-1), r"seed must be a whole number in \[0, 4294967295\], got -1"),
        (text(seed=1.5), "seed must be a whole number"),
        (text(seed="4"), 'seed must be a whole number in .*, got "4"'),
        (text(seed=True), "seed must be a whole number"),
        (text(layout=-1), r"layout must be a whole number in \[0, 4294967295\], got -1"),
        (text(layout=2**64), "layout must be a whole number in .*, got 18446744073709551616"),
        (text(layout=""), 'layout must be a whole number in .*, got ""'),
        (text(layout=False), "layout must be a whole number in .*, got false"),
        (text(other=None), "other must be a whole number in .*, got null"),
        (text(number=2**53), "number must be a whole number"),
        (text(width=0), r"width must be a whole number in \[16, 65500\], got 0"),
        (text(width=10**400), "width must be a whole number"),
        (text(height=None), "height must be a whole number in .*, got null"),
        (text(yaw_deg=float("nan")), r"yaw_deg must be a number in \[-360, 360\], got NaN"),
        (text(fov_deg=float("inf")), "fov_deg must be a number"),
        (text(fov_deg=180), r"fov_deg must be a number in \[1, 170\], got 180"),
        (text(pitch_deg=91), "pitch_deg must be a number"),
        (text(truncation=-3), "truncation must be a number"),
        (text(share=1.01), "share must be a number"),
        (text(gaze_x=[0.5]), r"gaze_x must be a number in \[0, 1\], got \[0.5\]"),
        (text(gaze_y=False), "gaze_y must be a number"),
        (text(foveated=1), "foveated must be true or false, got 1"),
        (text(projection="cube"), 'projection must be one of cylindrical, equirectangular, .*, points, got "cube"'),
        (text(projection=[]), "projection must be one of"),
        (text(blend="above"), 'blend must be one of between, around, got "above"'),
        (text(blend=["around"]), "blend must be one of"),
        (text("save"), "suffix must be one of .png, .jpg, got null"),
        (text("save", suffix="/../x.png"), "suffix must be one of"),
        (text("save", suffix={}), "suffix must be one of"),
        (text("save", suffix=".png", fov_deg="wide"), "fov_deg must be a number"),
    ],
)
def test_messages_that_make_no_sense(message, reason):
    with pytest.raises(UsageError, match=reason):
        parse(message)
