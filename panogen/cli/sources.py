"""Options of the commands that read real pictures."""

import click

from panogen.cli.options import together
from panogen.data.manifest import KINDS

kind_options = together(
    click.option(
        "--kind",
        type=click.Choice(KINDS),
        help="What a folder holds.  [default: as its manifest says, else as it looks]",
    ),
    click.option("--photo-fov", type=float, help="Degrees along the longer side, where EXIF says none.  [default: 60]"),
)
