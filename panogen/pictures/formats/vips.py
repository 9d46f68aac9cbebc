"""Formats that libvips writes, from top to bottom, so that a picture of any size takes little memory."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Pixels
from panogen.pictures.formats.base import Format


@dataclass(frozen=True, kw_only=True)
class VipsFormat(Format):
    """A format of libvips: the name of its saver, and the settings."""

    saver: str
    settings: dict[str, Any]

    @override
    def encode(self, image: Any, file: BinaryIO, packet: str) -> None:
        import pyvips

        if packet:
            image = image.copy()
            image.set_type(pyvips.GValue.blob_type, "xmp-data", packet.encode())
        written = self.written(file, packet)
        target = pyvips.TargetCustom()
        target.on_write(written)
        try:
            save_image(image, f"{self.saver}_target", target, **self.settings)
        except pyvips.Error as error:
            raise written.error or OSError(str(error).strip()) from None

    def written(self, file: BinaryIO, packet: str) -> "Written":
        """Return what takes the bytes of a ``file``."""
        return Written(file)


def vips_image(picture: Pixels) -> Any:
    """Return a picture (H, W, 3 or 4) uint8 as a ``pyvips.Image``."""
    import pyvips

    return pyvips.Image.new_from_array(np.ascontiguousarray(picture)).copy(interpretation="srgb")


def save_image(image: Any, saver: str, *arguments: Any, **settings: Any) -> None:
    """Call a saver of a ``pyvips.Image``, which stops soon after an interruption. Raises ``pyvips.Error``."""
    image.set_progress(True)  # or it could not be stopped
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(getattr(image, saver), *arguments, **settings)
        try:
            saved.result()
        except BaseException:
            image.set_kill(True)
            raise


class Written:
    """Takes bytes for a file, and remembers an error of the system, which libvips would replace by its own."""

    def __init__(self, file: BinaryIO):
        self.file = file
        self.error: OSError | None = None

    def __call__(self, data: bytes) -> int:
        """Take the next bytes; their number, or -1 for an error."""
        try:
            self.file.write(data)
        except OSError as error:
            self.error = error
            return -1
        return len(data)
