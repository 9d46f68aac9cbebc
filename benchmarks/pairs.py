"""Which one is a photograph? Pairs of pictures, one of a model and one of a panorama that it has not seen, for the eye.

    python benchmarks/pairs.py make runs/pairs --model wilds --data FOLDER
    python benchmarks/pairs.py count runs/pairs answers-1.txt answers-2.txt

Each picture is half of the circle, 90 degrees high and 1,024 pixels wide; a panorama gives two, of its two halves. The
two of a pair lie one above the other, A and B, in an order of its own; those of the model are of the seeds 0, 1, 2 ...
Whoever judges sees the pictures alone, and writes a line for each, as ``07 B``: the one that is the photograph.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

import click
import cv2
import numpy as np
from figures import MEASURING_SEED
from places import RealPlaces, check_shows_band, rendered
from record import Cell, Table, recorded

from panogen.api import load
from panogen.base.arrays import Pixels
from panogen.base.errors import JobError, UsageError
from panogen.base.files import write_text
from panogen.base.runtime import keep_large_buffers
from panogen.data.folder import CHART
from panogen.grids import GridWindow
from panogen.grids.view import View
from panogen.pictures.formats import save_picture

WIDTH = 2048  # of the circle
GAP = 40  # rows between two pictures, with the letter of the one below
KEY = "key.json"
LETTERS = "AB"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def halves(bands: Pixels) -> list[Pixels]:
    """The pictures (rows, width / 2, 3) of bands (n, rows, width, 3), two of each."""
    return [half for band in bands for half in np.split(band, 2, axis=1)]


def laid_out(pictures: tuple[Pixels, Pixels]) -> Pixels:
    """Both of a pair, one above the other, each below its letter."""
    rows = []
    for letter, picture in zip(LETTERS, pictures, strict=True):
        title = np.full((GAP, *picture.shape[1:]), 255, np.uint8)
        cv2.putText(title, letter, (8, GAP - 9), cv2.FONT_HERSHEY_SIMPLEX, 1, (0, 0, 0), 2, cv2.LINE_AA)
        rows += [title, picture]
    return np.concatenate(rows)


@click.group()
def main() -> None:
    """Have pairs judged."""


@main.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--model", default="wilds", show_default=True)
@click.option("--data", required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--names", type=FILE, help="The panoramas to use, one a line, and true widths.  [default: all]")
@click.option("--pairs", default=20, show_default=True, type=click.IntRange(min=1))
def make(out: Path, model: str, data: Path, names: Path | None, pairs: int) -> None:
    """Write pairs into a new folder, and which one is real into key.json there."""
    keep_large_buffers()
    if out.exists():
        raise click.ClickException(f"{out} is there already; name a new folder")
    try:
        shown = load(model)
        check_shows_band(shown)
        with tempfile.TemporaryDirectory() as kept:
            places = RealPlaces.open(data, names, Path(kept))
            if (most := 2 * len(places.indices(WIDTH))) < pairs:
                raise UsageError(f"--pairs {pairs} needs as many halves of panoramas {WIDTH} wide; {data} has {most}")
            real = halves(places.turned_bands(WIDTH))
    except (UsageError, JobError) as error:
        raise click.ClickException(str(error)) from None
    grid = View(width=WIDTH).grid(CHART)
    half = GridWindow(grid, 0, 0, grid.shape[0], WIDTH // 2)
    made = [rendered(shown, shown.field(seed), half) for seed in range(pairs)]
    out.mkdir(parents=True)
    rng = np.random.default_rng(MEASURING_SEED)
    chosen, first = rng.permutation(len(real))[:pairs], rng.integers(2, size=pairs)
    for number in range(pairs):
        pair = real[chosen[number]], made[number]
        save_picture(out / f"{number:02}.png", laid_out(pair if first[number] == 0 else pair[::-1]))
    key = {f"{number:02}": LETTERS[first[number]] for number in range(pairs)}
    write_text(out / KEY, json.dumps({"model": shown.name, "photograph": key}, indent=2) + "\n")


@main.command()
@click.argument("out", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("answers", nargs=-1, required=True, type=FILE)
@recorded
def count(out: Path, answers: tuple[Path, ...]) -> Iterator[Table]:
    """Count how often the model's picture was taken for the photograph."""
    known = json.loads((out / KEY).read_text(encoding="utf-8"))
    key: dict[str, str] = known["photograph"]
    rows: list[list[Cell]] = []
    for path in answers:
        lines = path.read_text(encoding="utf-8").split("\n")
        given = {
            number: letter.strip() for number, _, letter in (line.strip().partition(" ") for line in lines) if number
        }
        if given.keys() != key.keys() or not set(given.values()) <= set(LETTERS):
            raise click.ClickException(f"{path}: must have a line as '07 B' for each of {', '.join(key)}")
        fooled = [number for number in key if given[number] != key[number]]
        rows.append([path.stem, len(key), len(fooled), ", ".join(fooled)])
    yield Table(
        f"Pictures of {known['model']} that were taken for the photograph",
        {"eyes": "", "pairs": "d", "taken for real": "d", "which": ""},
        rows,
    )


if __name__ == "__main__":
    main()
