"""What octaves of noise are like, what their footprints save a picture from, and what they cost.

    python benchmarks/octaves.py --model nature

Statistics: of each octave over random points and many layouts, on nodes and between; the farthest correlation of
layouts, octaves and channels; grid peaks of its spectrum.

Aliasing: pictures of one sample a pixel against 8 x 8, averaged as light, in dB, with the footprints of the samples and
with footprints of none, for which octaves never fall silent.

Limit: how near to 8 x 8 samples a pixel of a thumbnail could come if its colour followed as well as it can from the
octaves that are heard in it: those that are silent all over it are drawn anew, and the deviation of the fine pictures
is what they alone decide.

Flicker: of a foveated picture while the gaze moves by a quarter of a pixel at a time.

Cost: time a point over that of the same network without octaves, of panoramas and lens views; of a blend of eight
places over one; of a foveated picture over the whole one. In turn, pair by pair.
"""

import copy
import dataclasses
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import click
import numpy as np
import torch
from machine import seconds_of
from record import Cell, Table, recorded, spread

from panogen import load
from panogen.api import Panogen
from panogen.base.arrays import Doubles, Integers
from panogen.base.runtime import keep_large_buffers, torch_threads
from panogen.foveation import Acuity
from panogen.foveation.eye import Gaze
from panogen.foveation.samples import samples_of
from panogen.geometry import Chart, from_azimuth_elevation
from panogen.grids import Grid
from panogen.grids.view import View
from panogen.metrics.foveation import flicker
from panogen.metrics.psnr import psnr_db
from panogen.networks import ChartPoints, Generator, OctavesConfig
from panogen.networks.config import COARSEST_RAD
from panogen.networks.encodings.lattices import loudness
from panogen.networks.encodings.octaves import Octaves
from panogen.places import Blend, Place, Seed, as_places
from panogen.rendering import OUTSIDE, PixelRenderer
from panogen.weights.checkpoint import Model

PARTS = ("statistics", "aliasing", "limit", "flicker", "cost")
FINEST = 8  # samples a pixel, each way
PICTURES = {
    "little planet": View(256, projection="little-planet"),
    "top rows": View(512, projection="equirectangular"),
    "thumbnail": View(64),
}
TOP_ROWS = 24  # within the band
TOGETHER, POINTS = 64, 128  # layouts, and points of each
FINE_PICTURES = 9  # of a thumbnail's place, each with other octaves that are silent in it
SWEEP = 16  # steps of a quarter of a pixel


@dataclass(frozen=True)
class Sharp(Grid):
    """A grid whose samples stand for nothing around them."""

    whole: Grid

    @property
    def shape(self) -> tuple[int, int]:
        return self.whole.shape

    @property
    def camera(self):  # type: ignore[override]
        return self.whole.camera

    @property
    def columns_are_meridians(self) -> bool:
        return self.whole.columns_are_meridians

    def at(self, samples: Integers) -> Doubles:
        return self.whole.at(samples)

    def footprints(self, samples: Integers) -> Doubles:
        return self.whole.footprints(samples) * 0


