"""What a sink is: it takes pixels in order, and the file appears under its name when all are there."""

import json
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panogen.errors import UsageError
from panogen.files import whole_file

LARGEST_PIXELS = 2**30  # held in memory until written; also the most that OpenCV reads


def check_writable(path: Path) -> None:
    """Raise UsageError unless a file can be put there; better now than after the work."""
    folder = path.parent
    try:
        if not folder.is_dir():
            raise UsageError(f"output folder {str(folder)!r} does not exist; create it first")
        if path.is_dir():
            raise UsageError(f"output {str(path)!r} is a folder; give a file name in it")
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"output {str(path)!r} cannot be written: {error.strerror or error}") from None


class Sink:
    """Context manager for a picture of ``shape`` (rows, columns).

    ``metadata`` may have ``gpano`` (GPano fields by name) and ``panogen`` (anything JSON that tells how the picture was
    made). Raises UsageError at once, before a pixel is computed, where the format cannot hold the picture.
    """

    format: ClassVar[str]
    largest_side: ClassVar[int]

    def __init__(self, path: Path, shape: tuple[int, int], metadata: dict[str, Any]):
        self.path, self.shape, self.metadata = path, shape, metadata
        self.check(shape)
        self.filled = 0

    @classmethod
    def check(cls, shape: tuple[int, int]) -> None:
        """Raise UsageError where the format cannot hold a picture of this shape."""
        rows, columns = shape
        if max(shape) > cls.largest_side:
            way_out = "; use .png" if cls.format != "PNG" else ""
            raise UsageError(
                f"{cls.format} holds at most {cls.largest_side} pixels a side, got {columns} x {rows}{way_out}"
            )
        if rows * columns > LARGEST_PIXELS:
            raise UsageError(
                f"a picture may have at most {LARGEST_PIXELS} pixels, got {columns} x {rows}; render a smaller width"
            )

    def __enter__(self) -> Self:
        self.pixels = np.empty((self.shape[0] * self.shape[1], 3), np.uint8)
        return self

    def write(self, pixels: NDArray[np.uint8]) -> None:
        """Take the next pixels (n, 3), row after row."""
        self.pixels[self.filled : self.filled + len(pixels)] = pixels
        self.filled += len(pixels)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            return
        if self.filled != len(self.pixels):
            raise ValueError(f"{self.path}: {self.filled} of {len(self.pixels)} pixels were written")
        with whole_file(self.path) as file:
            self.encode(Image.fromarray(self.pixels.reshape(*self.shape, 3)), file)

    def encode(self, image: Image.Image, file: BinaryIO) -> None:
        """Write the picture in this format."""
        raise NotImplementedError

    @property
    def made_by(self) -> str | None:
        """How the picture was made, as JSON."""
        made = self.metadata.get("panogen")
        return None if made is None else json.dumps(made)
