"""PNG."""

import struct
import zlib
from typing import Any, BinaryIO, ClassVar

from panogen.grids import LARGEST_SIDE
from panogen.pictures.formats.vips import Output, VipsSink

HEADER = 8 + 25  # bytes of the signature and of the first chunk


class PngSink(VipsSink):
    """Lossless, 8 bits."""

    format = "PNG"
    largest_side = LARGEST_SIDE
    saver = "pngsave"
    settings: ClassVar[dict[str, Any]] = {"compression": 4, "keep": "none"}

    @classmethod
    def output(cls, file: BinaryIO, packet: str) -> Output:
        """See ``VipsSink``."""
        return PngOutput(file, packet)


class PngOutput(Output):
    """Puts the XMP into an iTXt chunk before the pixels, where viewers look; libvips puts it behind them, compressed.

    https://www.w3.org/TR/png-3/#11iTXt
    """

    def __init__(self, file: BinaryIO, packet: str):
        super().__init__(file)
        self.chunk = itxt("XML:com.adobe.xmp", packet) if packet else b""
        self.begun = b""

    def __call__(self, data: bytes) -> int:
        """See ``Output``."""
        if len(self.begun) >= HEADER:
            return super().__call__(data)
        self.begun += data
        if len(self.begun) >= HEADER and super().__call__(self.begun[:HEADER] + self.chunk + self.begun[HEADER:]) < 0:
            return -1
        return len(data)


def itxt(keyword: str, text: str) -> bytes:
    """An uncompressed iTXt chunk."""
    content = b"iTXt" + keyword.encode() + b"\0\0\0\0\0" + text.encode()
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
