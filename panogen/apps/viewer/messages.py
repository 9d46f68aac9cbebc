"""What a page may say, and what it is told. All that comes in is checked here, before anything is done with it."""

import json
import struct
from dataclasses import dataclass, fields, replace
from typing import Any

from panogen.base.arguments import told_json
from panogen.base.errors import UsageError
from panogen.grids import GRIDS
from panogen.grids.view import STRONGEST_TRUNCATION
from panogen.latents import MAX_SEED
from panogen.pictures.formats import FORMATS

LARGEST_MESSAGE = 4096  # bytes that a page may send at once
LARGEST_NUMBER = 2**53 - 1  # a page's numbers are doubles
SUFFIXES = (".png", ".jpg")
LARGEST_SIDE = min(FORMATS[suffix].largest_side for suffix in SUFFIXES)  # of a saved picture
BETWEEN, AROUND = WAYS_TO_BLEND = ("between", "around")

WHOLE = {
    "number": (0, LARGEST_NUMBER),
    "width": (16, LARGEST_SIDE),
    "height": (16, LARGEST_SIDE),
    "seed": (0, MAX_SEED),
    "other": (0, MAX_SEED),
    "layout": (0, MAX_SEED),
}
NUMBERS = {
    "share": (0.0, 1.0),
    "truncation": (-STRONGEST_TRUNCATION, STRONGEST_TRUNCATION),
    "yaw_deg": (-360.0, 360.0),
    "pitch_deg": (-90.0, 90.0),
    "fov_deg": (1.0, 170.0),
    "gaze_x": (0.0, 1.0),
    "gaze_y": (0.0, 1.0),
}
FLAGS = ("foveated", "heat")
OPTIONAL = ("layout", "blend")  # a message may leave them out
NULLABLE = ("layout", "seed")


@dataclass(frozen=True)
class Look:
    """A picture that a page asks for, numbered by it. Raises UsageError.

    With the ``blend`` "between" a picture is a ``share`` of the way from the place ``seed``, None for the one that the
    page opened with, to the place ``other``; with "around" it has both, the first ahead and the other behind. The gaze
    is a share of the picture, from the left and from the top. ``height`` and ``fov_deg`` count for a perspective
    picture only; others have their own. A message may leave out ``blend`` for "between", and ``layout`` for None, which
    means the layouts of the two places.
    """

    number: int
    width: int
    height: int
    seed: int | None
    other: int
    share: float
    truncation: float
    projection: str
    yaw_deg: float
    pitch_deg: float
    fov_deg: float
    gaze_x: float
    gaze_y: float
    foveated: bool
    heat: bool
    layout: int | None = None
    blend: str = BETWEEN

    def __post_init__(self) -> None:
        for name, (low, high) in WHOLE.items():
            value = getattr(self, name)
            if name in NULLABLE and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
                raise UsageError(f"{name} must be a whole number in [{low}, {high}], got {told_json(value)}")
        for name, (least, most) in NUMBERS.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
                raise UsageError(f"{name} must be a number in [{least:g}, {most:g}], got {told_json(value)}")
        for name in FLAGS:
            if not isinstance(getattr(self, name), bool):
                raise UsageError(f"{name} must be true or false, got {told_json(getattr(self, name))}")
        for name, choices in (("projection", tuple(GRIDS)), ("blend", WAYS_TO_BLEND)):
            if getattr(self, name) not in choices:
                raise UsageError(f"{name} must be one of {', '.join(choices)}, got {told_json(getattr(self, name))}")

    @property
    def scene(self) -> "Look":
        """Return what is shown, wherever its samples are. Looks of one scene are the same picture in full."""
        return replace(self, number=0, gaze_x=0.5, gaze_y=0.5, foveated=True, heat=False)


@dataclass(frozen=True)
class Save:
    """A look to be rendered at its size in full quality, as a file with a suffix. Raises UsageError."""

    look: Look
    suffix: str

    def __post_init__(self) -> None:
        if self.suffix not in SUFFIXES:
            raise UsageError(f"suffix must be one of {', '.join(SUFFIXES)}, got {told_json(self.suffix)}")


@dataclass(frozen=True)
class Cancel:
    """No picture is to be saved any more."""


FIELDS = tuple(field.name for field in fields(Look))


def parse(text: str) -> Look | Save | Cancel:
    """Read a message of a page. Raises UsageError."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        raise UsageError(f"a message must be JSON, got {told_json(text)}") from None
    if not isinstance(message, dict):
        raise UsageError(f"a message must be an object, got {told_json(message)}")
    kind = message.pop("kind", None)
    if kind == "cancel" and not message:
        return Cancel()
    if kind == "save":
        suffix = message.pop("suffix", None)
        return Save(_look(message), suffix)
    if kind == "look":
        return _look(message)
    raise UsageError(f"kind must be one of look, save, cancel, got {told_json(kind)}")


def _look(message: dict[str, Any]) -> Look:
    missing = [name for name in FIELDS if name not in message and name not in OPTIONAL]
    unknown = [name for name in message if name not in FIELDS]
    if missing or unknown:
        wrong, name = ("lacks", missing[0]) if missing else ("has no field", unknown[0])
        raise UsageError(f"a look {wrong} {told_json(name)}; it has {', '.join(FIELDS)}")
    return Look(**message)


def packed(header: dict[str, Any], content: bytes) -> bytes:
    """Pack a binary message: the length of its header in four bytes, the highest first, the header as JSON, content."""
    head = json.dumps(header).encode()
    return struct.pack(">I", len(head)) + head + content
