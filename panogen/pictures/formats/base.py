"""What a format of files is, and how a picture becomes one."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from panogen.base.arrays import Colours
from panogen.base.errors import UsageError, explained
from panogen.base.files import target_of
from panogen.grids import LARGEST_SIDE

STRIP = 64  # rows


def check_writable(path: Path) -> None:
    """Raise UsageError unless a file can be put there; better now than after the work."""
    target = destination(path)
    folder = target.parent
    with explained(f"output {str(path)!r} cannot be written", UsageError):
        if not folder.is_dir():
            raise UsageError(f"output folder {str(folder)!r} does not exist; create it first")
        if target.is_dir():
            raise UsageError(f"output {str(path)!r} is a folder; give a file name in it")
        if target.exists() and not target.is_file():
            raise UsageError(f"output {str(path)!r} is a device or a pipe, which no file can replace; give a file name")
        with tempfile.TemporaryFile(dir=folder):
            pass


def destination(path: Path) -> Path:
    """Return the file that takes the output of a path: what a symbolic link leads to. Raises UsageError where that is
    nothing."""
    with explained(f"output {str(path)!r} cannot be written", UsageError):
        return target_of(path)


def strips(image: Any) -> Iterator[Colours]:
    """Yield a ``pyvips.Image`` in strips of rows (n, width, channels), from the top."""
    for top in range(0, image.height, STRIP):
        yield image.crop(0, top, image.width, min(STRIP, image.height - top)).numpy()


@dataclass(frozen=True)
class Format:
    """A kind of file: what it is called, what it holds, and ``encode``.

    ``largest_side`` is in pixels, ``dtype`` uint8 for display colours or float32 for light. ``transparent`` says
    whether it holds opacity, ``largest_packet`` how many bytes of XMP.
    """

    name: str
    largest_side: int = LARGEST_SIDE
    dtype: str = "uint8"
    transparent: bool = True
    largest_packet: int = 2**24

    def check(self, shape: tuple[int, int], channels: int = 3, packet: str = "") -> None:
        """Raise UsageError, before a pixel is computed, where the format cannot hold a picture (rows, columns)."""
        rows, columns = shape
        if max(shape) > self.largest_side:
            way_out = "use .tif or .png"
            if max(shape) > LARGEST_SIDE:
                way_out = "no format holds more, but a file of points may be (rows, columns, 3)"
            raise UsageError(
                f"{self.name} holds at most {self.largest_side} pixels a side, got {columns} x {rows}; {way_out}"
            )
        if channels == 4 and not self.transparent:
            raise UsageError(f"{self.name} holds no transparency; use .png, .webp, .avif, .tif or .exr")
        if len(packet.encode()) > self.largest_packet:
            raise UsageError(
                f"{self.name} holds at most {self.largest_packet} bytes about a picture, got {len(packet.encode())}; "
                "use .png or .tif"
            )

    def encode(self, image: Any, file: BinaryIO, packet: str) -> None:
        """Write a ``pyvips.Image`` in this format, with an XMP packet. Raises OSError."""
        raise NotImplementedError
