"""panogen data: look at what a model would be trained on."""

from pathlib import Path

import click

from panogen.cli.options import progress_bar, quiet_option
from panogen.data import PanoramaFolder, open_source
from panogen.errors import JobError, UsageError
from panogen.geometry import Cylinder
from panogen.sheet import contact_sheet
from panogen.sinks import check_writable, save_picture, sink_for


@click.command()
@click.argument("source")
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--count", default=12, show_default=True, help="Panoramas to show, the first ones.")
@click.option("--width", default=512, show_default=True, help="Pixels of each.")
@quiet_option
def data(source: str, out: Path, count: int, width: int, quiet: bool) -> None:
    """Write a contact sheet of SOURCE (a folder of panoramas, or procedural:landscapes) to OUT."""
    if count < 1:
        raise UsageError(f"count must be at least 1, got {count}")
    if not 8 <= width <= 8192:
        raise UsageError(f"width must be in [8, 8192] pixels, got {width}")
    check_writable(out)
    sink = sink_for(out)
    opened, chart = open_source(source), Cylinder()
    shown = range(min(count, len(opened)))
    sink.check((-(-len(shown) // 2) * chart.natural_height(width), 2 * width))
    with progress_bar(quiet, iterable=shown, unit=" panoramas") as indices:
        bands = [opened.band(index, chart.natural_height(width), width, chart) for index in indices]
    try:
        save_picture(out, contact_sheet(bands))
    except OSError as error:
        raise JobError(f"{out}: cannot be written: {error.strerror or error}") from None
    click.echo(f"{opened.description}; {opened.licence}")
    if isinstance(opened, PanoramaFolder):
        for path, reason in opened.skipped.items():
            click.echo(f"skipped {path.name}: {reason}")
