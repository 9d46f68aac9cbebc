"""WebP."""

from typing import Any, ClassVar

from panogen.pictures.formats.vips import VipsSink


class WebpSink(VipsSink):
    """Quality 95. libwebp takes the picture as a whole, so memory grows with it."""

    format = "WebP"
    largest_side = 16_383
    saver = "webpsave"
    settings: ClassVar[dict[str, Any]] = {"Q": 95, "smart_subsample": True, "exact": True, "keep": "xmp"}
