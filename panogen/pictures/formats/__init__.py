"""Sinks: where pictures go, one file a format, chosen by suffix. A new one is a file and a line here."""

import shlex
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from panogen.base.errors import UsageError
from panogen.base.files import whole_file
from panogen.pictures.formats.avif import AvifSink
from panogen.pictures.formats.base import Sink, check_writable
from panogen.pictures.formats.exr import ExrSink
from panogen.pictures.formats.jpeg import JpegSink
from panogen.pictures.formats.png import PngSink
from panogen.pictures.formats.tiff import TiffSink
from panogen.pictures.formats.vips import save_image
from panogen.pictures.formats.webp import WebpSink
from panogen.pictures.formats.xmp import read_request, xmp_packet

SINKS: dict[str, type[Sink]] = {
    ".png": PngSink,
    ".jpg": JpegSink,
    ".jpeg": JpegSink,
    ".webp": WebpSink,
    ".avif": AvifSink,
    ".tif": TiffSink,
    ".tiff": TiffSink,
    ".exr": ExrSink,
}


def sink_for(path: Path) -> type[Sink]:
    """The format that a path's suffix names. Raises UsageError.

    Deep Zoom is none: a file and a folder of tiles, which could neither appear nor be replaced in one step.
    """
    sink = SINKS.get(path.suffix.lower())
    if path.suffix.lower() == ".dzi":
        folder = shlex.quote(str(path.with_suffix("")))
        raise UsageError(
            f"{path.name!r} is no file but many tiles, which go into a folder: panogen export --tiling dzi {folder}"
        )
    if sink is None:
        raise UsageError(f"suffix of {path.name!r} must be one of {', '.join(SINKS)}, got {path.suffix!r}")
    return sink


def save_picture(path: Path, picture: NDArray[np.uint8], packet: str = "") -> None:
    """Write a picture (H, W, 3 or 4) uint8 with an XMP packet, whole or not at all. Raises UsageError or OSError."""
    import pyvips

    sink = sink_for(path)
    if sink.dtype != str(picture.dtype):
        raise UsageError(f"{sink.format} holds light and this is a picture of 8 bits; use .png or .tif")
    sink.check(picture.shape[:2], picture.shape[2], packet)
    image = pyvips.Image.new_from_array(np.ascontiguousarray(picture)).copy(interpretation="srgb")
    with whole_file(path) as file:
        sink.encode(image, file, packet)


__all__ = [
    "SINKS",
    "Sink",
    "TiffSink",
    "check_writable",
    "read_request",
    "save_image",
    "save_picture",
    "sink_for",
    "xmp_packet",
]
