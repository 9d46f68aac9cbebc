"""Options of the commands that read real pictures."""

import click

from panogen.cli.options import together
from panogen.data import KINDS

kind_options = together(
    click.option("--kind", type=click.Choice(KINDS), help="What the folder holds.  [default: as its pictures look]"),
    click.option("--photo-fov", type=float, help="Degrees across a photo's longer side where its EXIF does not say."),
)
