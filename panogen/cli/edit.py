"""panogen edit: a place moved along one of the model's own directions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panogen.base.errors import UsageError, writing
from panogen.base.runtime import keep_large_buffers
from panogen.base.sheet import contact_sheet, sheet_shape
from panogen.cli import options
from panogen.cli.pictures import write_pictures
from panogen.cli.target import out_options
from panogen.grids.view import View
from panogen.latents import Around
from panogen.pictures.formats import check_writable, format_for, save_picture
from panogen.places import Blend, Edit, Place
from panogen.places.place import count_directions

if TYPE_CHECKING:
    from panogen.api import Panogen

WIDEST = 1.0, Around.kernel  # softness and kernel around --at where none are named


@click.command()
@out_options()
@options.place_options
@click.option("--direction", type=int, help="Number of the direction, 0 the strongest.")
@click.option(
    "--strength", default=3.0, show_default=True, help="Standard deviations of what seeds differ by along it."
)
@click.option("--at", "azimuth", type=float, help="Only around this azimuth in degrees; the other side stays.")
@options.shape_options(*map(str, WIDEST))
@click.option("--sheet", type=int, metavar="N", help="Instead: a sheet of the first N directions, a row each.")
@options.model_option
@options.view_options
@options.picture_options
def edit(
    out: Path,
    place: Place,
    direction: int | None,
    strength: float,
    azimuth: float | None,
    softness: float | None,
    kernel: str | None,
    layers: tuple[int, int] | None,
    sheet: int | None,
    model: str,
    device: str,
    view: View,
    **how: Any,
) -> None:
    """Change a place along one of the model's own directions, found without any labels, and render it into OUT.

    See what there is with --sheet 6: each row is a direction, from -STRENGTH over the place itself to +STRENGTH. The
    directions are those of --layers.
    """
    if (direction is None) == (sheet is None):
        raise UsageError("an edit needs either --direction N or, to see what there is, --sheet N")
    if azimuth is None and (softness is not None or kernel is not None):
        raise UsageError("--softness and --kernel shape an edit --at an azimuth, which is missing; add it")
    if sheet is not None:
        check_sheet(sheet, azimuth, **how)
    shape = options.shaped(softness, kernel, WIDEST)
    panogen = options.load(model, device)
    if sheet is not None:
        count = count_directions(panogen.model.generator, layers)
        if not 1 <= sheet <= count:
            raise UsageError(f"--sheet must show from 1 to {count} directions, all that there are, got {sheet}")
        rows = [[Edit(place, number, step, layers) for step in (-strength, strength)] for number in range(sheet)]
        write_sheet(panogen, out, place, rows, view, how["quiet"])
        return
    assert direction is not None
    edited: Place = Edit(place, direction, strength, layers)
    if azimuth is not None:
        edited = Blend((edited, place), Around((azimuth, azimuth + 180), *shape))
    write_pictures(panogen, {out: (edited, view)}, **how)


def check_sheet(
    sheet: int, azimuth: float | None, *, scheduler: str | None, resume: bool, dry_run: bool, **how: Any
) -> None:
    """Raise UsageError where options are given that a sheet has no use for."""
    unused = {
        "--at": azimuth is not None,
        "--scheduler": scheduler is not None,
        "--resume": resume,
        "--dry-run": dry_run,
    }
    if given := [name for name, is_given in unused.items() if is_given]:
        raise UsageError(f"--sheet {sheet} shows whole directions, in one go; leave {' and '.join(given)} out")


def write_sheet(panogen: Panogen, out: Path, place: Place, rows: list[list[Edit]], view: View, quiet: bool) -> None:
    """Render a row for each pair of edits: the one, the place itself, and the other."""
    columns = 3
    format_for(out, sheet_shape(view.grid(panogen.model.chart).shape, columns * len(rows), columns), view.channels)
    check_writable(out)
    keep_large_buffers()
    with options.progress_bar(quiet, total=1 + 2 * len(rows), unit=" pictures") as bar:

        def shown(one: Place) -> Any:
            picture = panogen.render(one, view)
            bar.update(1)
            return picture

        itself = shown(place)
        pictures = [picture for less, more in rows for picture in (shown(less), itself, shown(more))]
    with writing(out):
        save_picture(out, contact_sheet(pictures, columns))
