"""OpenEXR: light, for those who light scenes with it."""

import os
import struct
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from typing_extensions import override

from panogen.base.colour import REC709
from panogen.base.extras import require
from panogen.pictures.formats.base import Format, strips

ATTRIBUTE = 2 * b"chromaticities\0" + struct.pack("<i", 32)  # its name, its type and its length; before the XMP
SEARCHED = 2**12  # bytes


class ExrFormat(Format):
    """Linear light of Rec. 709 primaries in [0, 1], 32 bits, ZIP compression; opacity is premultiplied."""

    @override
    def check(self, shape: tuple[int, int], channels: int = 3, packet: str = "") -> None:
        super().check(shape, channels, packet)
        require("exr", "writing .exr needs OpenEXR", "; or use .tif or .png")

    @override
    def encode(self, image: Any, file: BinaryIO, packet: str) -> None:
        import Imath
        import OpenEXR

        header = OpenEXR.Header(image.width, image.height)
        names = "RGBA"[: image.bands]
        header["channels"] = {name: Imath.Channel(Imath.PixelType(Imath.PixelType.FLOAT)) for name in names}
        header["chromaticities"] = Imath.Chromaticities(*[Imath.chromaticity(0, 0)] * 4)
        header["xmp"] = packet.encode()
        output = OpenEXR.OutputFile(os.fsencode(file.name), header)
        try:
            for rows in strips(image):
                channels = {name: rows[..., k].astype("<f4").tobytes() for k, name in enumerate(names)}
                output.writePixels(channels, len(rows))
        except RuntimeError as error:
            raise OSError(str(error)) from None
        finally:
            output.close()
        write_primaries(Path(os.fsdecode(file.name)))


def write_primaries(path: Path) -> None:
    """Put Rec. 709's into a header, for the library makes whole numbers of them. Raises OSError."""
    with path.open("r+b") as file:
        file.seek(file.read(SEARCHED).index(ATTRIBUTE) + len(ATTRIBUTE))
        file.write(struct.pack("<8f", *chain(*REC709)))
