"""What a blend of eight places costs beside a single one, and beside a copy of the weights for every style.

    python benchmarks/blend.py

Times are taken in turn, in one process, and the ratio pair by pair; memory is the peak of a process of its own, with
all that an import of torch takes. The large network is timed on a sector of the picture, as high as the whole.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import click
import numpy as np
import torch
from machine import describe, peak_memory_mb
from render import PAPER

from panogen import load
from panogen.geometry import Cylinder
from panogen.grids import Cylindrical, Grid, GridWindow
from panogen.latents import EVEN, Around, LatentField, evenly
from panogen.networks import Generator
from panogen.rendering import Renderer, evened, plan_of, quantize
from panogen.runtime import keep_large_buffers

WIDTH = 4096
SECTOR_COLUMNS = 512
SMALL_WIDTHS = {"shipped": 128, "512 x 15": 32}  # where a copy of the weights for every point still fits
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


MODELS = {"shipped": shipped, "512 x 15": paper}


@torch.inference_mode()
def fields(generator: Generator) -> dict[str, LatentField]:
    z = np.random.RandomState(0).randn(SEEDS, generator.config.z_dim).astype(np.float32)
    ws = generator.mapping(torch.from_numpy(z))
    return {"one": LatentField(ws[:1]), "blend": LatentField(ws, Around(evenly(SEEDS), 0.75, EVEN))}


def rendered(generator: Generator, chart: Cylinder, grid: Grid, field: LatentField) -> None:
    """Render with a new plan: its making counts."""
    for block in Renderer(plan_of(generator, field, grid), chart, grid).blocks():
        quantize(block)


@torch.inference_mode()
def copied(generator: Generator, chart: Cylinder, grid: Grid, field: LatentField) -> None:
    """The same picture, with weights of its own for every point."""
    directions = grid.directions(0, len(grid))
    weights = torch.from_numpy(field.weights(directions)).float()
    ws = torch.einsum("pk,klw->plw", weights, field.anchors)
    coords = torch.from_numpy(chart.coordinates(directions))
    quantize(generator.synthesis(coords[:, None], ws)[:, 0].numpy())


def work(name: str, kind: str, part: Callable[[Grid], Grid]) -> tuple[Callable[[], None], float]:
    """What is measured: ``one`` or ``blend`` of a part of the picture, ``factored`` or ``copies`` of a small blend; and
    the seconds that the pace of a blend adds to it: as large a part of what it takes for the whole picture."""
    generator, chart, whole = MODELS[name]()
    grid, found = part(whole), fields(generator)
    if kind == "one":
        return lambda: rendered(generator, chart, grid, found["one"]), 0.0
    start = time.perf_counter()
    field = evened(generator, chart, found["blend"])
    pace = (time.perf_counter() - start) * len(grid) / len(whole)
    if kind == "blend":
        return lambda: rendered(generator, chart, grid, field), pace
    small = Cylindrical(SMALL_WIDTHS[name], chart)
    render = copied if kind == "copies" else rendered
    return lambda: render(generator, chart, small, field), 0.0


def seconds_of(job: Callable[[], None], more: float) -> float:
    start = time.perf_counter()
    job()
    return time.perf_counter() - start + more


def compare(name: str, kinds: list[str], pairs: int) -> dict[str, float]:
    """Medians of the seconds of two kinds, and of their ratios, the second over the first."""
    keep_large_buffers()
    first, second = (work(name, kind, sector if name == "512 x 15" else lambda whole: whole) for kind in kinds)
    first[0](), second[0]()
    times = [(seconds_of(*first), seconds_of(*second)) for _ in range(pairs)]
    ratios = [b / a for a, b in times]
    return {
        "first": statistics.median(a for a, _ in times),
        "second": statistics.median(b for _, b in times),
        "ratio": statistics.median(ratios),
        "low": min(ratios),
        "high": max(ratios),
    }


def memory(name: str, kind: str) -> dict[str, float]:
    """Peak of this process."""
    keep_large_buffers()
    work(name, kind, lambda whole: whole)[0]()
    return {"memory_mb": peak_memory_mb()}


def apart(*arguments: str) -> dict[str, float]:
    """Run a part of this benchmark in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


@click.command()
@click.option("--pairs", default=5, show_default=True)
@click.option("--only", type=click.Choice(list(MODELS)), help="One of the models.")
@click.option("--compare", "compared", help="Of one model, for the processes of this benchmark.", hidden=True)
@click.option("--memory", "measured", hidden=True)
def main(pairs: int, only: str | None, compared: str | None, measured: str | None) -> None:
    """Compare blends with single places and with copied weights."""
    if only and (compared or measured):
        click.echo(json.dumps(compare(only, compared.split(","), pairs) if compared else memory(only, str(measured))))
        return
    click.echo(f"{describe()}; {WIDTH} pixels around, {pairs} pairs, medians")
    for name in [only] if only else MODELS:
        for kinds, what in (
            (("one", "blend"), f"{SEEDS} seeds over one"),
            (("factored", "copies"), f"copied weights over factored ones, {SMALL_WIDTHS[name]} pixels around"),
        ):
            found = apart("--only", name, "--compare", ",".join(kinds), "--pairs", str(pairs))
            first, second = (apart("--only", name, "--memory", kind)["memory_mb"] for kind in kinds)
            click.echo(
                f"{name:9} {what}: {found['first']:.2f} s -> {found['second']:.2f} s, {found['ratio']:.2f}x "
                f"({found['low']:.2f} to {found['high']:.2f}); {first:.0f} MB -> {second:.0f} MB, {second / first:.2f}x"
            )


if __name__ == "__main__":
    main()
