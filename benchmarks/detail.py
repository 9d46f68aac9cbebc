"""How much detail of its own has a model, at several scales, beside the panoramas that it was trained on?

    python benchmarks/detail.py --model nature --model runs/new --data FOLDER --inception FILE --cache runs/detail
    python benchmarks/detail.py --model runs/new --data FOLDER --only spectrum,layout --widths 2048 --sheet sheet.png

At each width of the whole circle, crops of 64 pixels of the 90 degrees around the horizon are compared: six of each of
58 seeds' places with six of each real panorama, at the same azimuths and heights, the seam included. Real ones are
averaged down from their file. One that is narrower than a width is left out there. What has been enlarged is told by
--names, a text file with a panorama to use in each line and, behind a comma, its true width: ``forest_slope,1024``.

FID-768 of fewer crops than features is biased: compare it with that of the same panoramas and width alone, or cut more
of each (--crops). With --held-out, panoramas of another folder, which no model has seen, are judged as models are: the
floor. All is computed by one thread and comes out the same each time, whether the real side is made or found in the
cache.
"""

import contextlib
import json
import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import click
import numpy as np
import torch
from figures import MEASURING_SEED, layout, spectra
from numpy.typing import NDArray
from places import CROPS, NARROWEST, RealPlaces, check_shows_band, generated_bands, generated_crops
from record import Table
from tqdm import tqdm

from panogen.api import Panogen, load
from panogen.base.arrays import Floats, Pixels
from panogen.base.errors import JobError, UsageError
from panogen.base.files import write_text
from panogen.base.runtime import keep_large_buffers, torch_threads
from panogen.base.sheet import contact_sheet
from panogen.grids.view import View
from panogen.metrics.frechet import frechet_distance
from panogen.metrics.inception import Inception
from panogen.metrics.spectrum import ROUNDING, power_spectra, radial_power
from panogen.pictures.formats import check_writable, format_of, save_picture

SEEDS = 58
HELD_OUT = "held out"
FINE = 1 / 6  # cycles a pixel: above it is detail finer than 6 pixels
LAYOUT_SEEDS, LAYOUT_WIDTH = 128, 256
SHEET_SEEDS, SHEET_WIDTH = 16, 1024
MEASURES = ("fid", "spectrum", "layout")
# Of the table: the measure that a column belongs to, the name of its figure, and the format.
COLUMNS = {
    "FID": ("fid", "fid", ".3f"),
    "spectrum, dB": ("spectrum", "spectrum_db", ".2f"),
    "above 0.25, dB": ("spectrum", "spectrum_db_high", ".2f"),
    "finer than 6 px, dB": ("spectrum", "finer_db", "+.2f"),
    "grid peak": ("spectrum", "grid_peak", ".2f"),
}
NOTES = (
    "In brackets: one half of real panoramas against the other, and of the FID two random halves of the real crops,",
    "which share panoramas. Both have half as many crops, so their FID is biased upwards. Of grid peaks: all crops.",
)

Result = dict[str, Any]


class Places(Protocol):
    """What can be judged: places of which crops are cut and bands seen."""

    def indices(self, width: int) -> Sequence[int]:
        """Which of them are not narrower than a width."""

    def crops(self, width: int, count: int) -> Pixels:
        """Crops (n, SIDE, SIDE, 3), so many of each."""

    def turned_bands(self, width: int) -> Pixels:
        """Bands (n, rows, columns, 3)."""


@dataclass(frozen=True)
class GeneratedPlaces:
    """The first seeds of a model."""

    shown: Panogen
    look: View

    def indices(self, width: int) -> Sequence[int]:
        return range(SEEDS)

    def crops(self, width: int, count: int) -> Pixels:
        return generated_crops(self.shown, width, SEEDS, self.look, count)

    def turned_bands(self, width: int) -> Pixels:
        return generated_bands(self.shown, width, LAYOUT_SEEDS, self.look)


def load_network(path: Path) -> Inception:
    """The network of FID, its weights laid out as one thread of a CPU reads them fastest: the same to rounding."""
    layers = Inception.load(path).layers
    last = torch.channels_last
    return Inception({name: (weight.contiguous(memory_format=last), bias) for name, (weight, bias) in layers.items()})


def features_of(network: Inception, crops: Pixels, what: str) -> Floats:
    """What the network sees of crops, with progress on a terminal."""
    with tqdm(total=len(crops), desc=f"{what}, features", disable=None, leave=False) as bar:
        return network.features(crops, progress=bar.update)


