"""PNG."""

import struct
import zlib
from typing import BinaryIO

from typing_extensions import override

from panogen.pictures.formats.vips import VipsFormat, Written

HEADER = 8 + 25  # bytes of the signature and of the first chunk


class PngFormat(VipsFormat):
    """Lossless, 8 bits."""

    @override
    def written(self, file: BinaryIO, packet: str) -> Written:
        return WrittenPng(file, packet)


class WrittenPng(Written):
    """Puts the XMP into an iTXt chunk before the pixels, where viewers look; libvips puts it behind them, compressed.

    https://www.w3.org/TR/png-3/#11iTXt
    """

    def __init__(self, file: BinaryIO, packet: str):
        super().__init__(file)
        self.chunk = itxt("XML:com.adobe.xmp", packet) if packet else b""
        self.begun = b""

    @override
    def __call__(self, data: bytes) -> int:
        if len(self.begun) >= HEADER:
            return super().__call__(data)
        self.begun += data
        if len(self.begun) >= HEADER and super().__call__(self.begun[:HEADER] + self.chunk + self.begun[HEADER:]) < 0:
            return -1
        return len(data)


def itxt(keyword: str, text: str) -> bytes:
    """Return an uncompressed iTXt chunk."""
    content = b"iTXt" + keyword.encode() + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
