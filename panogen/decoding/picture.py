"""A picture's file, whatever its format: what it says, and its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from PIL import ExifTags

from panogen.base.arrays import Colours, Pixels
from panogen.base.xmp import GPANO, fields, packets, parsed
from panogen.decoding import light, stills
from panogen.decoding.exif import exif_fov_deg
from panogen.decoding.reasons import NonsenseError
from panogen.decoding.sphere import Part, part_of
from panogen.decoding.tone import expose, tone_map

SUFFIXES = (*stills.SUFFIXES, *light.SUFFIXES)


@dataclass(frozen=True)
class About:
    """What a file says of its picture.

    Width and height are those of the upright picture. ``orientation`` is EXIF's, 1 where the file is upright already.
    ``fov_deg`` is the field of view along the longer side, ``fov_from`` where that comes from. ``part`` is where it
    lies on the sphere; ``notes`` are remarks that made no sense and were left out.
    """

    width: int
    height: int
    orientation: int = 1
    fov_deg: float | None = None
    fov_from: str | None = None
    part: Part | None = None
    notes: tuple[str, ...] = ()


def about(path: Path) -> About:
    """Read a file's header. Raises UnusableError for what is not decoded, OSError."""
    if path.suffix.lower() in light.SUFFIXES:
        width, height = light.size(path)
        stills.refuse_bomb(width, height)
        return About(width, height)
    with stills.opened(path) as still:
        stills.check(still.image)
        orientation, size = still.orientation, still.image.size
        turned = size if orientation < 5 else size[::-1]
        stored, (width, height) = (turned, size) if still.turn is None else (size, turned)
        fov_deg, fov_from = exif_fov_deg(still.exif(ExifTags.IFD.Exif), stored)
        part = None
        try:
            part = part_of(gpano(path, still.image.info.get("xmp")), width, height)
        except NonsenseError as error:
            still.note(str(error))
        return About(width, height, orientation, fov_deg, fov_from, part, tuple(still.notes))


def gpano(path: Path, packet: bytes | str | None) -> dict[str, str]:
    """Return GPano's fields of a file, from its XMP packet where the decoder has found one. Raises NonsenseError."""
    try:
        found = [parsed(packet)] if packet else packets(path)
        for one in found:
            if told := fields(one, GPANO):
                return told
    except (ElementTree.ParseError, LookupError, ValueError):
        raise NonsenseError("its XMP cannot be read") from None
    return {}


def decode(path: Path) -> Colours:
    """Read an upright picture (H, W, 3): display colours as uint8, or the light of an HDR file as float32.

    Raises UnusableError for one that is not opaque, and any error for a broken file.
    """
    return decode_with_notes(path)[0]


def decode_with_notes(path: Path) -> tuple[Colours, tuple[str, ...]]:
    """Return what ``decode`` does, and notes on what made no sense in its colours."""
    if path.suffix.lower() in light.SUFFIXES:
        return light.decode_with_notes(path)
    with stills.opened(path) as still:
        stills.check(still.image)
        return stills.decode(still), tuple(still.notes)


def displayed(pixels: Colours) -> Pixels:
    """Display colours of what ``decode`` gives."""
    return pixels if pixels.dtype == "uint8" else tone_map(expose(pixels))
