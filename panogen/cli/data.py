"""panogen data: look at what a model would be trained on."""

import math
from pathlib import Path
from typing import Any

import click
import numpy as np

from panogen.base.arrays import Pixels
from panogen.base.errors import UsageError, writing
from panogen.base.names import printable
from panogen.base.sheet import contact_sheet, sheet_shape
from panogen.cli.options import PATH, out_argument, progress_bar, quiet_option
from panogen.cli.sources import EXAMPLES, reading_options, speak_of_skipped
from panogen.cli.talk import answer
from panogen.data import Reading, open_source
from panogen.data.folder import Folder
from panogen.data.manifest import Manifest, write_manifest
from panogen.data.scan import check_folder
from panogen.pictures.formats import check_writable, format_for, save_picture


class DataCommands(click.Group):
    """``panogen data SOURCE OUT`` is short for ``panogen data show SOURCE OUT``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put in the command that was left out."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(cls=DataCommands)
def data() -> None:
    """Check a folder of pictures, or show what a model would be trained on."""


@data.command()
@click.argument("folder", type=PATH)
@reading_options
@quiet_option
def check(folder: Path, reading: Reading, quiet: bool) -> None:
    """Read every picture of FOLDER once, say which cannot be used and why, and write its manifest."""
    if not folder.is_dir():
        raise UsageError(f"{str(folder)!r} is no folder; give a folder of panoramas or photos")
    with progress_bar(quiet, unit=" files") as bar:
        manifest = check_folder(folder, reading, _advance(bar))
    speak_of_skipped({entry.name: entry.reason or "" for entry in manifest.skipped})
    noted = [entry for entry in manifest.usable if entry.note]
    for entry in noted[:EXAMPLES]:
        answer(printable(f"noted {entry.name}: {entry.note}"))
    if len(noted) > EXAMPLES:
        answer(f"noted something of {len(noted)} pictures in all; the folder's manifest says what of each")
    if manifest.entries:
        answer(f"{len(manifest.usable)} of {len(manifest.entries)} pictures are usable {_summary(manifest)}")
        if manifest.elsewhere:
            answer(f"not counted: pictures in subfolders ({manifest.elsewhere}); --recursive takes them, too")
        write_manifest(folder, manifest)
    opened = Folder(folder, manifest)  # fails where nothing is usable
    unfit = {name: opened.skipped[name] for name in opened.skipped.keys() - {entry.name for entry in manifest.skipped}}
    if manifest.kind == "photos" or unfit:
        answer(f"{len(opened)} of them fill the default chart, {opened.chart.vertical_fov_deg:g} degrees high")
        speak_of_skipped(dict(sorted(unfit.items())))


def _summary(manifest: Manifest) -> str:
    """Return what the usable pictures of a folder have in common."""
    judged = ", as their shapes say" if manifest.judged else ""
    text = f"as {manifest.kind}{judged}"
    if manifest.kind == "photos" and manifest.usable:
        sources = [entry.fov_from or "its own place" for entry in manifest.usable]
        counts = ", ".join(f"{sources.count(source)} {source}" for source in sorted(set(sources)))
        text += f"; field of view: {counts}"
    return text


@data.command()
@click.argument("source")
@out_argument
@click.option("--count", default=12, show_default=True, help="Pictures to show, the first ones.")
@click.option("--width", default=512, show_default=True, help="Pixels of each.")
@reading_options
@quiet_option
def show(source: str, out: Path, count: int, width: int, reading: Reading, quiet: bool) -> None:
    """Write a contact sheet of SOURCE (a folder, or procedural:landscapes) to OUT.

    Panoramas are shown around the circle, photos as the part of the band that they fill.
    """
    if count < 1:
        raise UsageError(f"count must be at least 1, got {count}")
    if not 8 <= width <= 8192:
        raise UsageError(f"width must be in [8, 8192] pixels, got {width}")
    check_writable(out)
    format_for(out, (1, 1))
    with progress_bar(quiet, unit=" files") as bar:
        opened = open_source(source, reading, report=_advance(bar), remember=False)
    chart = opened.chart
    chosen = range(min(count, len(opened)))
    pixel = max(map(opened.extent_rad, chosen)) / width
    rows = max(1, round(chart.side / pixel))
    format_for(out, sheet_shape((rows, width), len(chosen)))
    with progress_bar(quiet, iterable=chosen, unit=" pictures") as indices:
        # The part of the band that each picture fills, in square pixels.
        columns = [max(1, math.floor(opened.extent_rad(index) / pixel + 1e-9)) for index in chosen]
        bands = [_centred(opened.band(index, rows, columns[index], chart), width) for index in indices]
    with writing(out):
        save_picture(out, contact_sheet(bands))
    answer(printable(f"{opened.description}; licence: {opened.licence}"))
    speak_of_skipped(opened.skipped)


def _centred(picture: Pixels, width: int) -> Pixels:
    """Return a picture (H, W, 3) in the middle of white, ``width`` pixels wide."""
    spare = width - picture.shape[1]
    return np.pad(picture, ((0, 0), (spare // 2, spare - spare // 2), (0, 0)), constant_values=255)


def _advance(bar: Any) -> Any:
    """Return a report that moves a progress bar."""

    def report(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return report
