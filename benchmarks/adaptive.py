"""What a tolerance saves, and how well it is kept.

    python benchmarks/adaptive.py

Every picture is computed in full and then within each tolerance, and the two are compared pixel by pixel, each by its
channel that is farthest off, in steps of 8 bits before rounding. Errors are the worst of the seeds', savings their
median. Times are wall times of the whole renderer, each beside the full render of the same picture. Overhead is the
part of the adaptive render's processor time that its evaluations would not take at the full render's pace.

The pictures: whole panoramas, windows of one that is four times as wide, a lens view, a blend of four places (whose
full render shares weights by columns, which scattered points cannot), and the paper's network with random weights,
which is rough: the least that can be saved.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click
import numpy as np
import torch
from paper import PAPER
from record import Cell, Table, recorded

from panogen import load
from panogen.api import Panogen
from panogen.base.arrays import Floats
from panogen.base.runtime import keep_large_buffers
from panogen.geometry import Cylinder
from panogen.grids import Cylindrical, Grid, GridWindow, Perspective
from panogen.latents import LatentField
from panogen.networks import Generator
from panogen.places import Blend, as_places
from panogen.rendering import Renderer, plan_of
from panogen.rendering.adaptive.renderer import AdaptiveRenderer
from panogen.rendering.plans.plan import Plan

MODELS = "landscapes", "nature"
TOLERANCES = 0.5, 1.0, 2.0, 4.0
WINDOW = 512  # columns, at two places of a panorama four times as wide, from its upper edge to its lower one


@dataclass(frozen=True)
class Case:
    """A picture to compute: with plans for its full render and for scattered points."""

    whole: Plan
    scattered: Plan
    chart: Cylinder
    grid: Grid


@dataclass(frozen=True)
class Result:
    worst: float
    permille: float
    mean: float
    above: float
    fewer: float
    faster: float
    overhead: float


def case(generator: Generator, chart: Cylinder, field: LatentField, grid: Grid) -> Case:
    with torch.inference_mode():
        return Case(plan_of(generator, field, grid), plan_of(generator, field, grid, any_order=True), chart, grid)


def panoramas(shown: Panogen, seeds: tuple[int, ...], width: int) -> Iterator[Case]:
    model = shown.model
    for seed in seeds:
        yield case(model.generator, model.chart, shown.field(seed), Cylindrical(width, model.chart))


def windows(shown: Panogen, seeds: tuple[int, ...], width: int) -> Iterator[Case]:
    model = shown.model
    grid = Cylindrical(4 * width, model.chart)
    for seed in seeds:
        for left in (width // 2, 2 * width + width // 4):
            window = GridWindow(grid, 0, left, grid.shape[0], min(WINDOW, width))
            yield case(model.generator, model.chart, shown.field(seed), window)


def lens(shown: Panogen, seeds: tuple[int, ...], width: int) -> Iterator[Case]:
    model = shown.model
    for seed in seeds:
        yield case(model.generator, model.chart, shown.field(seed), Perspective(1920, 1080))


def blend(shown: Panogen, seeds: tuple[int, ...], width: int) -> Iterator[Case]:
    model = shown.model
    field = shown.field(Blend(as_places(range(seeds[0], seeds[0] + 4))))
    yield case(model.generator, model.chart, field, Cylindrical(width, model.chart))


def paper(shown: Panogen, seeds: tuple[int, ...], width: int) -> Iterator[Case]:
    torch.manual_seed(seeds[0])
    generator = Generator(PAPER, shown.model.chart).requires_grad_(False)
    with torch.inference_mode():
        field = LatentField(generator.mapping(torch.randn(1, PAPER.z_dim)))
    grid = Cylindrical(width, shown.model.chart)
    yield case(generator, shown.model.chart, field, GridWindow(grid, 256, 256, 256, 256))


KINDS: dict[str, Callable[[Panogen, tuple[int, ...], int], Iterator[Case]]] = {
    "panorama": panoramas,
    "window": windows,
    "lens": lens,
    "blend": blend,
    "512 x 15": paper,
}


def timed(renderer: Renderer) -> tuple[Floats, float, float]:
    """Colours (n, 3) within [-1, 1], wall seconds, processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    colours = np.concatenate(list(renderer.blocks()))
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return colours.clip(-1, 1, out=colours), wall, processor


def compare(picture: Case, tolerances: tuple[float, ...]) -> list[Result]:
    truth, wall, processor = timed(Renderer(picture.whole, picture.chart, picture.grid))
    pace = processor / len(truth)
    results = []
    for tolerance in tolerances:
        renderer = AdaptiveRenderer(picture.scattered, picture.chart, picture.grid, tolerance=tolerance)
        colours, own_wall, own_processor = timed(renderer)
        error = np.abs(np.subtract(colours, truth, out=colours), out=colours).max(-1) * 127.5
        results.append(
            Result(
                float(error.max()),
                float(np.quantile(error, 0.999)),
                float(error.mean()),
                float((error > tolerance).mean()),
                len(truth) / renderer.evaluated,
                wall / own_wall,
                1 - renderer.evaluated * pace / own_processor,
            )
        )
    return results


def row(results: list[Result]) -> list[Cell]:
    def median(name: str) -> float:
        return statistics.median(getattr(result, name) for result in results)

    def worst(name: str) -> float:
        return max(getattr(result, name) for result in results)

    return [*map(worst, ("worst", "permille", "mean", "above")), *map(median, ("fewer", "faster", "overhead"))]


@click.command()
@click.option("--width", default=4096, show_default=True, help="Of panoramas; windows are of one four times as wide.")
@click.option("--seed", "seeds", multiple=True, default=(1, 4, 9), show_default=True)
@click.option("--tolerance", "tolerances", multiple=True, type=float, default=TOLERANCES, show_default=True)
@click.option("--model", "models", multiple=True, default=MODELS, show_default=True)
@click.option("--only", type=click.Choice(list(KINDS)), help="One kind of picture.")
@recorded
def main(
    width: int, seeds: tuple[int, ...], tolerances: tuple[float, ...], models: tuple[str, ...], only: str | None
) -> Iterator[Table]:
    """Compare pictures within a tolerance with full ones."""
    keep_large_buffers()
    for kind in [only] if only else KINDS:
        rows: list[list[Cell]] = []
        for model in models[:1] if kind == "512 x 15" else models:
            found = [compare(picture, tolerances) for picture in KINDS[kind](load(model), seeds, width)]
            name = "random" if kind == "512 x 15" else model
            for tolerance, results in zip(tolerances, zip(*found, strict=True), strict=True):
                rows.append([name, tolerance, *row(list(results))])
        yield Table(
            f"{kind}: panoramas {width} wide, seeds {', '.join(map(str, seeds))}",
            {
                "model": "", "tolerance": "g", "max": ".2f", "99.9 %": ".2f", "mean": ".3f", "above": ".4%",
                "times fewer": ".1f", "times faster": ".1f", "overhead": ".0%",
            },
            rows,
        )  # fmt: skip


if __name__ == "__main__":
    main()
