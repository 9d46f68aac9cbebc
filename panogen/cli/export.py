"""panogen export: a folder of tiles for viewers of the web."""

import json
from pathlib import Path
from typing import Any

import click

from panogen.apps.export import LAYOUTS, LOCAL_URL, OUTSIDES, Export, lay_out, request, save_export
from panogen.base.folder import check_free
from panogen.base.runtime import keep_large_buffers
from panogen.cli.options import latent_option, load, model_option, place_layout_option, progress_bar, work_options
from panogen.cli.pictures import place_of

EXPORT = Export()


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Which place.  [default: 0]")
@latent_option
@place_layout_option
@click.option("--viewer", is_flag=True, help="Add a page to look around in, for layout multires.")
@click.option("--width", default=EXPORT.width, show_default=True, help="Pixels all around.")
@click.option("--layout", type=click.Choice(list(LAYOUTS)), default=EXPORT.layout, show_default=True)
@click.option("--tile", default=EXPORT.tile, show_default=True, help="Pixels a side of the largest tiles.")
@click.option("--quality", default=EXPORT.quality, show_default=True, help="Of the tiles' JPEG, 1 to 100.")
@click.option("--url", help=f"Where FOLDER will be served, for layout iiif.  [default: {LOCAL_URL}]")
@click.option("--truncation", default=EXPORT.truncation, show_default=True, help="1: as learned; 0: the mean place.")
@click.option(
    "--outside", type=click.Choice(OUTSIDES), default=EXPORT.outside, show_default=True, help="Where the model ends."
)
@model_option
@work_options
def export(
    folder: Path,
    seed: int | None,
    latent: Path | None,
    place_layout: int | None,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
    **how: Any,
) -> None:
    """Export a place into FOLDER, new or empty, as tiles for viewers of the web.

    With --viewer its index.html shows the place, opened by a double click or from any web server.
    """
    what = Export(**how)
    check_free(folder)
    panogen = load(model, device)
    layout = lay_out(what, panogen.model.chart)
    place = place_of(panogen, seed, latent, place_layout)
    if dry_run:
        resolved = {**request(panogen, place, what), "files": layout.described(), "output": str(folder)}
        click.echo(json.dumps(resolved, indent=2))
        return
    keep_large_buffers()
    with progress_bar(quiet, total=layout.pixels, unit=" pixels", unit_scale=True) as bar:
        save_export(panogen, place, folder, what, bar.update)
