import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from panogen.base.records import ADDED_LATER, LEFT_OUT, Kind, from_json, to_json
from panogen.geometry import CHARTS, Chart, Cylinder, Plane, Sphere
from panogen.networks import (
    DISCRIMINATORS,
    ENCODINGS,
    DiscriminatorConfig,
    EncodingConfig,
    FourierConfig,
    GeneratorConfig,
    OctavesConfig,
    PlanesConfig,
    SkylineConfig,
    StyleGAN2Config,
    TableConfig,
)
from panogen.training import TrainConfig
from panogen.training.presets import PRESETS
from tests.conftest import KNOWING, NARROWING, PARTIAL, TINY
from tests.training.helpers import MODES, config_of

EVERY_KIND = {
    Chart: (CHARTS, [Cylinder(80, "central"), Plane(0.5), Sphere()]),
    EncodingConfig: (
        ENCODINGS,
        [
            FourierConfig(7, 2.5, True, True),
            TableConfig(9, 5, 6),
            OctavesConfig(3, continued=1),
            PlanesConfig(count=2),
            SkylineConfig(gain=0.2),
        ],
    ),
    DiscriminatorConfig: (DISCRIMINATORS, [StyleGAN2Config(channel_base=77)]),
}


class Pet(Kind):
    """Without a kind that older JSON may leave out."""

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        return {"cat": Cat, "dog": Dog}


@dataclass(frozen=True)
class Cat(Pet):
    kind = "cat"
    lives: int = 9


@dataclass(frozen=True)
class Dog(Pet):
    kind = "dog"
    tricks: tuple[str, ...] = ()
    friend: Cat | None = None
    weight: float = 1.0
    owner: str | None = field(default=None, metadata=ADDED_LATER)
    collar: float = field(default=0.0, metadata=LEFT_OUT)
    legs: ClassVar[int] = 4


@dataclass(frozen=True)
class Home:
    pets: tuple[Pet, ...]


def there_and_back(value):
    """Through the text of a file."""
    return from_json(type(value), json.loads(json.dumps(to_json(value))))


@pytest.mark.parametrize("base", EVERY_KIND)
def test_every_kind_comes_back_and_says_what_it_is(base):
    kinds, values = EVERY_KIND[base]
    assert {type(value) for value in values} == set(kinds.values())
    for value in values:
        written = to_json(value)
        assert next(iter(written)) == "kind"
        assert kinds[written["kind"]] is type(value)
        assert from_json(base, json.loads(json.dumps(written))) == value
        assert there_and_back(value) == value


@pytest.mark.parametrize(
    "value",
    [
        TINY,
        *[GeneratorConfig(**{"depth": 5, **changes}) for changes in (*KNOWING.values(), *PARTIAL.values(), NARROWING)],
        *[config_of(mode) for mode in MODES],
        *[preset.config for preset in PRESETS.values()],
        TrainConfig(chart=Sphere()),
        Home((Dog(("sit", "roll"), Cat(3), 2.0, "Ada"), Cat(), Dog())),
    ],
    ids=lambda value: type(value).__name__,
)
def test_configs_come_back(value):
    assert there_and_back(value) == value


def test_whole_numbers_are_numbers_and_come_back_as_such():
    found = from_json(Dog, {"kind": "dog", "tricks": [], "friend": None, "weight": 3})
    assert (found.weight, type(found.weight), found.owner) == (3.0, float, None)


def test_a_field_is_left_out_where_it_has_its_default():
    assert to_json(Dog()).keys() == {"kind", "tricks", "friend", "weight", "owner"}
    assert to_json(Dog(collar=2.0))["collar"] == 2.0
    for collar in (0.0, 2.0):
        assert there_and_back(Dog(collar=collar)) == Dog(collar=collar)
    assert from_json(Dog, {**to_json(Dog()), "collar": 0.0}) == Dog()


def test_what_is_not_said_is_what_older_files_mean():
    assert from_json(Chart, {"vertical_fov_deg": 60.0, "profile": "central"}) == Cylinder(60.0, "central")
    written = to_json(StyleGAN2Config(told_azimuth=True))
    del written["kind"]
    assert from_json(DiscriminatorConfig, written) == StyleGAN2Config(told_azimuth=True)
    for base in (EncodingConfig, Pet):
        with pytest.raises(ValueError, match=f"kind of {base.__name__} must be one of .*, got None"):
            from_json(base, {"channels": 3})


@pytest.mark.parametrize(
    ("cls", "value", "message"),
    [
        (Pet, {"kind": "cow"}, "kind of Pet must be one of cat, dog, got 'cow'"),
        (Pet, {"kind": ["cat"], "lives": 1}, "kind of Pet must be one of cat, dog, got"),
        (Pet, {"kind": 3, "lives": 1}, "kind of Pet must be one of cat, dog, got 3"),
        (
            Cat,
            {"kind": "dog", "tricks": [], "friend": None, "weight": 1.0},
            "kind of Cat must be one of cat, got 'dog'",
        ),
        (Pet, {"kind": "cat"}, r"Cat must have the fields \['lives'\], got \[\]"),
        (Pet, {"kind": "cat", "lives": 1, "tail": 2}, r"Cat must have the fields \['lives'\], got \['lives', 'tail'\]"),
        (Pet, {"kind": "cat", "lives": "9"}, "Cat.lives must be of type int, got '9'"),
        (Pet, {"kind": "cat", "lives": True}, "Cat.lives must be of type int, got True"),
        (Pet, {"kind": "cat", "lives": 1.5}, "Cat.lives must be of type int, got 1.5"),
        (Pet, [], "Pet must be a JSON object, got list"),
        (Pet, {"kind": "dog", "tricks": "sit", "friend": None, "weight": 1.0}, "Dog.tricks must be a list, got 'sit'"),
        (Pet, {"kind": "dog", "tricks": {"sit": 1}, "friend": None, "weight": 1.0}, "Dog.tricks must be a list, got"),
        (Pet, {"kind": "dog", "tricks": 3, "friend": None, "weight": 1.0}, "Dog.tricks must be a list, got 3"),
        (
            Pet,
            {"kind": "dog", "tricks": ["sit", 3], "friend": None, "weight": 1.0},
            "Dog.tricks must be of type str, got 3",
        ),
        (
            Pet,
            {"kind": "dog", "tricks": [], "friend": {"kind": "cat", "lives": None}, "weight": 1.0},
            "Cat.lives must be of type int, got None",
        ),
        (
            Pet,
            {"kind": "dog", "tricks": [], "friend": None, "weight": True},
            "Dog.weight must be of type float, got True",
        ),
        (Pet, {"kind": "dog", "tricks": [], "weight": 1.0}, "Dog must have the fields"),
        (Home, {"pets": [{"kind": "cow"}]}, "kind of Pet must be one of cat, dog, got 'cow'"),
        (Home, {"pets": ["cat"]}, "Pet must be a JSON object, got str"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(cls, value, message):
    with pytest.raises((TypeError, ValueError), match=message):
        from_json(cls, value)


def test_what_was_written_before_a_field_was_there_has_it_off():
    written = to_json(SkylineConfig())
    assert written["staggered"] is True
    assert from_json(SkylineConfig, written).staggered
    del written["staggered"]
    assert not from_json(SkylineConfig, written).staggered