def octave_statistics(rounds: int) -> Table:
    """Means, variances and correlations of octaves, over ``rounds`` times ``TOGETHER`` layouts."""
    chart, config = load().model.chart, OctavesConfig(count=10, channels=8, continued=0)
    octaves = config.build(chart)
    assert isinstance(octaves, Octaves)
    rng, cell, wide = np.random.default_rng(0), COARSEST_RAD / 2**9, config.count * config.channels
    mean, variance = (torch.zeros(2, config.count, dtype=torch.float64) for _ in range(2))
    products = torch.zeros(2 * wide, 2 * wide, dtype=torch.float64)
    for number in range(rounds):
        azimuth, elevation = rng.uniform(-np.pi, np.pi, POINTS), rng.uniform(-0.7, 0.7, POINTS)
        nodes = number % 2  # of the finest octave
        if nodes:
            azimuth, elevation = np.rint(azimuth / cell) * cell, np.rint(elevation / cell) * cell
        places = ChartPoints.of(chart, from_azimuth_elevation(azimuth, elevation), np.full(POINTS, 1e-4))
        layouts = range(number * TOGETHER, (number + 1) * TOGETHER)
        values = octaves.noise(places, layouts).double()
        mean[nodes] += values.mean((0, 1, 3)) / rounds * 2
        variance[nodes] += values.square().mean((0, 1, 3)) / rounds * 2
        pairs = torch.cat([values[0::2], values[1::2]], 2).reshape(-1, 2 * wide)
        products += pairs.T @ pairs / len(pairs) / rounds
    scale = products.diagonal().rsqrt()
    correlations = (products * scale * scale[:, None]).fill_diagonal_(0).abs()
    rows: list[list[Cell]] = [
        [str(k), *(float(value[nodes, k]) for nodes in (1, 0) for value in (mean, variance))]
        for k in range(config.count)
    ]
    columns = {
        "octave": "",
        "mean on nodes": ".4f",
        "variance": ".4f",
        "mean between": ".4f",
        "variance between": ".4f",
    }
    note = f"The farthest correlation of two layouts, octaves or channels is {correlations.max():.4f}."
    return Table(f"Octaves, {rounds * TOGETHER} layouts", columns, rows, [note])


def aliasing(shown: Panogen, seeds: int) -> Table:
    """PSNR of one sample a pixel against many."""
    rows: list[list[Cell]] = []
    for name, view in PICTURES.items():
        found: dict[str, list[float]] = {"footprints": [], "none": []}
        for seed in range(seeds):
            field, grid = shown.field(seed), view.grid(shown.model.chart)
            fine = shown.pixel_renderer(field, dataclasses.replace(view, supersample=FINEST)).picture()
            for kind, own in (("footprints", grid), ("none", Sharp(grid))):
                picture = PixelRenderer(shown.renderer(field, own, view)).picture()
                cut = slice(TOP_ROWS) if name == "top rows" else slice(None)
                found[kind].append(psnr_db(float(np.square(picture[cut].astype(float) - fine[cut]).mean())))
        rows.append([name, spread(found["footprints"]), spread(found["none"])])
    columns = {"picture": "", "with footprints, dB": ".1f", "held at none": ".1f"}
    return Table(f"One sample a pixel against {FINEST} x {FINEST}, {seeds} seeds", columns, rows)


def limit(shown: Panogen, seeds: int) -> Table:
    """PSNR that silent octaves leave to one sample a pixel of a thumbnail."""
    view, chart, octaves = PICTURES["thumbnail"], shown.model.chart, shown.model.generator.octaves
    grid, fine = view.grid(chart), dataclasses.replace(view, supersample=FINEST)
    every = np.arange(len(grid))
    sides = ChartPoints.of(chart, grid.at(every), grid.footprints(every)).footprints
    first = int((loudness(COARSEST_RAD, sides, octaves.config.count) > 0).any(1).sum())
    others = [redrawn(shown, first, number) for number in range(FINE_PICTURES)]
    best, own = [], []
    for seed in range(seeds):
        field = shown.field(seed)
        pictures = [one.pixel_renderer(field, fine).picture().astype(float) for one in others]
        best.append(psnr_db(float(np.var(pictures, 0, ddof=1).mean())))
        thumbnail = shown.pixel_renderer(field, view).picture()
        own.append(psnr_db(float(np.square(thumbnail - pictures[0]).mean())))
    rows: list[list[Cell]] = [[first, spread(own), spread(best)]]
    columns = {"octaves heard": "d", "one sample a pixel, dB": ".1f", "at the best": ".1f"}
    return Table(f"A thumbnail 64 wide against {FINEST} x {FINEST}, {seeds} seeds", columns, rows)


class Redrawn(Octaves):
    """Octaves of which those from number ``first`` on are of a layout so far ``away``."""

    def __init__(self, config: OctavesConfig, chart: Chart, first: int, away: int):
        super().__init__(config, chart)
        self.first, self.away = first, away

    def noise(self, points: ChartPoints, layouts: Sequence[int], gains: torch.Tensor | None = None) -> torch.Tensor:
        values = super().noise(points, layouts, gains)
        if self.away:
            others = super().noise(points, [layout + self.away for layout in layouts], gains)
            values[:, :, self.first :] = others[:, :, self.first :]
        return values


