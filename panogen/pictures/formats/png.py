"""PNG."""

import struct
import zlib
from typing import BinaryIO

from typing_extensions import override

from panogen.pictures.formats.vips import VipsFormat, Written

HEADER = 8 + 25  # bytes of the signature and of the first chunk
PERCEPTUAL = b"\0"  # the intent
CODES = bytes([1, 13, 0, 1])  # ITU-T H.273: primaries of BT.709, transfer of sRGB, no matrix, full range


class PngFormat(VipsFormat):
    """Lossless, 8 bits."""

    @override
    def written(self, file: BinaryIO, packet: str) -> Written:
        return WrittenPng(file, packet)


class WrittenPng(Written):
    """Puts before the pixels that colours are sRGB, for old readers and for new ones, and the XMP, where viewers look.

    libvips puts XMP behind the pixels, compressed. https://www.w3.org/TR/png-3/#4Concepts.AncillInfo
    """

    def __init__(self, file: BinaryIO, packet: str):
        super().__init__(file)
        self.chunks = chunk(b"cICP", CODES) + chunk(b"sRGB", PERCEPTUAL)
        if packet:
            self.chunks += itxt("XML:com.adobe.xmp", packet)
        self.begun = b""

    @override
    def __call__(self, data: bytes) -> int:
        if len(self.begun) >= HEADER:
            return super().__call__(data)
        self.begun += data
        if len(self.begun) >= HEADER and super().__call__(self.begun[:HEADER] + self.chunks + self.begun[HEADER:]) < 0:
            return -1
        return len(data)


def itxt(keyword: str, text: str) -> bytes:
    """Return an uncompressed iTXt chunk."""
    return chunk(b"iTXt", keyword.encode() + b"\0\0\0\0\0" + text.encode())


def chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk: its length, its kind, what is in it, and the checksum of both."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
