"""Names of files: how they are shown to people, and what files beside a file are called."""

import contextlib
import hashlib
import os
from pathlib import Path

LONGEST_NAME = 255  # bytes, where the file system does not say
MOST_FRAMES = 1_000_000  # in a folder: what six digits of a name count


def printable(name: str | Path) -> str:
    r"""Return a name, or a sentence with names in it, without what would play tricks on a terminal.

    Control characters are escaped, and so are bytes that are no text: ``caf\xe9``, ``two\nlines``.
    """
    return "".join(character if character.isprintable() else _escaped(character) for character in str(name))


def beside(path: Path, before: str = "", after: str = "") -> Path:
    """Return the path of a file that lies beside another and has its name in its own.

    Where that would be longer than names may be, a part of the name and a hash of it stand for it.
    """
    name = path.name
    if _bytes(before + name + after) > (longest := longest_name(path.parent)):
        digest = f"~{hashlib.sha256(os.fsencode(name)).hexdigest()[:16]}"
        while name and _bytes(before + name + digest + after) > longest:
            name = name[:-1]
        name += digest
    return path.with_name(before + name + after)


def fits(path: Path) -> bool:
    """Return whether a name is no longer than names in its folder may be."""
    return _bytes(path.name) <= longest_name(path.parent)


def longest_name(folder: Path) -> int:
    """Return how many bytes a name in a folder may have."""
    if hasattr(os, "pathconf"):
        with contextlib.suppress(OSError, ValueError):
            return os.pathconf(folder, "PC_NAME_MAX")
    return LONGEST_NAME


def _bytes(name: str) -> int:
    return len(os.fsencode(name))


def _escaped(character: str) -> str:
    # Python reads a byte b that is no text as the character U+DC00 + b.
    code = ord(character)
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else ascii(character)[1:-1]
