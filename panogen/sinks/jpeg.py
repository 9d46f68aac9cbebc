"""JPEG."""

from typing import Any, BinaryIO

from PIL import Image

from panogen.sinks.base import Sink
from panogen.sinks.gpano import xmp_packet


class JpegSink(Sink):
    """Quality 95, full colour resolution; GPano in an XMP segment."""

    format = "JPEG"
    largest_side = 65_500

    def encode(self, image: Image.Image, file: BinaryIO) -> None:
        """See ``Sink``."""
        extra: dict[str, Any] = {}
        if gpano := self.metadata.get("gpano"):
            extra["xmp"] = xmp_packet(gpano).encode()
        if self.made_by is not None:
            extra["comment"] = self.made_by
        image.save(file, "JPEG", quality=95, subsampling=0, **extra)
