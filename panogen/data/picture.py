"""One file: whether it is a picture that can be trained on, and its pixels."""

import errno
import math
import os
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps

from panogen.data.hdr import HDR_SUFFIXES, NOT_A_PICTURE, decode_hdr, hdr_size
from panogen.data.lens import exif_fov_deg
from panogen.data.source import Colours, Pixels, UnusableError
from panogen.data.tone import expose, tone_map

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".heic", ".avif", *HDR_SUFFIXES)
PILLOW_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF")  # all that Pillow is let try: some others run programs
PILLOW_MODES = ("RGB", "RGBA", "L", "LA", "P")
LARGEST_PIXELS = 2**27  # 16384 x 8192; a larger picture is taken for a decompression bomb
SMALLEST = 64  # pixels of a panorama's width, or of a photo's shorter side
EDGE_ROWS = 512  # the edges are compared on about so many rows
FLAT = 1.0  # of 255: neighbouring columns count as at least so different, or clean skies would seem to have a seam


@dataclass(frozen=True)
class FileEntry:
    """What is known of a file once it has been read. ``reason`` says why it is not used; None where it is.

    Width and height are those of the upright picture. ``orientation`` is EXIF's, 1 where the file is upright already.
    ``fov_deg`` is the field of view along the longer side, ``fov_from`` where that comes from. ``edge_ratio`` compares
    the step from the last column to the first with the steps between neighbours; None where it was not looked at.
    """

    name: str
    bytes: int = 0
    mtime_ns: int = 0
    width: int = 0
    height: int = 0
    orientation: int = 1
    fov_deg: float | None = None
    fov_from: str | None = None
    edge_ratio: float | None = None
    reason: str | None = None


def examine(path: Path) -> FileEntry:
    """Look at a file's header, then decode all of it."""
    entry = FileEntry(path.name)
    try:
        status = path.stat()
        entry = replace(entry, bytes=status.st_size, mtime_ns=status.st_mtime_ns)
        if not stat.S_ISREG(status.st_mode):
            raise UnusableError("unreadable (not a regular file)")
        if not status.st_size:
            raise UnusableError("empty file")
        path.open("rb").close()  # whether it may be read, before decoders say it in their ways
        entry = replace(entry, **read_header(path))
        pixels = decode(path)
        if entry.width == 2 * entry.height:
            entry = replace(entry, edge_ratio=round(edge_ratio(displayed(pixels)), 3))
    except UnusableError as error:
        return replace(entry, reason=str(error))
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EIO, errno.ELOOP):
            return replace(entry, reason=f"unreadable ({os.strerror(error.errno)})")
        return replace(entry, reason=f"broken ({error})")
    except Exception as error:  # a broken file makes decoders fail in any way
        said = str(error).replace(str(path), path.name) or type(error).__name__
        return replace(entry, reason=f"broken ({said})")
    return entry


def read_header(path: Path) -> dict[str, Any]:
    """Size, orientation and field of view, as fields of an entry. Raises UnusableError for what is not decoded."""
    if path.suffix.lower() in HDR_SUFFIXES:
        width, height = hdr_size(path)
        refuse_bomb(width, height)
        return {"width": width, "height": height}
    try:
        image = Image.open(path, formats=PILLOW_FORMATS)
    except Image.DecompressionBombError:
        raise UnusableError(f"too many pixels (more than {LARGEST_PIXELS})") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise UnusableError(NOT_A_PICTURE) from None
    with image:
        refuse_bomb(*image.size)
        # Phones put a second picture, such as a map of gains, behind the first one: MPO, which is not animated.
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise UnusableError("animated, or of several pages")
        if image.mode.startswith("I") or ";16" in str(image.tile):  # the latter Pillow reads as 8 bit
            raise UnusableError("16 bit, wanted 8 bit a channel")
        if image.mode not in PILLOW_MODES:
            raise UnusableError(f"colour mode {image.mode}, wanted RGB")
        exif = image.getexif()
        orientation = int(exif.get(ExifTags.Base.Orientation, 1))
        orientation = orientation if orientation in range(2, 9) else 1  # some software writes 0
        width, height = image.size if orientation < 5 else image.size[::-1]
        fov_deg, fov_from = exif_fov_deg(dict(exif.get_ifd(ExifTags.IFD.Exif)), image.size)
    return {
        "width": width,
        "height": height,
        "orientation": orientation,
        "fov_deg": fov_deg,
        "fov_from": fov_from,
    }


def refuse_bomb(width: int, height: int) -> None:
    """Raise UnusableError for a picture that would fill the memory."""
    if width * height > LARGEST_PIXELS:
        raise UnusableError(f"too many pixels ({width} x {height}, at most {LARGEST_PIXELS})")


def decode(path: Path) -> Colours:
    """Read an upright picture (H, W, 3): display colours as uint8, or the light of an HDR file as float32."""
    if path.suffix.lower() in HDR_SUFFIXES:
        return decode_hdr(path)
    with Image.open(path, formats=PILLOW_FORMATS) as image:
        return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def displayed(pixels: Colours) -> Pixels:
    """Display colours of what ``decode`` gives."""
    return pixels if pixels.dtype == np.uint8 else tone_map(expose(pixels))


def edge_ratio(pixels: Pixels) -> float:
    """Mean step from the last column to the first, in mean steps between neighbouring columns (at least ``FLAT``)."""
    columns = pixels[:: math.ceil(len(pixels) / EDGE_ROWS)].astype(np.int16)
    seam = np.abs(columns[:, 0] - columns[:, -1]).mean()
    return float(seam / max(np.abs(np.diff(columns, axis=1)).mean(), FLAT))
