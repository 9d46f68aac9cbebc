"""The argument OUT of commands that write one picture: a file, or - for stdout."""

import contextlib
import functools
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from panogen.base.errors import UsageError, explained
from panogen.cli.options import PATH, Option
from panogen.cli.talk import answering
from panogen.pictures.formats import FORMATS

STDOUT = Path("-")
DEFAULT_KIND = "png"
STAND_IN = "panogen-stdout-"  # begins the names of folders of files that are on their way to stdout


def out_options(*, required: bool = True) -> Option:
    """Add OUT and --format; the command sees the path of a file, whatever was asked for. Where OUT is not ``required``,
    --format, ``kind`` of the context, is that of files in a folder, too."""

    def decorated(command: Any) -> Any:
        @functools.wraps(command)
        def run(*arguments: Any, out: Path | None, kind: str | None, **values: Any) -> Any:
            if out != STDOUT:
                return command(*arguments, out=out and named(out, kind), **values)
            if values.get("resume"):
                raise UsageError("--resume goes on with a file, got -, which is stdout; name a file")
            with to_stdout(kind or DEFAULT_KIND) as file:
                return command(*arguments, out=file, **values)

        kinds = click.Choice([suffix.removeprefix(".") for suffix in FORMATS])
        says = "Of an OUT without a suffix, which is added, or of -, stdout"
        says += (
            f".  [default of -: {DEFAULT_KIND}]" if required else f", and in --outdir.  [default there: {DEFAULT_KIND}]"
        )
        option = click.option("--format", "kind", type=kinds, help=says)
        return click.argument("out", type=PATH, required=required)(option(run))

    return decorated


def named(out: Path, kind: str | None) -> Path:
    """Return a path with the suffix of a format, if it has none. Raises UsageError where it has another one's, or there
    is no format."""
    if kind is None and not out.suffix:
        if out.is_dir():
            raise UsageError(f"output {str(out)!r} is a folder; give a file name in it, such as {out / 'out.png'}")
        raise UsageError(f"output {str(out)!r} has no suffix; give it one, such as .png, or its --format")
    if kind is None or FORMATS.get(out.suffix.lower()) is FORMATS[f".{kind}"]:
        return out
    if out.suffix:
        raise UsageError(f"format must be what the suffix of {out.name!r} says, got {kind}; leave --format out")
    return out.with_name(f"{out.name}.{kind}")


@contextlib.contextmanager
def to_stdout(kind: str) -> Iterator[Path]:
    """Yield the path of a file that is written to stdout when the block ends, if it is there then.

    Raises UsageError where stdout is no place for a picture, JobError where it does not take it.
    """
    if sys.stdout is None:
        raise UsageError("- is stdout, which is closed; name a file")
    if sys.stdout.isatty():
        raise UsageError(
            "- is stdout, a terminal, which shows no picture; send it on, as in: panogen render - > out.png"
        )
    with explained("stdout needs a temporary folder"), tempfile.TemporaryDirectory(prefix=STAND_IN) as folder:
        path = Path(folder) / f"out.{kind}"
        yield path
        if path.exists():
            with path.open("rb") as file, answering():
                shutil.copyfileobj(file, sys.stdout.buffer)
                sys.stdout.buffer.flush()


def for_stdout(path: Path) -> bool:
    """Return whether ``to_stdout`` gave the path, and nobody will see the file."""
    return path.parent.name.startswith(STAND_IN)
