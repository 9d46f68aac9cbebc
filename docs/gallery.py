"""The pictures of gallery.md and models.md, made by the commands that stand above each of them there.

python docs/gallery.py [NAME ...]

Several files become a sheet, and what is wider than the page is scaled down.
"""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.base.sheet import contact_sheet
from panogen.decoding import SUFFIXES, decode, displayed
from panogen.pictures.formats import save_picture

PAGES = [Path(__file__).with_name(name) for name in ("gallery.md", "models.md")]
WIDTH = 1024  # pixels of a page
PICTURE = re.compile(r"!\[(?P<title>[^]]*)\]\((?P<path>[^)]+)\)")


def pictures() -> Iterator[tuple[Path, list[str]]]:
    """Yield each picture of the pages and the commands above it."""
    for page in PAGES:
        commands: list[str] = []
        for line in page.read_text("utf-8").splitlines():
            if line.startswith("    "):
                commands.append(line.strip())
            elif found := PICTURE.match(line):
                yield page.parent / found["path"], commands
                commands = []


def make(path: Path, commands: list[str]) -> None:
    """Run the commands beside what they need of the pages' pictures, and make a picture of all that they leave, in the
    order of its names."""
    lines = [shlex.split(command) for command in commands]
    needed = {word for words in lines for word in words if (path.parent / word).is_file()}
    with tempfile.TemporaryDirectory() as folder:
        for name in needed:
            shutil.copy(path.parent / name, folder)
        for words in lines:
            subprocess.run([sys.executable, "-m", *words, "--quiet"], cwd=folder, check=True)
        files = sorted(
            found for found in Path(folder).rglob("*") if found.suffix in SUFFIXES and found.name not in needed
        )
        made = [displayed(decode(file)) for file in files]
    columns = 1 if len(made) == 1 else 2 if len(made) < 16 else 4
    save_picture(path, contact_sheet([fitted(picture, WIDTH // columns) for picture in made], columns))


def fitted(picture: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Return a picture that is no wider."""
    rows, columns = picture.shape[:2]
    if columns <= width:
        return picture
    size = width, round(rows * width / columns)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    for target, lines in pictures():
        if len(sys.argv) == 1 or target.name in sys.argv[1:]:
            print(target.name, flush=True)
            make(target, lines)
