"""What a foveated picture costs beside a whole one, and how much of it an eye could tell.

    python benchmarks/foveation.py

Times are taken in turn, in one process, and the ratio pair by pair. Quality is PSNR in dB after the low-pass of an
eye, by ring of degrees around the gaze, against two ways to spend as many samples without knowing where the eye looks.
Flicker is the mean change, in steps of 8 bits, from picture to picture of a still place while the gaze drifts: of whole
pictures it is 0. Last comes the mode of the CIPS paper, whose PSNR is that of the whole picture, without a low-pass.
"""

import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from machine import seconds_of
from PIL import Image, ImageDraw, ImageFont
from record import Cell, Table, recorded, spread

from panogen import load
from panogen.api import Foveated, Panogen
from panogen.base.arrays import Floats, Pixels
from panogen.base.runtime import keep_large_buffers
from panogen.base.sheet import contact_sheet
from panogen.foveation import Acuity, Foveation
from panogen.foveation.eye import Gaze
from panogen.foveation.rings import Rings
from panogen.foveation.scatter import Scatter, interpolated
from panogen.grids import Grid, Perspective
from panogen.grids.view import View
from panogen.metrics.foveation import flicker, ring_psnr_db
from panogen.metrics.psnr import psnr_db
from panogen.rendering import OUTSIDE, Renderer, plan_of, quantize

GAZES_DEG = {"centre": (0.0, 0.0), "20 right, 5 down": (20.0, -5.0), "43 left": (-43.0, 0.0)}
GRID = Perspective(1920, 1080)
SHAPE = f"{GRID.width} x {GRID.height}, {GRID.fov_deg:g} degrees"
SWEEP_STEPS, SWEEP_STEP_PIXELS = 8, 0.25
SHARES = (0.05, 0.25, 0.5, 1.0)
SHEET_GRID = Perspective(512, 288)
SHEET_QUALITY = 70  # of a JPEG
CAPTION_PIXELS = 30
PARTS = ("speed", "quality", "flicker", "paper")


@torch.inference_mode()
def colours(shown: Panogen, seed: int, grid: Grid) -> Floats:
    """Of all samples of a grid (n, 3)."""
    plan = plan_of(shown.model.generator, shown.field(seed), grid)
    return np.concatenate(list(Renderer(plan, shown.model.chart, grid).blocks()))


def whole(shown: Panogen, seed: int, grid: Grid) -> Pixels:
    return quantize(colours(shown, seed, grid)).reshape(*grid.shape, 3)


def foveated(shown: Panogen, seed: int, gaze_deg: tuple[float, float]) -> Pixels:
    rings = Rings(Gaze(GRID, *gaze_deg), Acuity(), shown.model.chart)
    return quantize(rings.reconstruct(colours(shown, seed, rings), OUTSIDE))


def uniform(known: Floats, samples: int) -> Pixels:
    """As many of the whole picture's pixels (n, 3) at random, and cubic interpolation between them."""
    pixels = np.sort(np.random.default_rng(0).choice(len(GRID), samples, replace=False))
    return quantize(interpolated(GRID.shape, pixels, known[pixels]))


def low_resolution(shown: Panogen, seed: int, samples: int) -> Pixels:
    """A smaller picture of the same proportions, of at least as many pixels, and bicubic interpolation."""
    unit = int(np.ceil(np.sqrt(samples / (16 * 9))))
    small = Perspective(16 * unit, 9 * unit)
    picture = colours(shown, seed, small).reshape(*small.shape, 3)
    return quantize(np.asarray(cv2.resize(picture, GRID.shape[::-1], interpolation=cv2.INTER_CUBIC)))


def pitch_deg(gaze: Gaze) -> Floats:
    """Between pixels (rows, columns), as the eye sees them: of a square as large as the pixel."""
    seen = gaze.around / torch.linalg.vector_norm(gaze.around, dim=0)
    down, right = (np.linalg.norm(step, axis=0) for step in np.gradient(seen.numpy(), axis=(1, 2)))
    return np.degrees(np.sqrt(down * right))