def redrawn(shown: Panogen, first: int, away: int) -> Panogen:
    """The same network with such octaves."""
    generator = copy.deepcopy(shown.model.generator)
    generator.octaves = Redrawn(generator.octaves.config, shown.model.chart, first, away)
    return Panogen(Model(generator, shown.model.chart), shown.name)


def steadiness(shown: Panogen, seed: int) -> Table:
    """Flicker of a foveated lens view under a slow sweep of the gaze."""
    view = View(640, 360, "perspective")
    grid, field = view.grid(shown.model.chart), shown.field(seed)
    step = 0.25 * np.degrees(2 * np.tan(np.radians(45)) / 640)
    rows: list[list[Cell]] = []
    for name, wrap in (("footprints", lambda own: own), ("held at none", Sharp)):
        frames = []
        for number in range(SWEEP):
            gaze = Gaze(grid, number * step, 0.0)
            samples = samples_of(gaze, Acuity(), shown.model.chart)
            colours = np.concatenate(list(shown.renderer(field, wrap(samples), view).blocks()))
            frames.append(np.clip(samples.reconstruct(colours, OUTSIDE) * 127.5 + 127.5, 0, 255))
        found = flicker(frames, np.degrees(Gaze(grid).eccentricity_rad.numpy()))
        rows.append([name, *found.values()])
    return Table(
        "Flicker, steps of 8 bits for a quarter of a pixel, by degrees from the gaze",
        {"": "", **{ring: ".4f" for ring in found}},
        rows,
    )


def without_octaves(model: Model) -> Panogen:
    """The same network with random weights and no octaves."""
    config = model.generator.config
    encodings = tuple(one for one in config.encodings if not isinstance(one, OctavesConfig))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        generator = Generator(dataclasses.replace(config, encodings=encodings), model.chart)
    return Panogen(Model(generator.eval().requires_grad_(False), model.chart), "plain")


def costs(shown: Panogen, pairs: int) -> Table:
    """Times over others, pair by pair."""
    plain = without_octaves(shown.model)
    blend, one = Blend(as_places(range(8))), Seed(4)
    panorama, lens = View(4096), View(1920, 1080, "perspective")

    def drawn(what: Panogen, place: Place, view: View) -> Callable[[], object]:
        return lambda: what.render(place, view)

    cases = {
        "panorama 4096 wide, over no octaves": (drawn(shown, one, panorama), drawn(plain, one, panorama)),
        "lens view 1920 x 1080, over no octaves": (drawn(shown, one, lens), drawn(plain, one, lens)),
        "blend of eight, over one place": (drawn(shown, blend, panorama), drawn(shown, one, panorama)),
        "whole lens view, over foveated": (drawn(shown, one, lens), lambda: shown.foveate(one, view=lens)),
    }
    rows: list[list[Cell]] = []
    for name, (work, over) in cases.items():
        ratios, seconds = [], []
        for _ in range(pairs):
            a, b = seconds_of(work), seconds_of(over)
            ratios.append(a / b)
            seconds.append(a)
        rows.append([name, statistics.median(seconds), spread(ratios)])
    return Table("Time", {"picture": "", "seconds": ".2f", "times": ".2f"}, rows)


@click.command()
@click.option("--model", default="wilds", show_default=True, help="One with octaves.")
@click.option("--only", type=click.Choice(PARTS), multiple=True, help="Some of it alone.")
@click.option("--seeds", default=8, show_default=True, help="Places of the pictures.")
@click.option("--pairs", default=3, show_default=True, help="Of times.")
@recorded
def main(model: str, only: tuple[str, ...], seeds: int, pairs: int) -> Iterator[Table]:
    keep_large_buffers()
    parts = {
        "statistics": lambda: octave_statistics(256),
        "aliasing": lambda: aliasing(load(model), seeds),
        "limit": lambda: limit(load(model), seeds),
        "flicker": lambda: steadiness(load(model), 4),
        "cost": lambda: costs(load(model), pairs),
    }
    for name, measure in parts.items():
        if not only or name in only:
            with torch_threads(1):
                yield measure()


if __name__ == "__main__":
    main()
