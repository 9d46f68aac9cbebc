"""panogen export: a folder of tiles for viewers of the web."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from panogen.apps.export import LOCAL_URL, TILINGS, Export, Live, read_export, request, save_export, tiling_of
from panogen.base.errors import UsageError
from panogen.base.folder import check_new
from panogen.base.runtime import keep_large_buffers
from panogen.cli import options
from panogen.cli.talk import answer_requests
from panogen.grids.view import OPAQUE_OUTSIDES
from panogen.places import Place

EXPORT = Export()
LIVE_WIDTH = 2048  # of the still panorama of a live page


@click.command()
@click.argument("folder", type=options.PATH)
@options.place_options
@options.from_option("An export to make again, or with changes: its folder, or the request.json in it.")
@click.option("--viewer", is_flag=True, help="Add a page to look around in, for tiling multires.")
@click.option("--live", is_flag=True, help="A page whose picture the reader's own graphics processor computes.")
@click.option("--width", default=EXPORT.width, show_default=True, help="Pixels all around.")
@click.option(
    "--tiling",
    type=click.Choice([name for name in TILINGS if name != Live.name]),
    default=EXPORT.tiling,
    show_default=True,
)
@click.option("--tile", default=EXPORT.tile, show_default=True, help="Pixels a side of the largest tiles.")
@click.option("--quality", default=EXPORT.quality, show_default=True, help="Of the tiles' JPEG, 1 to 100.")
@click.option("--url", help=f"Where FOLDER will be served, for tiling iiif.  [default: {LOCAL_URL}]")
@click.option("--yaw", "yaw_deg", default=EXPORT.yaw_deg, show_default=True, help="Where a page opens: degrees right.")
@click.option("--pitch", "pitch_deg", default=EXPORT.pitch_deg, show_default=True, help="And degrees up.")
@click.option("--fov", "fov_deg", default=EXPORT.fov_deg, show_default=True, help="And how wide it sees, in degrees.")
@options.truncation_option
@options.outside_option(OPAQUE_OUTSIDES)
@options.model_option
@options.work_options
@click.pass_context
def export(
    context: click.Context,
    /,
    folder: Path,
    place: Place,
    source: Path | None,
    live: bool,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
    **how: Any,
) -> None:
    """Export a place into FOLDER, new or empty, as tiles for viewers of the web.

    With --viewer its index.html shows the place, opened by a double click or from any web server. With --live it is
    looked around in as by panogen view, from any web server, and nothing needs to run there.
    """
    if live:
        check_live(context)
    check_new(folder)
    if source is None:
        what = Export(**how)
        if live and not options.given(context, "width"):
            what = replace(what, width=LIVE_WIDTH)
        panogen = options.load(model, device)
    else:
        shown, before = read_export(source)
        if live or options.given(context, "tiling"):  # what goes with a tiling is left behind
            opens = live or TILINGS[how["tiling"]].opens
            looks: dict[str, Any] = {} if opens else EXPORT.opening
            before = replace(before, viewer=False, url=None, **looks)
        what = options.changed(context, before, how)
        panogen = options.load_again(context, shown)
        if not (options.given(context, "seed") or options.given(context, "latent")):
            place = shown.place.laid_out(context.params["layout"])
    if live:
        what = replace(what, tiling=Live.name)
    tiling = tiling_of(what, panogen.model.chart)
    if dry_run:
        resolved = {**request(panogen, place, what), "files": tiling.described()}
        del resolved["view"], resolved["foveation"]  # of which "export" has what counts
        answer_requests({folder: resolved})
        return
    keep_large_buffers()
    with options.progress_bar(quiet, total=tiling.pixels, unit=" pixels", unit_scale=True) as bar:
        save_export(panogen, place, folder, what, bar.update)


def check_live(context: click.Context) -> None:
    """Raise UsageError for options that a live page has no use for."""
    for name in ("tiling", "viewer"):
        if options.given(context, name):
            raise UsageError(f"--live is an export of its own kind; leave --{name} out")
