"""Files and folders that appear under their name whole or not at all, and what killed processes leave of them."""

import contextlib
import hashlib
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from panogen.base.errors import UsageError, explained

LOCK = ".lock"
PARTS = ".*.????????.part"  # of files and folders that are not whole: their names and eight random letters
LITTER = {LOCK, ".DS_Store", ".directory", "Thumbs.db", "desktop.ini"}  # most of it of file managers


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file for writing beside ``path``; it takes that name when the block ends, and goes if the block fails.

    Raises OSError, with nothing left behind, when the folder or the disk does not take it.
    """
    temporary = _beside(path)
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

    Raises OSError, with nothing left behind, when the disk does not take it.
    """
    temporary = _beside(path)
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
    """Write a text file whole."""
    with whole_file(path) as file:
        file.write(text.encode())


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


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # a folder cannot be opened there, and a rename is durable without
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
