"""The file of a canvas: a TIFF whose rows lie one behind the other, so that any part can be written at any time."""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from panogen.base.files import part_of

XMP_TAG, BYTES = 700, "B"
LARGEST_TIFF = 2**32 - 2**25  # bytes of pixels; a BigTIFF holds more
STRIP_BYTES = 2**20  # readers take a strip of rows at a time


@dataclass(frozen=True)
class Form:
    """A picture's ``shape`` (rows, columns), ``channels`` (red, green, blue, perhaps opacity), and uint8 or float32."""

    shape: tuple[int, int]
    channels: int = 3
    dtype: str = "uint8"

    @property
    def pixel_bytes(self) -> int:
        """Bytes of a pixel."""
        return self.channels * np.dtype(self.dtype).itemsize

    @property
    def bytes(self) -> int:
        """Bytes of all pixels."""
        return self.shape[0] * self.shape[1] * self.pixel_bytes


@functools.cache
def srgb_profile() -> bytes:
    """Return the ICC profile that libvips has of sRGB, 480 bytes in the public domain (CC0)."""
    import pyvips

    return bytes(pyvips.Operation.call("profile_load", "srgb"))


def tiff_header(form: Form, packet: str, beside: Path) -> bytes:
    """Return the bytes before the pixels in a TIFF of this form, with an XMP packet. Raises OSError.

    The library writes it to a sparse file, which is gone again at once.
    """
    import tifffile

    path = part_of(beside)
    data = packet.encode()
    try:
        with tifffile.TiffWriter(path, bigtiff=form.bytes > LARGEST_TIFF, byteorder="<") as writer:
            written: Any = writer.write(
                None,
                shape=(*form.shape, form.channels),
                dtype=form.dtype,
                photometric="rgb",
                planarconfig="contig",
                extrasamples=["unassalpha"] if form.channels == 4 else None,
                rowsperstrip=max(1, STRIP_BYTES // (form.shape[1] * form.pixel_bytes)),
                software="panogen",
                iccprofile=srgb_profile() if form.dtype == "uint8" else None,
                metadata=None,
                extratags=[(XMP_TAG, BYTES, len(data), data, True)] if data else None,
                returnoffset=True,
            )
        with path.open("rb") as file:
            return file.read(written[0])
    finally:
        path.unlink(missing_ok=True)
