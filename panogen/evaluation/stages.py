"""The folder of an evaluation: its request, and what each stage has found, so that an interrupted one goes on.

REPORT/figures.json   every figure, and what the page draws: the same bytes for the same request
    index.html        the same as a page
    speed.json        pixels a second and memory: of this machine, another time others
    request.json      what was asked for
    statistics/       what each stage has found; may be deleted when the report is done
"""

import contextlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.base.files import whole_file, write_text
from panogen.base.folder import WorkFolder

STATISTICS = "statistics"


@dataclass(frozen=True)
class Stages:
    """Stages by name, each carried out once: what it found is read from the folder the next time. A file that is not
    whole counts as none."""

    folder: Path

    def array(self, name: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the array that a stage makes."""
        path = self.folder / STATISTICS / f"{name}.npz"
        unfit = contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
        with unfit, np.load(path, allow_pickle=False) as stored:
            return np.asarray(stored["found"])
        found = make()
        file = io.BytesIO()
        np.savez(file, found=found)
        with whole_file(path) as opened:
            opened.write(file.getbuffer())
        return found

    def record(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return the JSON object that a stage makes, as it reads from a file."""
        path = self.folder / STATISTICS / f"{name}.json"
        with contextlib.suppress(OSError, ValueError):
            stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return stored
        text = written(make())
        write_text(path, text)
        found: dict[str, Any] = json.loads(text)
        return found


def written(value: dict[str, Any]) -> str:
    """Return a JSON file's text: the same for the same values."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


@contextlib.contextmanager
def open_stages(folder: Path, request: dict[str, Any], *, resume: bool) -> Iterator[Stages]:
    """Yield the stages of a request in a folder, held as ``WorkFolder.opened`` does. Raises UsageError, JobError."""
    with WorkFolder(folder, "evaluation", request).opened(resume=resume):
        (folder / STATISTICS).mkdir(exist_ok=True)
        yield Stages(folder)
