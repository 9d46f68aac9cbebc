"""Where a picture lies on the sphere, as its file says: GPano."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from panogen.decoding.reasons import NonsenseError, UnusableError

ODD_COLUMNS = 4  # by so many a width may differ from twice the height: a pixel or two of the height
PIXEL = 1.5  # by how many pixels fields may contradict each other: programs round


@dataclass(frozen=True)
class Part:
    """What part of an equirectangular panorama a picture is, in the picture's own pixels, and how its camera stood.

    The panorama has ``full_width`` x ``full_height`` pixels; the picture's upper left corner lies at ``left`` and
    ``top`` of it. Pitch is positive where the camera looks up, roll where it turns clockwise.
    """

    full_width: float
    full_height: float
    left: float = 0.0
    top: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    @classmethod
    def whole(cls, width: int, height: int) -> Part:
        """Return all of a panorama."""
        return cls(float(width), float(height))


def shows_all(width: int, height: int) -> bool:
    """Whether a picture is twice as wide as high, but for a pixel or two, as all of a panorama is."""
    return abs(width - 2 * height) <= min(ODD_COLUMNS, width / 50)


def part_of(fields: dict[str, str], width: int, height: int) -> Part | None:
    """Return where GPano's fields put a picture of a size, or None where they say nothing of that.

    https://developers.google.com/streetview/spherical-metadata. Pictures that were scaled since keep their place.
    Raises UnusableError for another projection, NonsenseError.
    """
    projection = fields.get("ProjectionType", "").strip().lower()
    if projection not in ("", "equirectangular"):
        raise UnusableError(f"projection {projection!r}, as its GPano says, wanted equirectangular")
    sides = {
        name: _number(fields, name)
        for name in (
            *("FullPanoWidthPixels", "FullPanoHeightPixels", "CroppedAreaImageWidthPixels"),
            *("CroppedAreaImageHeightPixels", "CroppedAreaLeftPixels", "CroppedAreaTopPixels"),
        )
    }
    full_width, full_height, crop_width, crop_height, left, top = sides.values()
    pitch_deg, roll_deg = (_number(fields, f"Pose{axis}Degrees") or 0.0 for axis in ("Pitch", "Roll"))
    if not full_width or not full_height:
        if pitch_deg or roll_deg:
            whole = Part.whole(width, height)
            return replace(whole, pitch_deg=pitch_deg, roll_deg=roll_deg) if shows_all(width, height) else None
        return None
    crop_width, crop_height = crop_width or full_width, crop_height or full_height
    left, top = left or 0.0, top or 0.0
    inside = (
        min(left, top) >= 0
        and min(full_width, full_height, crop_width, crop_height) > 0
        and left + crop_width <= full_width + PIXEL
        and top + crop_height <= full_height + PIXEL
    )
    scale = width / crop_width
    if not inside or abs(crop_height * scale - height) > PIXEL * max(1.0, scale):
        told = ", ".join(f"{name} {value:g}" for name, value in sides.items() if value is not None)
        raise NonsenseError(f"its GPano makes no sense for {width} x {height} pixels ({told})")
    down = height / crop_height
    return Part(full_width * scale, full_height * down, left * scale, top * down, pitch_deg, roll_deg)


def _number(fields: dict[str, Any], name: str) -> float | None:
    # None where the field is missing.
    if name not in fields:
        return None
    try:
        number = float(fields[name])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise NonsenseError(f"its GPano makes no sense ({name} {fields[name]!r})")
    return number
