"""Options of the commands that read real pictures, and what is said of those that are not used."""

from collections.abc import Callable, Mapping

import click

from panogen.base.names import printable
from panogen.cli.options import gathered
from panogen.cli.talk import answer
from panogen.data import Reading
from panogen.data.manifest import KINDS
from panogen.data.scan import JUDGED

reading_options = gathered(
    "reading",
    Reading,
    click.option(
        "--kind",
        type=click.Choice([*KINDS, JUDGED]),
        help="What a folder holds; judged: as it looks, whatever its manifest says.  "
        "[default: as its manifest says, else as it looks]",
    ),
    click.option(
        "--photo-fov",
        "photo_fov_deg",
        type=float,
        help="Degrees along the longer side, where EXIF says none; 0: as if never given.  "
        "[default: as the manifest says, else 60]",
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


def speak_of_skipped(skipped: Mapping[str, str], say: Callable[[str], None] = answer) -> None:
    """Say why pictures are not used: of the first few, and how many there are."""
    for name, reason in list(skipped.items())[:EXAMPLES]:
        say(printable(f"skipped {name}: {reason}"))
    if len(skipped) > EXAMPLES:
        say(f"skipped {len(skipped)} pictures in all; the manifest that `panogen data check` writes says why of each")