def stages(shown: Panogen, seed: int, gaze_deg: tuple[float, float]) -> list[float]:
    """Shares of the time of a foveated picture: laying out its samples, the network and reconstruction."""
    times = [time.perf_counter()]
    rings = Rings(
        Gaze(replace(GRID), *gaze_deg), Acuity(), shown.model.chart
    )  # a grid keeps what was worked out for it
    assert len(rings)
    times.append(time.perf_counter())
    computed = colours(shown, seed, rings)
    times.append(time.perf_counter())
    quantize(rings.reconstruct(computed, OUTSIDE))
    times.append(time.perf_counter())
    return [(end - start) / (times[-1] - times[0]) for start, end in pairwise(times)]


def speed(shown: Panogen, seed: int, pairs: int) -> Table:
    rows: list[list[Cell]] = []
    for name, gaze_deg in GAZES_DEG.items():

        def render() -> Pixels:
            return shown.render(seed, View(width=GRID.width, height=GRID.height, projection=GRID.name))

        def foveate(gaze_deg: tuple[float, float] = gaze_deg) -> Foveated:
            return shown.foveate(
                seed, Foveation(gaze_deg), View(width=GRID.width, height=GRID.height, projection=GRID.name)
            )

        render()
        found = foveate()
        times = [(seconds_of(render), seconds_of(foveate)) for _ in range(pairs)]
        shares = [stages(shown, seed, gaze_deg) for _ in range(pairs)]
        parts = (statistics.median(share) for share in zip(*shares, strict=True))
        faster = spread(a / b for a, b in times)
        rows.append([name, found.samples, found.share, *map(spread, zip(*times, strict=True)), faster, *parts])
    return Table(
        f"Time, {shown.name}: median (least to most) of {pairs} pairs; {SHAPE}",
        {
            "gaze": "", "samples": ",d", "of the pixels": ".2%", "whole, s": ".2f", "foveated, s": ".2f",
            "times faster": ".1f", "layout": ".0%", "network": ".0%", "reconstruction": ".0%",
        },
        rows,
    )  # fmt: skip


def quality(shown: Panogen, seeds: tuple[int, ...]) -> Table:
    rows: list[list[Cell]] = []
    for name, gaze_deg in GAZES_DEG.items():
        gaze = Gaze(GRID, *gaze_deg)
        samples = len(Rings(gaze, Acuity(), shown.model.chart))
        eccentricity = np.degrees(gaze.eccentricity_rad.numpy())
        for seed in seeds:
            known = colours(shown, seed, GRID)
            truth = quantize(known).reshape(*GRID.shape, 3)
            for method, picture in {
                "foveated": foveated(shown, seed, gaze_deg),
                "uniform random": uniform(known, samples),
                "low resolution": low_resolution(shown, seed, samples),
            }.items():
                found = ring_psnr_db(picture, truth, eccentricity, pitch_deg(gaze))
                rings = ("equal" if math.isinf(value) else value for value in found.values())
                rows.append([name, seed, method, *rings])
    return Table(
        f"Quality: PSNR in dB as an eye sees it, by degrees from the gaze; {SHAPE}",
        {"gaze": "", "seed": "d", "samples": "", **dict.fromkeys(found, ".1f")},
        rows,
    )


def steadiness(shown: Panogen, seed: int) -> Table:
    rows: list[list[Cell]] = []
    for name, (right, up) in GAZES_DEG.items():
        gaze = Gaze(GRID, right, up)
        step = SWEEP_STEP_PIXELS * np.degrees(gaze.pitch_rad)
        frames = [foveated(shown, seed, (right + step * number, up)) for number in range(SWEEP_STEPS + 1)]
        found = flicker(frames, np.degrees(gaze.eccentricity_rad.numpy()))
        rows.append([name, *found.values()])
    return Table(
        f"Flicker: steps of 8 bits from picture to picture, by degrees from the gaze, seed {seed}",
        {"gaze": "", **dict.fromkeys(found, ".3f")},
        rows,
    )


