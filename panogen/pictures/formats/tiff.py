"""TIFF, BigTIFF where it has to be."""

from pathlib import Path
from typing import Any, BinaryIO

from panogen.grids import LARGEST_SIDE
from panogen.pictures.canvas import Form, tiff_header
from panogen.pictures.formats.base import Sink, bands


class TiffSink(Sink):
    """Uncompressed, 8 bits: the form of a canvas, which becomes the file where there is one."""

    format = "TIFF"
    largest_side = LARGEST_SIDE

    @classmethod
    def encode(cls, image: Any, file: BinaryIO, packet: str) -> None:
        """See ``Sink``."""
        form = Form((image.height, image.width), image.bands, cls.dtype)
        file.write(tiff_header(form, packet, Path(file.name)))
        for rows in bands(image):
            file.write(rows.tobytes())
