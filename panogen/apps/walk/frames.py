"""A folder that takes the frames of a film, one whole picture each, in several sittings."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panogen.base.errors import JobError, UsageError
from panogen.base.files import write_text
from panogen.base.tensors import read_json
from panogen.pictures.canvas import differences, files_beside
from panogen.pictures.formats import check_writable

REQUEST = "request.json"


class Frames:
    """``count`` frames of ``shape`` (rows, columns) in a folder: frame000000.png and so on. Iterating reads them."""

    def __init__(self, folder: Path, count: int, shape: tuple[int, int]):
        self.folder, self.count, self.shape = folder, count, shape

    def check(self, request: dict[str, Any], *, resume: bool) -> None:
        """Raise UsageError unless ``begin`` can begin or, with ``resume``, go on."""
        name = repr(str(self.folder))
        try:
            is_folder = self.folder.is_dir()
            check_writable(self.folder / REQUEST if is_folder else self.folder)
            taken = any(not is_part(path) for path in self.folder.iterdir()) if is_folder else self.folder.exists()
            begun = (self.folder / REQUEST).is_file()
        except OSError as error:
            raise UsageError(f"output {name} cannot be written: {error.strerror or error}") from None
        if not resume:
            if taken:
                way_out = "add --resume to go on with the walk in it, or remove it" if begun else "name another"
                raise UsageError(f"a folder of frames must be new or empty, got {name}; {way_out}")
        elif not begun:
            raise UsageError(f"{name} holds no walk to go on with; leave --resume out to begin one")
        elif changes := differences(read_json(self.folder / REQUEST), json.loads(json.dumps(request))):
            raise UsageError(
                f"{name} holds another walk: {', '.join(changes)}; ask for that, or remove it to begin anew"
            )

    def begin(self, request: dict[str, Any]) -> None:
        """Make the folder, or drop what a killed process has left in it. Raises JobError."""
        try:
            self.folder.mkdir(exist_ok=True)
            for part in filter(is_part, list(self.folder.iterdir())):
                part.unlink()
            for frame in set(range(self.count)) - set(self.missing()):  # killed when it was whole, and not yet tidied
                for path in files_beside(self.path(frame)):
                    path.unlink(missing_ok=True)
            if not (self.folder / REQUEST).exists():
                write_text(self.folder / REQUEST, json.dumps(request, indent=2) + "\n")
        except OSError as error:
            raise JobError(f"{self.folder}: cannot be written: {error.strerror or error}") from None

    def path(self, frame: int) -> Path:
        """The file of a frame."""
        return self.folder / f"frame{frame:06d}.png"

    def missing(self) -> list[int]:
        """The frames that are not there yet."""
        return [frame for frame in range(self.count) if not self.path(frame).exists()]

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """The frames (height, width, 3) uint8 in order, one at a time in memory. Raises JobError."""
        for frame in range(self.count):
            path = self.path(frame)
            try:
                with Image.open(path) as image:
                    picture = np.asarray(image.convert("RGB"))
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


def is_part(path: Path) -> bool:
    """Whether it is what ``whole_file`` leaves of a file when the process is killed."""
    return path.name.startswith(".") and path.suffix == ".part"
