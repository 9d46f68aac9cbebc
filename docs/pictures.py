"""The pictures of the README and the guides, made by the commands that stand above each of them there.

python docs/pictures.py [NAME ...]

A picture belongs to the commands between it and the picture or heading before: to those in comments, where there are
such, else to lines of their own and what is quoted. Where its title names files, only these are shown, and what makes
them is run. Several files become a sheet, and what is wider than the page is scaled down, but for what scripts make.
"""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.base.sheet import GAP, contact_sheet
from panogen.decoding import SUFFIXES, decode, displayed
from panogen.pictures.formats import save_picture

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WIDTH = 1024  # pixels of a page
PICTURE = re.compile(r'^!\[[^]]*\]\((?P<path>docs/pictures/[^ )]+|pictures/[^ )]+)(?: "(?P<shown>[^"]+)")?\)', re.M)
COMMAND = re.compile(r"(panogen (render|blend|edit|walk|foveate|invert|models --sheet|data show)|python [a-z]+/)[^`>]*")
COMMENT = re.compile(r"<!-- (.+?) -->", re.S)
CODE = re.compile(r"^ {4}(\S.*)$|`([^`]+)`", re.M)


def pictures() -> Iterator[tuple[Path, list[str], list[str]]]:
    """Yield each picture that commands are found for, these, and the names of the files that it shows, if not all."""
    seen = set()
    for page in PAGES:
        text = re.sub(r" \\\n +", " ", page.read_text("utf-8"))
        before = 0
        for found in PICTURE.finditer(text):
            part = text[before : found.start()]
            before = found.end()
            part = re.split(r"^#+ .*$", part, flags=re.M)[-1]
            shown = (found["shown"] or "").split()
            code = COMMENT.findall(part) or [line or quoted for line, quoted in CODE.findall(part)]
            lines = [" ".join(line.split("  #")[0].split()) for line in code]
            commands = [line for line in lines if COMMAND.fullmatch(line) and names(line, shown)]
            path = page.parent / found["path"]
            if commands and path not in seen:
                seen.add(path)
                yield path, commands, shown


def names(command: str, files: list[str]) -> bool:
    """Return whether a command names one of the files, if there are any."""
    return not files or any(file in re.split("[ /]", command) for file in files)


def make(path: Path, commands: list[str], shown: list[str]) -> None:
    """Run the commands beside what they need of the pages' pictures, and make a picture of what they leave."""
    lines = [shlex.split(command) for command in commands]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for word in {word for words in lines for word in words if (path.parent / word).is_file()} - {path.name}:
            shutil.copy(path.parent / word, folder)
        known, files = set(folder.rglob("*")), list[Path]()
        for program, *words in lines:
            if program == "python":
                script, *words = words
                subprocess.run([sys.executable, ROOT / script, *words], cwd=folder, check=True)
            else:
                subprocess.run([sys.executable, "-m", program, *words, "--quiet"], cwd=folder, check=True)
            made = sorted(file for file in set(folder.rglob("*")) - known if file.suffix in SUFFIXES)
            known |= set(made)
            files += [file for file in made if not shown or file.name in shown]
        if lines[0][0] == "python":  # a script makes it as it should be
            shutil.copy(folder / path.name, path)
        else:
            save_picture(path, sheet([displayed(decode(file)) for file in files]))


def sheet(made: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures as wide as the page: in columns where all have one shape, else in rows of one shape each."""
    if len({picture.shape for picture in made}) == 1:
        columns = 1 if len(made) < 4 else 2 if len(made) < 16 else 4
        return contact_sheet([fitted(picture, WIDTH // columns) for picture in made], columns)
    rows = [justified(list(row)) for _, row in groupby(made, key=lambda picture: picture.shape)]
    gap = np.full((GAP, WIDTH, 3), 255, np.uint8)
    return np.concatenate([part for one in rows for part in (one, gap)][:-1])


def justified(row: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    """Pictures side by side, as high as makes them as wide as the page."""
    room = WIDTH - GAP * (len(row) - 1)
    shapes = [picture.shape[1] / picture.shape[0] for picture in row]
    edges = np.rint(np.cumsum([0, *shapes]) / sum(shapes) * room).astype(int)
    height = round(room / sum(shapes))
    line = np.full((height, WIDTH, 3), 255, np.uint8)
    for number, picture in enumerate(row):
        size = int(edges[number + 1] - edges[number]), height
        left = edges[number] + number * GAP
        line[:, left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return line


def fitted(picture: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Return a picture that is no wider."""
    rows, columns = picture.shape[:2]
    if columns <= width:
        return picture
    size = width, round(rows * width / columns)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    every = list(pictures())
    known = [target.name for target, *_ in every]
    if unknown := set(sys.argv[1:]) - set(known):
        sys.exit(f"pictures must be among {', '.join(known)}, got {', '.join(sorted(unknown))}")
    for target, commands, shown in every:
        if len(sys.argv) == 1 or target.name in sys.argv[1:]:
            print(target.name, flush=True)
            make(target, commands, shown)
