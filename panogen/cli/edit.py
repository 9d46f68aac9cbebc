"""panogen edit: a place moved along one of the model's own directions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panogen.base.errors import UsageError
from panogen.base.runtime import keep_large_buffers
from panogen.base.sheet import contact_sheet
from panogen.cli.options import latent_option, layout_option, load, model_option, picture_options, progress_bar
from panogen.cli.pictures import place_of, view_options, write_pictures
from panogen.grids.view import View
from panogen.latents import BLENDS, Around, LatentField, blended
from panogen.pictures.formats import check_writable, format_of, save_picture

if TYPE_CHECKING:
    from panogen.api import Panogen


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Which place.  [default: 0]")
@latent_option
@layout_option
@click.option("--direction", type=int, help="Number of the direction, 0 the strongest.")
@click.option(
    "--strength", default=3.0, show_default=True, help="Standard deviations of what seeds differ by along it."
)
@click.option("--layers", metavar="A-B", help="Only these layers, as in 0-3; the directions are those of the layers.")
@click.option("--at", "azimuth", type=float, help="Only around this azimuth in degrees; the other side stays.")
@click.option("--softness", default=1.0, show_default=True, help="Of that: the share of half the circle that it takes.")
@click.option("--kernel", type=click.Choice(list(BLENDS)), default=Around.kernel, show_default=True)
@click.option("--sheet", type=int, metavar="N", help="Instead: a sheet of the first N directions, a row each.")
@model_option
@view_options
@picture_options
def edit(
    out: Path,
    seed: int | None,
    latent: Path | None,
    layout: int | None,
    direction: int | None,
    strength: float,
    layers: str | None,
    azimuth: float | None,
    softness: float,
    kernel: str,
    sheet: int | None,
    model: str,
    device: str,
    scheduler: str | None,
    resume: bool,
    quiet: bool,
    dry_run: bool,
    **view: Any,
) -> None:
    """Change a place along one of the model's own directions, found without any labels, and render it into OUT.

    See what there is with --sheet 6: each row is a direction, from -STRENGTH over the place itself to +STRENGTH.
    """
    if (direction is None) == (sheet is None):
        raise UsageError("an edit needs either --direction N or, to see what there is, --sheet N")
    panogen = load(model, device)
    place = place_of(panogen, seed, latent, layout)
    chosen = None if layers is None else panogen.layers(layers)
    what = View(**view)
    if sheet is not None:
        if sheet < 1:
            raise UsageError(f"sheet must show at least 1 direction, got {sheet}")
        if azimuth is not None or dry_run:
            raise UsageError(f"--sheet {sheet} shows whole directions; leave --at and --dry-run out")
        less, more = (
            [panogen.edit(place, number, step, chosen) for number in range(sheet)] for step in (-strength, strength)
        )
        write_sheet(panogen, out, place, list(zip(less, more, strict=True)), what, quiet)
        return
    assert direction is not None
    edited = panogen.edit(place, direction, strength, chosen)
    if azimuth is not None:
        edited = blended([edited, place], Around((azimuth, azimuth + 180), softness, kernel))
    write_pictures(panogen, {out: (edited, what)}, resume=resume, quiet=quiet, dry_run=dry_run, scheduler=scheduler)


def write_sheet(
    panogen: Panogen,
    out: Path,
    place: LatentField,
    edits: list[tuple[LatentField, LatentField]],
    view: View,
    quiet: bool,
) -> None:
    """Render a row for each pair of edits: the one, the place itself, and the other."""
    view.grid(panogen.model.chart)
    format_of(out)
    check_writable(out)
    keep_large_buffers()
    with progress_bar(quiet, total=1 + 2 * len(edits), unit=" pictures") as bar:

        def shown(one: LatentField) -> Any:
            picture = panogen.render(one, **vars(view))
            bar.update(1)
            return picture

        itself = shown(place)
        pictures = [picture for less, more in edits for picture in (shown(less), itself, shown(more))]
    save_picture(out, contact_sheet(pictures, columns=3))
