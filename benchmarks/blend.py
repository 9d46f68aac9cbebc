"""What a blend of eight places costs beside a single one, and beside a copy of the weights for every style.

    python benchmarks/blend.py

Times are taken in turn, in one process, and the ratio pair by pair; memory is the peak of a process of its own, with
all that an import of torch takes. The large network is timed on a sector of the picture, as high as the whole.
"""

import time
from collections.abc import Callable, Iterator

import click
import numpy as np
import torch
from machine import apart, seconds_of
from paper import PAPER
from record import Cell, Table, recorded, spread

from panogen import load
from panogen.base.runtime import keep_large_buffers
from panogen.evaluation.measures.speed import peak_memory_mb
from panogen.geometry import Cylinder
from panogen.grids import Cylindrical, Grid, GridWindow
from panogen.latents import EVEN, Around, LatentField, Layout
from panogen.latents.seeds import z_from_seed
from panogen.networks import ChartPoints, Generator
from panogen.rendering import Renderer, plan_of, quantize
from panogen.rendering.perceptual import perceptual_blend
from panogen.rendering.plans.plan import Features
from panogen.weights.shipped import DEFAULT_MODEL

WIDTH = 4096
SECTOR_COLUMNS = 512
SMALL_WIDTHS = {DEFAULT_MODEL: 128, "512 x 15": 32}  # where a copy of the weights for every point still fits
SEEDS = 8


def shipped() -> tuple[Generator, Cylinder, Grid]:
    model = load().model
    return model.generator, model.chart, Cylindrical(WIDTH, model.chart)


def paper() -> tuple[Generator, Cylinder, Grid]:
    chart = Cylinder()
    torch.manual_seed(0)
    generator = Generator(PAPER, chart).requires_grad_(False)
    return generator, chart, Cylindrical(WIDTH, chart)


def sector(whole: Grid) -> Grid:
    """A part of the circle."""
    return GridWindow(whole, 0, 0, whole.shape[0], SECTOR_COLUMNS)


MODELS = {DEFAULT_MODEL: shipped, "512 x 15": paper}


@torch.inference_mode()
def fields(generator: Generator) -> dict[str, LatentField]:
    z = z_from_seed(0, generator.config.z_dim, SEEDS)
    ws = generator.mapping(torch.from_numpy(z))
    layouts = tuple(map(Layout.of, range(SEEDS)))
    around = Around(Cylinder().azimuths_deg(SEEDS), 0.75, EVEN)
    return {"one": LatentField(ws[:1], layouts=layouts[:1]), "blend": LatentField(ws, around, layouts)}


def rendered(generator: Generator, chart: Cylinder, grid: Grid, field: LatentField) -> None:
    """Render with a new plan: its making counts."""
    for block in Renderer(plan_of(generator, field, grid), chart, grid).blocks():
        quantize(block)


@torch.inference_mode()
def copied(generator: Generator, chart: Cylinder, grid: Grid, field: LatentField) -> None:
    """The same picture, with weights of its own for every point."""
    samples = np.arange(len(grid))
    directions = grid.at(samples)
    weights = field.weights(directions)
    ws = torch.einsum("pk,klw->plw", torch.from_numpy(weights).float(), field.anchors)
    points = ChartPoints.of(chart, directions, grid.footprints(samples))
    features = Features(generator.encodings, field)(points, weights)
    quantize(generator.synthesis(features[:, None], ws)[:, 0].numpy())


def work(name: str, kind: str, part: Callable[[Grid], Grid]) -> tuple[Callable[[], None], float]:
    """What is measured: ``one`` or ``blend`` of a part of the picture, ``factored`` or ``copies`` of a small blend; and
    the seconds that the pace of a blend adds to it: as large a part of what it takes for the whole picture."""
    generator, chart, whole = MODELS[name]()
    grid, found = part(whole), fields(generator)
    if kind == "one":
        return lambda: rendered(generator, chart, grid, found["one"]), 0.0
    start = time.perf_counter()
    field = perceptual_blend(generator, chart, found["blend"])
    pace = (time.perf_counter() - start) * len(grid) / len(whole)
    if kind == "blend":
        return lambda: rendered(generator, chart, grid, field), pace
    small = Cylindrical(SMALL_WIDTHS[name], chart)
    render = copied if kind == "copies" else rendered
    return lambda: render(generator, chart, small, field), 0.0


def compare(name: str, kinds: tuple[str, str], pairs: int) -> list[Cell]:
    """Seconds of two kinds, and their ratios, the second over the first."""
    keep_large_buffers()
    (one, pace), (other, more) = (
        work(name, kind, sector if name == "512 x 15" else lambda whole: whole) for kind in kinds
    )
    one(), other()
    times = [(seconds_of(one) + pace, seconds_of(other) + more) for _ in range(pairs)]
    return [spread(a for a, _ in times), spread(b for _, b in times), spread(b / a for a, b in times)]


def memory(name: str, kind: str) -> float:
    """Peak of this process, in MB."""
    keep_large_buffers()
    work(name, kind, lambda whole: whole)[0]()
    return peak_memory_mb()


@click.command()
@click.option("--pairs", default=5, show_default=True)
@click.option("--only", type=click.Choice(list(MODELS)), help="One of the models.")
@recorded
def main(pairs: int, only: str | None) -> Iterator[Table]:
    """Compare blends with single places and with copied weights."""
    rows: list[list[Cell]] = []
    for name in [only] if only else MODELS:
        for kinds, what in (
            (("one", "blend"), f"{SEEDS} seeds over one"),
            (("factored", "copies"), f"copied weights over factored ones, {SMALL_WIDTHS[name]} pixels around"),
        ):
            times = apart(compare, name, kinds, pairs)
            first, second = (apart(memory, name, kind) for kind in kinds)
            rows.append([name, what, *times, first, second, second / first])
    yield Table(
        f"A blend, {WIDTH} pixels around: median (least to most) of {pairs} pairs",
        {
            "model": "", "second over first": "", "first, s": ".2f", "second, s": ".2f", "ratio": ".2f",
            "first, MB": ".0f", "second, MB": ".0f", "ratio of memory": ".2f",
        },
        rows,
    )  # fmt: skip


if __name__ == "__main__":
    main()
