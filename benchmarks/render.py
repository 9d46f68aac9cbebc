"""How close the renderer comes to the machine's matrix product peak, and how much memory it takes.

    python benchmarks/render.py

Each model is rendered in a process of its own, in turn with the peak: machines drift, so a ratio is taken pair by pair
and the median quoted. The renderer's operations are those of the network's matrix products alone; the sines, the
embedding, activations and geometry count as overhead.
"""

import json
import statistics
import subprocess
import sys
import time

import click
import numpy as np
import torch
from machine import describe, matrix_product_gflops, peak_memory_mb

from panogen import load
from panogen.geometry import Cylinder
from panogen.grids import Equirectangular, Grid
from panogen.latents import LatentField
from panogen.networks import Generator, GeneratorConfig
from panogen.rendering import Plan, Renderer, plan_of, quantize
from panogen.runtime import keep_large_buffers

# The paper's network with as large an embedding, over the whole sphere.
PAPER = GeneratorConfig(
    width=512, depth=15, z_dim=512, w_dim=512, mapping_layers=8, fourier_channels=512, embedding_channels=512,
    embedding_rows=180, embedding_columns=360,
)  # fmt: skip


def shipped() -> tuple[Plan, Cylinder, Grid]:
    model = load().model
    return planned(model.generator, model.chart)


def paper() -> tuple[Plan, Cylinder, Grid]:
    chart = Cylinder(180)
    torch.manual_seed(0)
    return planned(Generator(PAPER, chart).requires_grad_(False), chart)


def planned(generator: Generator, chart: Cylinder) -> tuple[Plan, Cylinder, Grid]:
    grid = Equirectangular(1024, 512)
    with torch.inference_mode():
        field = LatentField(generator.mapping(torch.randn(1, generator.config.z_dim)))
    return plan_of(generator, field, grid), chart, grid


MODELS = {"shipped": shipped, "512 x 15": paper}


def measure(name: str, pairs: int) -> dict[str, float]:
    """Render 512 x 1024 pixels ``pairs`` times, the peak before and after each."""
    keep_large_buffers()
    plan, chart, grid = MODELS[name]()
    seconds, gflops, peaks, ratios = [], [], [matrix_product_gflops()], []
    for _ in range(pairs):
        start = time.perf_counter()
        picture = np.concatenate([quantize(block) for block in Renderer(plan, chart, grid).blocks()])
        seconds.append(time.perf_counter() - start)
        gflops.append(plan.flop_per_point * len(picture) / seconds[-1] / 1e9)
        peaks.append(matrix_product_gflops())
        ratios.append(gflops[-1] / statistics.mean(peaks[-2:]))
    median = statistics.median
    return {
        "mflop_per_pixel": plan.flop_per_point / 1e6,
        "seconds": median(seconds),
        "gflops": median(gflops),
        "peak_gflops": median(peaks),
        "ratio": median(ratios),
        "ratio_low": min(ratios),
        "ratio_high": max(ratios),
        "memory_mb": peak_memory_mb(),
    }


@click.command()
@click.option("--pairs", default=9, show_default=True)
@click.option("--only", type=click.Choice(list(MODELS)), hidden=True)
def main(pairs: int, only: str | None) -> None:
    """Compare the renderer with the machine's matrix product peak."""
    if only is not None:
        click.echo(json.dumps(measure(only, pairs)))
        return
    click.echo(f"{describe()}; 512 x 1024 pixels, {pairs} pairs, medians")
    click.echo("model     MFLOP/pixel  seconds  GFLOP/s  peak GFLOP/s  of the peak (least, most)  memory")
    for name in MODELS:
        command = [sys.executable, __file__, "--only", name, "--pairs", str(pairs)]
        row = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        click.echo(
            f"{name:9} {row['mflop_per_pixel']:11.2f} {row['seconds']:8.2f} {row['gflops']:8.0f} "
            f"{row['peak_gflops']:13.0f}  {row['ratio']:10.0%}  ({row['ratio_low']:.0%}, {row['ratio_high']:.0%}) "
            f"{row['memory_mb']:11.0f} MB"
        )


if __name__ == "__main__":
    main()
