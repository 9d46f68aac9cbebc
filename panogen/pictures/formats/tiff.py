"""TIFF, BigTIFF where it has to be."""

from pathlib import Path
from typing import Any, BinaryIO

from typing_extensions import override

from panogen.pictures.canvas.tiff import Form, tiff_header
from panogen.pictures.formats.base import Format, strips


class TiffFormat(Format):
    """Uncompressed, 8 bits: the form of a canvas, which becomes the file where there is one."""

    @override
    def encode(self, image: Any, file: BinaryIO, packet: str) -> None:
        form = Form((image.height, image.width), image.bands, self.dtype)
        file.write(tiff_header(form, packet, Path(file.name)))
        for rows in strips(image):
            file.write(rows.tobytes())
