"""What a sink is: a format of files, and how a picture becomes one."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

from numpy.typing import NDArray

from panogen.base.errors import UsageError, explained

BAND = 64  # rows


def check_writable(path: Path) -> None:
    """Raise UsageError unless a file can be put there; better now than after the work."""
    folder = path.parent
    with explained(f"output {str(path)!r} cannot be written", UsageError):
        if not folder.is_dir():
            raise UsageError(f"output folder {str(folder)!r} does not exist; create it first")
        if path.is_dir():
            raise UsageError(f"output {str(path)!r} is a folder; give a file name in it")
        with tempfile.TemporaryFile(dir=folder):
            pass


def bands(image: Any) -> Iterator[NDArray[Any]]:
    """The rows (n, width, channels) of a ``pyvips.Image``, so many at a time."""
    for top in range(0, image.height, BAND):
        yield image.crop(0, top, image.width, min(BAND, image.height - top)).numpy()


class Sink:
    """A format of files: its name, what it holds, and ``encode``."""

    format: ClassVar[str]
    largest_side: ClassVar[int]
    dtype: ClassVar[str] = "uint8"  # float32 for light
    transparent: ClassVar[bool] = True  # whether it holds opacity
    largest_packet: ClassVar[int] = 2**24  # bytes of XMP

    @classmethod
    def check(cls, shape: tuple[int, int], channels: int = 3, packet: str = "") -> None:
        """Raise UsageError, before a pixel is computed, where the format cannot hold a picture (rows, columns)."""
        rows, columns = shape
        if max(shape) > cls.largest_side:
            raise UsageError(
                f"{cls.format} holds at most {cls.largest_side} pixels a side, got {columns} x {rows}; use .tif or .png"
            )
        if channels == 4 and not cls.transparent:
            raise UsageError(f"{cls.format} holds no transparency; use .png, .webp, .tif or .exr")
        if len(packet.encode()) > cls.largest_packet:
            raise UsageError(
                f"{cls.format} holds at most {cls.largest_packet} bytes about a picture, got {len(packet.encode())}; "
                "use .png or .tif"
            )

    @classmethod
    def encode(cls, image: Any, file: BinaryIO, packet: str) -> None:
        """Write a ``pyvips.Image`` in this format, with an XMP packet. Raises OSError."""
        raise NotImplementedError
