"""PNG."""

from typing import BinaryIO

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from panogen.grids import LARGEST_SIDE
from panogen.sinks.base import Sink
from panogen.sinks.gpano import xmp_packet


class PngSink(Sink):
    """Lossless; GPano in an iTXt chunk before the pixels, where viewers look."""

    format = "PNG"
    largest_side = LARGEST_SIDE

    def encode(self, image: Image.Image, file: BinaryIO) -> None:
        """See ``Sink``."""
        info = PngInfo()
        if gpano := self.metadata.get("gpano"):
            info.add_itxt("XML:com.adobe.xmp", xmp_packet(gpano))
        if self.made_by is not None:
            info.add_itxt("panogen", self.made_by)
        image.save(file, "PNG", pnginfo=info, compress_level=4)