@dataclass(frozen=True)
class Scattered:
    """A picture of the paper's mode, and the samples it is made of on black."""

    picture: Pixels
    samples: Pixels
    share: float
    seconds: float
    reconstruction_seconds: float
    psnr_db: float  # of the whole picture, without a low-pass

    @property
    def caption(self) -> str:
        """Of the sheet."""
        said = f"{self.share:.0%}: {self.seconds:.2f} s"
        if self.share == 1:
            return said
        return f"{said}, {self.reconstruction_seconds:.2f} s of it reconstruction; {self.psnr_db:.1f} dB"


def scattered(shown: Panogen, seed: int, grid: Grid, share: float) -> Scattered:
    start = time.perf_counter()
    scatter = Scatter(Gaze(grid), share, shown.model.chart)
    computed = colours(shown, seed, scatter)
    evaluated = time.perf_counter()
    picture = quantize(scatter.reconstruct(computed, OUTSIDE))
    end = time.perf_counter()
    error = np.square(np.subtract(picture, whole(shown, seed, grid), dtype=np.float32)).mean()
    samples = picture * scatter.density.astype(np.uint8)[..., None]
    return Scattered(picture, samples, share, end - start, end - evaluated, psnr_db(float(error)))


def paper(shown: Panogen, seed: int) -> Table:
    rows: list[list[Cell]] = []
    for share in SHARES:
        made = scattered(shown, seed, GRID, share)
        psnr = "equal" if math.isinf(made.psnr_db) else made.psnr_db
        rows.append([made.share, made.seconds, made.reconstruction_seconds, psnr])
    return Table(
        f"The mode of the CIPS paper, gaze at the centre, seed {seed}; {SHAPE}",
        {"of the pixels": ".0%", "seconds": ".2f", "of them reconstruction": ".2f", "PSNR, dB": ".1f"},
        rows,
    )


def captioned(made: Scattered) -> Pixels:
    """Samples above their picture above its caption."""
    pictures = np.concatenate([made.samples, made.picture])
    canvas = Image.new("RGB", (pictures.shape[1], len(pictures) + CAPTION_PIXELS), "white")
    canvas.paste(Image.fromarray(pictures))
    font = ImageFont.load_default(CAPTION_PIXELS * 0.6)
    middle = (canvas.width / 2, canvas.height - CAPTION_PIXELS / 2)
    ImageDraw.Draw(canvas).text(middle, made.caption, "black", font, anchor="mm")
    return np.asarray(canvas)


def write_sheet(shown: Panogen, seed: int, path: Path) -> None:
    """The paper's figure."""
    scattered(shown, seed, SHEET_GRID, SHARES[0])  # what is loaded at first use is not timed
    tiles = [captioned(scattered(shown, seed, SHEET_GRID, share)) for share in SHARES]
    Image.fromarray(contact_sheet(tiles, columns=len(tiles))).save(path, quality=SHEET_QUALITY)


@click.command()
@click.option("--pairs", default=5, show_default=True)
@click.option(
    "--seed", "seeds", multiple=True, default=(4, 9), show_default=True, help="Of the first: times, flicker and sheet."
)
@click.option("--only", type=click.Choice(PARTS), help="One of the parts.")
@click.option("--sheet", type=click.Path(path_type=Path), help="Write the paper's figure, and do nothing else.")
@click.option("--model", default="landscapes", show_default=True)
@recorded
def main(pairs: int, seeds: tuple[int, ...], only: str | None, sheet: Path | None, model: str) -> Iterator[Table]:
    """Compare foveated pictures with whole ones."""
    keep_large_buffers()
    shown = load(model)
    if sheet:
        write_sheet(shown, seeds[0], sheet)
        return
    parts: dict[str, Callable[[], Table]] = {
        "speed": lambda: speed(shown, seeds[0], pairs),
        "quality": lambda: quality(shown, seeds),
        "flicker": lambda: steadiness(shown, seeds[0]),
        "paper": lambda: paper(shown, seeds[0]),
    }
    for part in [only] if only else PARTS:
        yield parts[part]()


if __name__ == "__main__":
    main()
