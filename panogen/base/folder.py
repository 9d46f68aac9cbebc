"""Work that goes on in several sittings: in a folder, or in a file with a journal beside it."""

import contextlib
import errno
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import BaseFileLock, FileLock, SoftFileLock, Timeout

from panogen.base.arguments import told_json
from panogen.base.errors import JobError, UsageError, explained, writing
from panogen.base.files import (
    LOCK,
    MARKER,
    PARTS,
    drop,
    is_litter,
    parts_of,
    target_of,
    whole_folder,
    write_text,
)
from panogen.base.names import beside
from panogen.base.tensors import read_json

REQUEST = "request.json"
LOCKLESS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}  # of mounts without locks


@dataclass(frozen=True)
class WorkFolder:
    """A folder that one process at a time fills for a ``request``, JSON, in several sittings.

    The request is written first, into ``file``. ``what`` the folder holds, as in ``walk``, is what refusals call it.
    ``grown`` returns the request that an earlier one has become, where work may go on for more than it was begun for.
    """

    path: Path
    what: str
    request: dict[str, Any]
    file: str = REQUEST
    grown: Callable[[dict[str, Any]], dict[str, Any]] = field(default=lambda before: before, repr=False)

    @property
    def begun(self) -> bool:
        """Return whether there is something to go on with, of whatever request."""
        return (self.path / self.file).is_file()

    def check(self, *, resume: bool) -> None:
        """Raise UsageError unless the folder is new or empty, or with ``resume`` holds the same request."""
        with explained(f"{self.path}: cannot be written", UsageError):
            begun = self.begun
        if not begun:
            check_free(self.path)
        elif not resume:
            raise begun_before(self.path, self.path)
        else:
            check_same(self.path, self.what, self.grown(self._before), self.request)

    @property
    def _before(self) -> dict[str, Any]:
        return read_json(self.path / self.file)

    @contextlib.contextmanager
    def opened(self, *, resume: bool) -> Iterator[None]:
        """Hold the folder for as long as the block lasts: a new one or, with ``resume``, one of the same request.

        What killed processes have left in it goes, and where the block fails before there is a file, the request,
        too. Raises UsageError as ``check`` does; JobError while another process
        holds it, and where it cannot be written, which every OSError of the block is taken for.
        """
        self.check(resume=resume)
        with writing(self.path):
            target_of(self.path).mkdir(parents=True, exist_ok=True)
            with locked(self.path / LOCK, self.path):
                self.check(resume=resume)  # another process may have been here meanwhile
                drop(self.path.rglob(PARTS))
                if not self.begun or self.grown(self._before) != self._before:
                    write_text(self.path / self.file, json.dumps(self.request, indent=2) + "\n")
                try:
                    yield
                except BaseException:
                    self._leave_if_nothing_is_done()
                    raise

    def _leave_if_nothing_is_done(self) -> None:
        # So another request, as of one that failed at once, finds the folder free.
        files = (path for path in self.path.rglob("*") if path.is_file() and not is_litter(path))
        if {path.relative_to(self.path) for path in files} <= {Path(self.file)}:
            drop(path for path in self.path.iterdir() if not is_litter(path))


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Fill a folder in one sitting: it takes the name ``path`` when the block ends, and goes if that fails.

    Raises UsageError as ``check_new`` does; JobError while another process fills it, and for an OSError.
    """
    check_new(path)
    with writing(path):
        target = target_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        with locked(beside(target, ".", LOCK), path):
            drop(parts_of(target))
            with whole_folder(target) as part:
                yield part


@contextlib.contextmanager
def locked(lock: Path, what: Path) -> Iterator[None]:
    """Hold a file ``lock``, alone, for as long as the block lasts; the system releases it when the process is killed.

    A mount without locks has a marker in its place, with the number of the process: one that was killed on this
    computer is found out. Raises JobError while another process holds it and writes ``what``; OSError.
    """
    marker = beside(lock, "", MARKER)
    try:
        held = lock_of(lock, marker)
    except Timeout as refusal:
        way_out = f", or remove {str(marker)!r} if it has" if refusal.lock_file == str(marker) else ""
        raise JobError(f"{what}: another process is writing it; wait until that has ended{way_out}") from None
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # where files in use cannot be removed
            lock.unlink()
        held.release()


def lock_of(lock: Path, marker: Path) -> BaseFileLock:
    """Acquire a lock of the system or, where there is none, a marker. Raises Timeout, OSError."""
    held = FileLock(lock, timeout=0, fallback_to_soft=False)
    try:
        while not acquired(held, lock):
            pass
        return held
    except OSError as error:
        if error.errno not in LOCKLESS:
            raise
    marked = SoftFileLock(marker, timeout=0)
    marked.acquire()
    return marked


def acquired(held: BaseFileLock, lock: Path) -> bool:
    """Acquire a lock and return whether its file still has the name ``lock``; if not, release it.

    A process that is done removes the file, so another may have opened it before and acquire it after that, while a
    third one makes and acquires a new file of that name. Raises Timeout, OSError.
    """
    with lock.open("ab") as file:  # while it is open, no new file has its number
        held.acquire()
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), lock.stat()):
                return True
        held.release()
    return False


def check_free(folder: Path) -> None:
    """Raise UsageError unless a folder is new or empty, but for what file managers and killed processes leave."""
    with explained(f"{folder}: cannot be written", UsageError):
        target = target_of(folder)
        free = all(map(is_litter, target.iterdir())) if target.is_dir() else not target.exists()
    if not free:
        raise UsageError(f"folder must be new or empty, got {str(folder)!r}; name another")


def check_new(folder: Path) -> None:
    """Raise UsageError unless a folder that is to appear whole may take its name: free, and not the one that this
    process works in, which whoever works there would not see replaced."""
    check_free(folder)
    if folder.is_dir() and folder.samefile("."):
        raise UsageError(
            f"folder must be another than the one that you are in, got {str(folder)!r}; name it from outside"
        )


def check_same(path: Path, what: str, before: dict[str, Any], now: dict[str, Any]) -> None:
    """Raise UsageError, naming the differences, unless ``path`` was begun for the request, JSON, of now."""
    if changes := differences(before, json.loads(json.dumps(now))):
        raise UsageError(
            f"{str(path)!r} is of another {what}: {', '.join(changes)}; ask for that one, or remove it to begin anew"
        )


def begun_before(path: Path, left: Path) -> UsageError:
    """Return what to raise where ``path`` has been begun, ``left`` is there of it, and nobody asks to go on."""
    return UsageError(
        f"{str(path)!r} has been begun: --resume goes on with it; to begin anew, remove {str(left)!r} or name another"
    )


def differences(before: dict[Any, Any], now: dict[Any, Any], within: str = "") -> list[str]:
    """Return where two requests differ, as in ``walk.frames was 240, not 120``."""
    found = []
    for name in dict.fromkeys([*before, *now]):
        old, new = before.get(name), now.get(name)
        if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            old, new = dict(enumerate(old)), dict(enumerate(new))
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{within}{name}.")
        elif old != new:
            found.append(f"{within}{name} was {told_json(old)}, not {told_json(new)}")
    return found
