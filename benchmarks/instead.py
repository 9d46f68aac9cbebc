"""What a user would take instead, beside panogen: a view cut from a huge panorama, and an enlarged panorama.

    python benchmarks/instead.py

A lens view straight from the network is compared with one that py360convert cuts from a panorama of the same model,
each in a process of its own; both with the view of 4 x 4 samples a pixel. A panorama is compared with one a quarter as
wide that Lanczos interpolation enlarges: power finer than 6 pixels is that of the network's own in dB.
"""

import time
from collections.abc import Callable, Iterator

import click
import cv2
import numpy as np
import py360convert
from detail import spectrum
from machine import apart
from record import Cell, Table, recorded, spread

from panogen import load
from panogen.base.arrays import Pixels
from panogen.base.runtime import keep_large_buffers
from panogen.evaluation.measures.speed import peak_memory_mb
from panogen.grids import Perspective
from panogen.metrics.psnr import psnr_db
from panogen.metrics.spectrum import square_crops

LENS = Perspective(1920, 1080, fov_deg=90.0)
AROUND = 16_384  # pixels of the panorama that views are cut from
LARGE, SMALL = 4096, 1024
CROP, CROPS = 256, 16  # pixels a side, and of a panorama

Made = tuple[Pixels, list[float], float]  # a picture, the seconds of each run, and the most memory in MB


def view(model: str, seed: int, supersample: int = 1) -> Pixels:
    """Straight from the network."""
    look = {"projection": LENS.name, "width": LENS.width, "height": LENS.height, "fov_deg": LENS.fov_deg}
    return load(model).render(seed, **look, supersample=supersample)


def straight(model: str, seed: int, runs: int) -> Made:
    """Loading the model and rendering a view."""
    return timed(lambda: view(model, seed), runs)


def panorama(model: str, seed: int) -> Made:
    """The whole one, to cut views from."""
    return timed(lambda: load(model).render(seed, width=AROUND, height=AROUND // 2, projection="equirectangular"), 1)


def cut(source: Pixels, runs: int) -> Made:
    """A view of a panorama."""
    tall = np.degrees(2 * np.arctan(np.tan(np.radians(LENS.fov_deg / 2)) * LENS.height / LENS.width))
    shape = LENS.height, LENS.width
    return timed(lambda: py360convert.e2p(source, (LENS.fov_deg, tall), 0, 0, shape, mode="bilinear"), runs)


def timed(job: Callable[[], Pixels], runs: int) -> Made:
    """What a job makes."""
    keep_large_buffers()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        made = job()
        seconds.append(time.perf_counter() - start)
    return made, seconds, peak_memory_mb()


def views(model: str, seed: int, runs: int) -> Table:
    """Straight from the network, and cut out."""
    fine = view(model, seed, supersample=4)
    whole, seconds, whole_mb = apart(panorama, model, seed)
    rows: list[list[Cell]] = []
    for name, before, (picture, times, most_mb) in (
        ("straight from the network", None, apart(straight, model, seed, runs)),
        (f"py360convert, from {AROUND} around", seconds[0], apart(cut, whole, runs)),
    ):
        error = np.square(np.subtract(picture, fine, dtype=np.float32)).mean()
        most = most_mb if before is None else max(most_mb, whole_mb)
        rows.append([name, before, spread(times), most, psnr_db(float(error))])
    return Table(
        f"A lens view of {model}, {LENS.width} x {LENS.height}, {LENS.fov_deg:g} degrees: {runs} runs",
        {"way": "", "panorama first, s": ".1f", "a view, s": ".2f", "MB": ".0f", "PSNR to 4 x 4 samples, dB": ".1f"},
        rows,
    )


def enlarged(model: str, seeds: int) -> Table:
    """From a quarter of the width, and straight from the network."""
    rows: list[list[Cell]] = []
    shown = load(model)
    for seed in range(seeds):
        large, small = (shown.render(seed, width=width) for width in (LARGE, SMALL))
        smooth = cv2.resize(small, large.shape[1::-1], interpolation=cv2.INTER_LANCZOS4)
        crops = (square_crops(picture, CROP, CROPS) for picture in (smooth, large))
        rows.append([f"seed {seed}", spectrum(*crops)["finer_db"]])
    return Table(f"{model}, {LARGE} around, enlarged from {SMALL}", {"": "", "finer than 6 pixels, dB": ".1f"}, rows)


@click.command()
@click.option("--model", default="wilds", show_default=True)
@click.option("--seed", default=4, show_default=True, help="Of the view.")
@click.option("--seeds", default=4, show_default=True, help="Of the panoramas, from 0.")
@click.option("--runs", default=5, show_default=True)
@recorded
def main(model: str, seed: int, seeds: int, runs: int) -> Iterator[Table]:
    """Compare with what else there is."""
    yield views(model, seed, runs)
    yield enlarged(model, seeds)


if __name__ == "__main__":
    main()
