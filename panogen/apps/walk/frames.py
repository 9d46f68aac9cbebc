"""A folder that takes the frames of a film, one whole picture each, in several sittings."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from panogen.base.arrays import Pixels
from panogen.base.errors import JobError
from panogen.base.folder import WorkFolder
from panogen.pictures.canvas.canvas import files_beside


class Frames:
    """The ``count`` frames of a walk, of ``shape`` (rows, columns), in a folder: frame000000.png and so on.

    ``request``, JSON, is what they follow from. Iterating reads them.
    """

    def __init__(self, folder: Path, count: int, shape: tuple[int, int], request: dict[str, Any]):
        self.folder, self.count, self.shape = folder, count, shape
        self.work = WorkFolder(folder, "walk", request)

    @contextlib.contextmanager
    def opened(self, *, resume: bool) -> Iterator[None]:
        """Hold the folder as ``WorkFolder.opened`` does, without what a killed process has left beside whole frames."""
        with self.work.opened(resume=resume):
            for frame in set(range(self.count)) - set(self.missing()):
                for path in files_beside(self.path(frame)):
                    path.unlink(missing_ok=True)
            yield

    def path(self, frame: int) -> Path:
        """Return the file of a frame."""
        return self.folder / f"frame{frame:06d}.png"

    def missing(self) -> list[int]:
        """Return the frames that are not there yet."""
        return [frame for frame in range(self.count) if not self.path(frame).exists()]

    def __iter__(self) -> Iterator[Pixels]:
        """Yield the frames (height, width, 3) uint8 in order, one at a time in memory. Raises JobError."""
        import imageio.v3

        for frame in range(self.count):
            path = self.path(frame)
            try:
                picture = imageio.v3.imread(path, plugin="pillow", mode="RGB")
            except (OSError, SyntaxError) as error:  # Pillow's for broken chunks
                raise JobError(f"{path}: cannot be read: {error}; remove it, and --resume renders it anew") from None
            if picture.shape[:2] != self.shape:
                raise JobError(
                    f"{path}: must be {self.shape[1]} x {self.shape[0]} pixels, got {picture.shape[1]} x "
                    f"{picture.shape[0]}; remove it, and --resume renders it anew"
                )
            yield picture

    def remove(self) -> None:
        """Drop the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)
