"""Files and folders that appear under their name whole or not at all, and what killed processes leave of them."""

import contextlib
import errno
import glob
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from panogen.base.errors import UsageError, explained
from panogen.base.names import beside

LOCK = ".lock"
MARKER = ".held"  # how the name of a lock ends that is a file with a process's number
PART = ".????????.part"  # how names of files and folders end that are not whole: eight random letters
PARTS = f".*{PART}"
LITTER = {LOCK, LOCK + MARKER, ".DS_Store", ".directory", "Thumbs.db", "desktop.ini"}  # most of it of file managers
# What folders say that cannot be synchronised: Windows' cannot be opened, those of CIFS, VirtualBox, FUSE may refuse.
UNABLE = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF, errno.EACCES, errno.EPERM}


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing beside ``path``; it takes that name when the block ends, and goes if the block fails.

    Of a symbolic link, it takes the place of the file that the link leads to. Raises OSError, with nothing left behind,
    when the folder or the disk does not take it.
    """
    path = target_of(path)
    temporary = part_of(path)
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


@contextlib.contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Make a folder beside ``path``; it takes that name, which must be free but for litter, when the block ends.

    Of a symbolic link, it takes the place of the folder that the link leads to. Raises OSError, with nothing left
    behind, when the disk does not take it.
    """
    path = target_of(path)
    temporary = part_of(path)
    temporary.mkdir(parents=True)
    try:
        yield temporary
        for inner in [*temporary.rglob("*"), temporary]:
            if inner.is_dir():
                _sync_folder(inner)
            else:
                with inner.open("rb+") as file:
                    os.fsync(file.fileno())
        if path.is_dir():
            drop(filter(is_litter, path.iterdir()))
            path.rmdir()
        temporary.rename(path)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    _sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, in UTF-8; bytes of names that are no text are escaped."""
    with whole_file(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def target_of(path: Path) -> Path:
    """Return what a symbolic link leads to, whether it is there or not, and any other path as it is.

    Raises OSError for links that lead in a circle.
    """
    if not path.is_symlink():
        return path
    with contextlib.suppress(FileNotFoundError):
        path.stat()
    return Path(os.path.realpath(path))


def part_of(path: Path) -> Path:
    """Return a name beside ``path``, one of ``PARTS``, for what is not whole yet."""
    return beside(path, ".", f".{secrets.token_hex(4)}.part")


def parts_of(path: Path) -> list[Path]:
    """Return all names that ``part_of`` gave and processes that were killed have left."""
    begins = beside(path, ".", PART).name.removesuffix(PART)
    return list(path.parent.glob(glob.escape(begins) + PART))


def is_litter(path: Path) -> bool:
    """Return whether it is what a file manager or a killed process leaves in a folder that is empty otherwise."""
    return path.name in LITTER or path.match(PARTS)


def drop(paths: Iterable[Path]) -> None:
    """Remove files, and folders with all that is in them. Raises OSError."""
    for path in list(paths):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def known_file(path: str, digest: str, what: str) -> Path:
    """Return the path of a file if it is still the one of a SHA-256. Raises UsageError, which says ``what`` it is."""
    with explained(f"the {what} {path!r} cannot be read", UsageError, "; put it there"):
        found = sha256(Path(path))
    if found != digest:
        raise UsageError(
            f"the {what} {path!r} is not the one that is meant: its SHA-256 must be {digest[:12]}..., "
            f"got {found[:12]}...; put that one there"
        )
    return Path(path)


def _sync_folder(folder: Path) -> None:
    """Make renames in a folder outlast a power cut, where the system can."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in UNABLE:
            raise
