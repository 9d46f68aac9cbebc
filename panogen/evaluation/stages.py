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
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from panogen.base.errors import JobError, UsageError
from panogen.base.files import whole_file, write_text
from panogen.base.tensors import read_json

REQUEST, STATISTICS = "request.json", "statistics"
LARGEST_SHOWN = 40  # characters of a value in a refusal

Array = NDArray[Any]


@dataclass(frozen=True)
class Stages:
    """Stages by name, each carried out once: what it found is read from the folder the next time. A file that is not
    whole counts as none."""

    folder: Path

    def array(self, name: str, make: Callable[[], Array]) -> Array:
        """The array that a stage makes."""
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
        """The JSON object that a stage makes, as it reads from a file."""
        path = self.folder / STATISTICS / f"{name}.json"
        with contextlib.suppress(OSError, ValueError):
            stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            return stored
        text = written(make())
        write_text(path, text)
        found: dict[str, Any] = json.loads(text)
        return found


def written(value: dict[str, Any]) -> str:
    """A JSON file's text: the same for the same values."""
    return json.dumps(value, indent=1, allow_nan=False) + "\n"


@contextlib.contextmanager
def open_stages(folder: Path, request: dict[str, Any], *, resume: bool) -> Iterator[Stages]:
    """The stages of a request in a folder that is new or empty, or with ``resume`` holds the same request. No other
    process may work in it meanwhile.

    Raises UsageError for a folder that does not suit, JobError for one that cannot be written or is in use.
    """
    try:
        if resume:
            check_same(folder, request)
        else:
            begin(folder, request)
        with FileLock(folder / STATISTICS / "lock", timeout=0):
            for part in folder.rglob(".*.part"):  # a crash has left them
                part.unlink()
            yield Stages(folder)
    except Timeout:
        raise JobError(f"{folder}: another process is evaluating into it; wait for it, or name another") from None
    except OSError as error:
        raise JobError(f"{error.filename or folder}: {error.strerror or error}") from None


def begin(folder: Path, request: dict[str, Any]) -> None:
    """Write a request into a folder that is new or empty. Raises UsageError, OSError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        known = folder.is_dir() and (folder / REQUEST).is_file()
        way_out = "add --resume to go on with the evaluation in it, or name another" if known else "name another"
        raise UsageError(f"folder must be new or empty, got {folder}; {way_out}")
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / REQUEST, written(request))  # first: it can be gone on with
    (folder / STATISTICS).mkdir(exist_ok=True)


def check_same(folder: Path, request: dict[str, Any]) -> None:
    """Raise UsageError unless a folder was begun with the same request. Raises JobError where it cannot be read."""
    if not (folder / REQUEST).is_file():
        raise UsageError(f"there is no evaluation in {folder} to go on with; leave --resume out")
    begun, now = read_json(folder / REQUEST), json.loads(written(request))
    for name in {**now, **begun}:
        if begun.get(name) != now.get(name):
            raise UsageError(
                f"{folder} was begun with {name} {shown(begun.get(name))}, got {shown(now.get(name))}; repeat its "
                "request, or name another folder"
            )
    (folder / STATISTICS).mkdir(exist_ok=True)


def shown(value: Any) -> str:
    """A value of a request, for a sentence."""
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= LARGEST_SHOWN else text[:LARGEST_SHOWN] + "..."
