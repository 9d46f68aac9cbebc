"""A picture on disk that fills up block by block, in any order, in several sittings."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from panogen.base.arrays import Colours
from panogen.base.files import LOCK, UNABLE
from panogen.base.folder import begun_before, locked
from panogen.base.names import beside
from panogen.grids import Window
from panogen.pictures.canvas.journal import Entry, Journal
from panogen.pictures.canvas.tiff import Form, tiff_header

VIPS_FORMATS = {"uint8": "uchar", "float32": "float"}


class Canvas:
    """The unfinished picture of a file ``output``: a contiguous TIFF beside it, which any viewer opens, and a journal.

    Blocks are the windows of ``cut``. The journal has a hash for each one that is done, so a process may be killed, or
    a bit of either file flip, at any time: what does not agree is done again. The pixels must follow from ``request``,
    JSON, alone.
    """

    def __init__(self, output: Path, form: Form, packet: str, request: dict[str, Any], block: tuple[int, int]):
        self.output, self.form, self.packet = output, form, packet
        self.blocks = cut(form.shape, block)
        self.numbers = {window: number for number, window in enumerate(self.blocks)}
        self.path, journal, self.lock_path = files_beside(output)
        self.journal = Journal(journal, {**request, "block": list(block)})
        self.done: dict[int, Entry] = {}
        self.open_files: list[BinaryIO] = []

    @contextlib.contextmanager
    def opened(self, *, resume: bool, checked: Callable[[int], None] = lambda pixels: None) -> Iterator["Canvas"]:
        """Make the canvas, or go on with one that is there; ``checked`` hears of pixels found done.

        Nobody else can open it meanwhile. It stays when the block ends, until ``remove``. Raises UsageError for a
        canvas of another request, or without ``resume`` of any; JobError while another process has it; OSError.
        """
        with locked(self.lock_path, self.output):
            begun = self.path.exists() and self.journal.path.exists() and any(self.journal.entries())
            if begun and not resume:
                raise begun_before(self.output, self.path)
            if begun:
                self.journal.check_request()
            try:
                with self._file(begun) as self.file, self._recorded(begun, checked) as self.record:
                    self.open_files = [self.file, self.record]
                    yield self
            finally:
                if not self.done:
                    self.remove()

    @property
    def missing(self) -> list[Window]:
        """The blocks that are not done."""
        return [window for number, window in enumerate(self.blocks) if number not in self.done]

    @property
    def unseen(self) -> int:
        """Return how many samples of the finished blocks the chart does not show."""
        return sum(entry.unseen for entry in self.done.values())

    def put(self, window: Window, pixels: Colours, unseen: int = 0) -> None:
        """Take a block's pixels (rows, columns, channels). Raises OSError."""
        data = np.ascontiguousarray(pixels, self.form.dtype).tobytes()
        length = len(data) // window.height
        for row, position in enumerate(self._positions(window)):
            self.file.seek(position)
            self.file.write(data[row * length : (row + 1) * length])
        self.file.flush()  # the pixels first, then the line that vouches for them
        entry = self.journal.entry(self.numbers[window], unseen, data)
        self.record.write(str(entry).encode())
        self.record.flush()
        self.done[entry.block] = entry

    def image(self) -> Any:
        """Return the picture for libvips, which maps the file into memory as far as it needs it."""
        import pyvips

        rows, columns = self.form.shape
        image = pyvips.Image.rawload(
            os.fsencode(self.path), columns, rows, self.form.channels, offset=len(self.header),
            format=VIPS_FORMATS[self.form.dtype], revalidate=True,  # another picture may have had this name before
        )  # fmt: skip
        return image.copy(interpretation="srgb" if self.form.dtype == "uint8" else "scrgb")

    def finish(self) -> None:
        """Let the canvas itself take the output's place. Raises OSError."""
        os.fsync(self.file.fileno())
        self._close()
        os.replace(self.path, self.output)
        self.remove()

    def remove(self) -> None:
        """Drop what is not the output."""
        self._close()
        self.path.unlink(missing_ok=True)
        self.journal.path.unlink(missing_ok=True)
        self.done = {}

    def _close(self) -> None:
        # Windows renames and removes no file that is open.
        for file in self.open_files:
            file.close()

    @contextlib.contextmanager
    def _file(self, begun: bool) -> Iterator[BinaryIO]:
        self.header = tiff_header(self.form, self.packet, self.path)
        with self.path.open("r+b" if begun else "w+b") as file:
            size = len(self.header) + self.form.bytes
            allocate(file, size)
            file.truncate(size)
            file.write(self.header)
            file.flush()
            yield file

    @contextlib.contextmanager
    def _recorded(self, begun: bool, checked: Callable[[int], None]) -> Iterator[BinaryIO]:
        if begun:
            for entry in self.journal.entries():
                if entry.block < len(self.blocks) and self._agrees(entry):
                    self.done[entry.block] = entry
                    checked(self.blocks[entry.block].height * self.blocks[entry.block].width)
        self.journal.write(list(self.done.values()))
        with self.journal.path.open("ab") as record:
            yield record

    def _agrees(self, entry: Entry) -> bool:
        window = self.blocks[entry.block]
        data = bytearray()
        for position in self._positions(window):
            self.file.seek(position)
            data += self.file.read(window.width * self.form.pixel_bytes)
        return self.journal.entry(entry.block, entry.unseen, bytes(data)) == entry

    def _positions(self, window: Window) -> Iterator[int]:
        # Where each row of a window begins in the file.
        for row in range(window.top, window.top + window.height):
            yield len(self.header) + (row * self.form.shape[1] + window.left) * self.form.pixel_bytes


def allocate(file: BinaryIO, size: int) -> None:
    """Have the disk promise so many bytes, where it can. Raises OSError where it has not so many."""
    if hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(file.fileno(), 0, size)
        except OSError as error:
            if error.errno not in UNABLE:
                raise


def files_beside(output: Path) -> tuple[Path, Path, Path]:
    """Return the canvas, journal and lock of a picture that is not finished."""
    return beside(output, after=".canvas.tif"), beside(output, after=".journal"), beside(output, ".", LOCK)


def cut(shape: tuple[int, int], block: tuple[int, int]) -> list[Window]:
    """Windows of at most ``block`` rows and columns that cover a picture, row after row."""
    rows, columns = shape
    tall, wide = block
    return [
        Window(top, left, min(tall, rows - top), min(wide, columns - left))
        for top in range(0, rows, tall)
        for left in range(0, columns, wide)
    ]
