"""Formats of files, chosen by suffix. A new one is a row here; one that libvips does not write, or not as we want it,
is a file, too. Each says that its colours are sRGB, or what its light is."""

import shlex
from pathlib import Path
from typing import Any

from panogen.base.arrays import Pixels
from panogen.base.errors import UsageError
from panogen.base.files import whole_file
from panogen.pictures.formats.base import Format, check_writable, destination
from panogen.pictures.formats.exr import ExrFormat
from panogen.pictures.formats.png import PngFormat
from panogen.pictures.formats.tiff import TiffFormat
from panogen.pictures.formats.vips import VipsFormat, save_image, vips_image
from panogen.pictures.formats.xmp import read_request, xmp_packet

TIFF = TiffFormat("TIFF")
JPEG = VipsFormat(
    "JPEG",
    largest_side=65_500,
    transparent=False,
    largest_packet=65_502,  # one segment
    saver="jpegsave",
    settings={"Q": 95, "subsample_mode": "off", "keep": "xmp", "profile": "srgb"},
)
# The encoders of WebP and AVIF take a picture as a whole, so memory grows with it.
WEBP = VipsFormat(
    "WebP",
    largest_side=16_383,
    saver="webpsave",
    settings={"Q": 95, "smart_subsample": True, "exact": True, "keep": "xmp", "profile": "srgb"},
)
# Effort 4 took seven times as long for files a tenth smaller, effort 2 no less time for files 40 % larger.
AVIF = VipsFormat(
    "AVIF",
    largest_side=16_384,
    saver="heifsave",
    settings={"compression": "av1", "Q": 85, "effort": 3, "subsample_mode": "off", "keep": "xmp", "profile": "srgb"},
)

FORMATS: dict[str, Format] = {
    ".png": PngFormat("PNG", saver="pngsave", settings={"compression": 4, "keep": "none"}),
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".webp": WEBP,
    ".avif": AVIF,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".exr": ExrFormat("OpenEXR", dtype="float32"),
}


def format_of(path: Path) -> Format:
    """Return the format that a path's suffix names. Raises UsageError.

    Deep Zoom is none: a file and a folder of tiles, which could neither appear nor be replaced in one step.
    """
    found = FORMATS.get(path.suffix.lower())
    if path.suffix.lower() == ".dzi":
        folder = shlex.quote(str(path.with_suffix("")))
        raise UsageError(
            f"{path.name!r} is no file but many tiles, which go into a folder: panogen export --tiling dzi {folder}"
        )
    if found is None:
        raise UsageError(f"suffix of {path.name!r} must be one of {', '.join(FORMATS)}, got {path.suffix!r}")
    return found


def format_for(path: Path, shape: tuple[int, int], channels: int = 3, packet: str = "") -> Format:
    """Return the format of a path, for a picture (rows, columns) of 8 bits. Raises UsageError, before a pixel is
    computed, where it cannot hold that."""
    kind = format_of(path)
    if kind.dtype != "uint8":
        raise UsageError(f"{kind.name} holds light and this is a picture of 8 bits; use .png or .tif")
    kind.check(shape, channels, packet)
    return kind


def save_picture(path: Path, picture: Pixels, packet: str = "") -> None:
    """Write a picture (H, W, 3 or 4) uint8 with an XMP packet, whole or not at all. Raises UsageError or OSError."""
    rows, columns, channels = picture.shape
    kind = format_for(path, (rows, columns), channels, packet)
    with whole_file(path) as file:
        kind.encode(vips_image(picture), file, packet)


def jpeg_bytes(picture: Pixels, **settings: Any) -> bytes:
    """Return a picture (H, W, 3) uint8 as the bytes of a JPEG, with some ``settings`` of libvips other than ours."""
    return bytes(vips_image(picture).jpegsave_buffer(**JPEG.settings | settings))


__all__ = [
    "FORMATS",
    "TIFF",
    "check_writable",
    "destination",
    "format_for",
    "format_of",
    "jpeg_bytes",
    "read_request",
    "save_image",
    "save_picture",
    "xmp_packet",
]
