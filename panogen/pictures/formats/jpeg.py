"""JPEG."""

from typing import Any, ClassVar

from panogen.pictures.formats.vips import VipsSink


class JpegSink(VipsSink):
    """Quality 95, full colour resolution."""

    format = "JPEG"
    largest_side = 65_500
    transparent = False
    largest_packet = 65_502  # one segment
    saver = "jpegsave"
    settings: ClassVar[dict[str, Any]] = {"Q": 95, "subsample_mode": "off", "keep": "xmp"}