def count_of(judged: Places, width: int, least: int) -> int:
    """How many crops of each place make at least so many in all."""
    return max(CROPS, math.ceil(least / len(judged.indices(width))))


def halves(crops: NDArray[Any], count: int = CROPS) -> tuple[NDArray[Any], NDArray[Any]]:
    """What belongs to the crops, so many of each, of one half of the panoramas, and to those of the other."""
    even = np.arange(len(crops)) // count % 2 == 0
    return crops[even], crops[~even]


def shared_halves(crops: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """What belongs to a random half of the crops, and to the others, which are of the same panoramas."""
    chosen = np.random.default_rng(MEASURING_SEED).permutation(len(crops))
    return crops[chosen[::2]], crops[chosen[1::2]]


def spectrum(generated: Pixels, real: Pixels) -> dict[str, float]:
    """``spectra``, and the signed mean in dB of what is finer than 6 pixels: below 0 there is too little of it."""
    powers = [radial_power(power_spectra(crops).mean(0)) for crops in (generated, real)]
    ours, theirs = (10 * np.log10(np.maximum(power[frequencies > FINE], ROUNDING)) for frequencies, power in powers)
    return {**spectra(generated, real), "finer_db": float((ours - theirs).mean())}


def at_width(
    name: str, own: Places, real: RealPlaces, network: Inception | None, width: int, only: Sequence[str], least: int
) -> Result:
    """The figures of a width, and those of real crops beside them."""
    count = count_of(real, width, least)
    crops, theirs = own.crops(width, count_of(own, width, least)), real.crops(width, count)
    found: Result = {"panoramas": len(real.indices(width)), "crops": len(crops), "real_crops": len(theirs), "real": {}}
    if network is not None and "fid" in only:
        kept, what = f"features-{network.dims}-{count}", f"real crops at {width}"
        known = real.kept(kept, width, lambda: features_of(network, theirs, what))
        ours = features_of(network, crops, f"{name}, crops at {width}")
        found["fid"], found["real"]["fid"] = frechet_distance(ours, known), frechet_distance(*halves(known, count))
        found["real"]["fid_of_shared"] = frechet_distance(*shared_halves(known))
    if "spectrum" in only:
        found |= spectrum(crops, theirs)
        peaks = {name: value for name, value in spectra(theirs, theirs).items() if name.startswith("grid_peak")}
        found["real"] |= {**spectrum(*halves(theirs, count)), **peaks}
    return found


def judged(
    name: str, own: Places, real: RealPlaces, network: Inception | None, widths: list[int], only: list[str], least: int
) -> Result:
    """All figures of a model, those of each width by its name."""
    found: Result = {str(width): at_width(name, own, real, network, width, only, least) for width in widths}
    if "layout" in only:
        bands, theirs = own.turned_bands(LAYOUT_WIDTH), real.turned_bands(LAYOUT_WIDTH)
        found["layout"] = {"panoramas": len(bands), **layout(bands)}
        found["layout"]["real"] = {"panoramas": len(theirs), **layout(theirs)}
    return found


def table(name: str, found: Result, dims: int, only: Sequence[str]) -> Table:
    """Of a model: a line for each width, and one for the layout."""
    cells = {head.replace("FID", f"FID-{dims}"): cell for head, cell in COLUMNS.items() if cell[0] in only}
    columns = {"width": "d", "real panoramas": "d", **{head: form for head, (_, _, form) in cells.items()}}
    rows = [
        [int(width), one["panoramas"], *(beside_real(one, key, form) for _, key, form in cells.values())]
        for width, one in found.items()
        if width != "layout"
    ]
    notes = list(NOTES) if rows else []
    if "layout" in found:
        one = found["layout"]
        share, unbiased = (beside_real(one, f"fixed_layout_share{end}", ".3f") for end in ("", "_unbiased"))
        numbers = f"{one['panoramas']} ({one['real']['panoramas']}) panoramas"
        notes.append(f"Fixed-layout share of {numbers}: {share}; less its floor: {unbiased}.")
        notes.append(f"Deviation of the colour at an azimuth over them: {beside_real(one, 'azimuth_spread', '.1f')}.")
    return Table(name, columns if rows else {}, rows, notes)


def beside_real(one: Result, key: str, form: str) -> str:
    """A figure with that of real panoramas, or both that there are."""
    real = ", ".join(f"{one['real'][name]:{form}}" for name in (key, f"{key}_of_shared") if name in one["real"])
    return f"{one[key]:{form}} ({real})"


def sheet_paths(sheet: Path, names: Sequence[str]) -> list[Path]:
    """The file of each model's sheet: of several, its name behind that of the file."""
    if len(names) == 1:
        return [sheet]
    return [sheet.with_name(f"{sheet.stem}-{name.strip('./').replace('/', '-')}{sheet.suffix}") for name in names]


def models_of(context: click.Context, option: click.Parameter, names: Sequence[str]) -> dict[str, Panogen]:
    try:
        models = {name: load(name) for name in names}
        for shown in models.values():
            check_shows_band(shown)
    except (UsageError, JobError) as error:
        raise click.BadParameter(str(error)) from None
    return models


def widths_of(context: click.Context, option: click.Parameter, text: str) -> list[int]:
    widths = [int(width) if width.isdecimal() else 0 for width in text.split(",")]
    if min(widths) < NARROWEST:
        raise click.BadParameter(f"must be like 256,1024, each at least {NARROWEST}, got {text!r}")
    return sorted(set(widths))


def measures_of(context: click.Context, option: click.Parameter, text: str) -> list[str]:
    for name in text.split(","):
        if name not in MEASURES:
            raise click.BadParameter(f"must be among {', '.join(MEASURES)}, got {name!r}")
    return text.split(",")


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
NEW = click.Path(path_type=Path)


@click.command()
@click.option(
    "--model", "models", required=True, multiple=True, callback=models_of, help="A name or a folder; several."
)
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path), help="Panoramas.")
@click.option("--inception", type=FILE, help="The network of FID.")
@click.option("--names", type=FILE, help="The panoramas to use, one a line, and true widths.  [default: all]")
@click.option("--cache", type=NEW, help="A folder in which what is made of the panoramas is kept.")
@click.option("--widths", default="256,1024,2048", callback=widths_of, show_default=True)
@click.option("--only", default=",".join(MEASURES), callback=measures_of, show_default=True)
@click.option(
    "--held-out", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Panoramas no model has seen."
)
@click.option("--crops", "least", default=0, help="At least so many of either side.  [default: 6 of each place]")
@click.option("--truncation", default=1.0, show_default=True, help="Of the places.")
@click.option("--supersample", default=1, show_default=True, help="Samples each way for a pixel.")
@click.option("--sheet", type=NEW, help=f"Lay seeds 0 to {SHEET_SEEDS - 1} side by side, {SHEET_WIDTH} wide.")
@click.option("--json", "record", type=NEW, help="Keep all figures in a file, too.")
def main(
    models: dict[str, Panogen],
    data: Path,
    inception: Path | None,
    names: Path | None,
    cache: Path | None,
    widths: list[int],
    only: list[str],
    held_out: Path | None,
    least: int,
    truncation: float,
    supersample: int,
    sheet: Path | None,
    record: Path | None,
) -> None:
    """How much detail of its own has a model, beside the panoramas that it was trained on?"""
    if "fid" in only and inception is None:
        raise click.UsageError("fid needs its network: --inception FILE, or --only spectrum,layout without it")
    sheets = dict(zip(sheet_paths(sheet, list(models)), models.values(), strict=True)) if sheet is not None else {}
    results = {}
    keep_large_buffers()
    with torch_threads(1), contextlib.ExitStack() as stack:
        try:
            look = View(truncation=truncation, supersample=supersample)
            for path in (*sheets, *([record] if record else [])):
                check_writable(path)
            for path in sheets:
                format_of(path)
            kept = cache or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            real = RealPlaces.open(data, names, kept)
            subjects: dict[str, Places] = {name: GeneratedPlaces(shown, look) for name, shown in models.items()}
            if held_out is not None:
                subjects[HELD_OUT] = RealPlaces.open(held_out, None, kept)
            network = load_network(inception) if inception is not None and "fid" in only else None
        except (UsageError, JobError) as error:
            raise click.ClickException(str(error)) from None
        widths = widths if set(only) != {"layout"} else []
        for width in (*widths, *([LAYOUT_WIDTH] if "layout" in only else [])):
            for folder, places in ((data, real), (held_out, subjects.get(HELD_OUT, real))):
                if len(places.indices(width)) < 2:
                    raise click.ClickException(f"{folder}: less than two panoramas are {width} pixels wide")
        for name, own in subjects.items():
            start = time.perf_counter()
            results[name] = judged(name, own, real, network, widths, only, least)
            click.echo(table(name, results[name], network.dims if network else 0, only).text())
            click.echo(f"{name}: {time.perf_counter() - start:.0f} s", err=True)
        for path, shown in sheets.items():
            save_picture(path, contact_sheet(list(generated_bands(shown, SHEET_WIDTH, SHEET_SEEDS, look))))
    if record is not None:
        write_text(record, json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
