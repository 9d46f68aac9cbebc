"""What commands say: results on stdout, all else on stderr, and neither fails for what a terminal cannot show."""

import contextlib
import json
import os
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from panogen.base.errors import JobError
from panogen.base.names import printable
from panogen.base.signals import PIPE_CLOSED

STREAMS = (0, 1, 2)  # stdin, stdout, stderr


def tell(text: str) -> None:
    """Say a sentence on stderr. Nothing fails where nobody can hear it, as when a terminal is closed or a disk full."""
    with contextlib.suppress(OSError):
        click.echo(spoken(printable(text), "stderr"), err=True)


def answer(text: str) -> None:
    """Write a line of the result, or several, to stdout. Raises JobError where it does not take it."""
    with answering():
        click.echo(spoken(text, "stdout"))


def answer_requests(requests: Mapping[Path, Mapping[str, Any]]) -> None:
    """Write what --dry-run asks of every command: each file or folder that it would make, and of which request."""
    answer(json.dumps({str(path): request for path, request in requests.items()}, indent=2))


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """Turn an OSError of what writes to stdout into a JobError; it may be ``closing``."""
    try:
        with closing():
            yield
    except OSError as error:
        drop_stdout()
        raise JobError(f"stdout cannot be written: {error.strerror or error}") from None


@contextlib.contextmanager
def closing() -> Iterator[None]:
    """End the process quietly where a pipe is closed that it writes to, which asks for no more."""
    try:
        yield
    except BrokenPipeError:
        drop_stdout()
        sys.exit(PIPE_CLOSED)


def command_line(*words: object) -> str:
    """Return a command of panogen's as one would type it."""
    return shlex.join(["panogen", *map(str, words)])


def spoken(text: str, stream: str) -> str:
    """Return a text with what a stream's encoding lacks escaped."""
    encoding = getattr(getattr(sys, stream), "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def open_streams() -> None:
    """Let streams that are closed lead nowhere: the next file that is opened would take the number of one, and what
    libraries say on it would end in there. Python's stdout stays None then, so that it is known."""
    for number in STREAMS:
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:  # click would say errors on stdout
        sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def drop_stdout() -> None:
    """Let stdout lead nowhere, and with it what it has not written yet: at the end it would fail once more."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
