"""The journal of a canvas: which blocks are done, each with a hash of its pixels."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panogen.base.files import write_text
from panogen.base.folder import check_same


@dataclass(frozen=True)
class Entry:
    """A block that is done, by its number, how many of its samples the chart does not show, and its hash."""

    block: int
    unseen: int
    hash: str

    def __str__(self) -> str:
        return f"{self.block} {self.unseen} {self.hash}\n"


class Journal:
    """A text file: the request, then a line for each block. A damaged line is as good as none.

    A hash covers the request, the block's number and all of its line, so no block of another picture passes for one of
    this. That also finds what is done when the line of the request itself is damaged.
    """

    def __init__(self, path: Path, request: dict[str, Any]):
        self.path, self.request = path, request
        self.text = json.dumps(request, sort_keys=True)
        self.digest = hashlib.sha256(self.text.encode()).digest()

    def entry(self, block: int, unseen: int, pixels: bytes) -> Entry:
        """Return the line of a block with these pixels."""
        return Entry(block, unseen, hashlib.sha256(self.digest + b"%d %d " % (block, unseen) + pixels).hexdigest())

    def check_request(self) -> None:
        """Raise UsageError, naming the differences, where the journal is of another request."""
        text, _, seal = self._lines()[0].rpartition(" ")
        if seal == hashlib.sha256(text.encode()).hexdigest():
            check_same(self.path, "picture", json.loads(text), self.request)

    def entries(self) -> Iterator[Entry]:
        """Yield the lines that can be read, of blocks that are to be checked."""
        for line in self._lines()[1:]:
            fields = line.split()
            if len(fields) == 3 and all(field.isascii() and field.isdecimal() for field in fields[:2]):
                yield Entry(int(fields[0]), int(fields[1]), fields[2])

    def write(self, entries: list[Entry]) -> None:
        """Begin the file, with the blocks that are done. Raises OSError."""
        seal = hashlib.sha256(self.text.encode()).hexdigest()
        write_text(self.path, f"{self.text} {seal}\n" + "".join(map(str, entries)))

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8", errors="replace").split("\n")
