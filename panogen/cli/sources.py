"""Options of the commands that read real pictures, and what is said of those that are not used."""

from collections.abc import Mapping
from pathlib import Path

import click

from panogen.cli.options import gathered
from panogen.data import Reading
from panogen.data.manifest import KINDS

reading_options = gathered(
    "reading",
    Reading,
    click.option(
        "--kind",
        type=click.Choice(KINDS),
        help="What a folder holds.  [default: as its manifest says, else as it looks]",
    ),
    click.option(
        "--photo-fov",
        "photo_fov_deg",
        type=float,
        help="Degrees along the longer side, where EXIF says none.  [default: 60]",
    ),
    click.option(
        "--recursive/--no-recursive", default=None, help="Subfolders, too.  [default: as the manifest says, else not]"
    ),
    click.option(
        "--level/--no-level",
        default=None,
        help="Turn panoramas upright whose GPano says how they are tilted.  [default: as the manifest says, else so]",
    ),
)

EXAMPLES = 5  # of skipped pictures that are named


def speak_of_skipped(skipped: Mapping[Path, str], *, err: bool = False) -> None:
    """Say why pictures are not used: of the first few, and how many more there are."""
    for path, reason in list(skipped.items())[:EXAMPLES]:
        click.echo(f"skipped {click.format_filename(path.name)}: {reason}", err=err)
    if len(skipped) > EXAMPLES:
        click.echo(f"skipped {len(skipped)} pictures in all; the folder's manifest says why of each", err=err)
