"""The renderer beside the machine's matrix product peak, and its ways of rendering beside one another.

    python benchmarks/render.py

Peak: each model is rendered in a process of its own, in turn with the peak: machines drift, so a ratio is taken pair by
pair and the median quoted. The renderer's operations are those of the network's matrix products alone; the sines, the
embedding, activations and geometry count as overhead.

Ways: what it costs to write a file, to interpolate within a tolerance, to ask another projection, to have two processes
of a cluster render: time a sample over that of the plain render, in memory, of a panorama, before and after it.

Memory: the most anonymous memory, that which no file backs, of a process that writes a picture of 16 megapixels, and of
one that writes a gigapixel, the canvas at full size, until it has rendered for a while.
"""

import contextlib
import itertools
import math
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
import numpy as np
import torch
from distributed import LocalCluster
from machine import apart, matrix_product_gflops
from paper import PAPER
from record import Cell, Table, recorded, spread

from panogen import load
from panogen.apps.cluster.flight import spread as spread_over
from panogen.base.runtime import keep_large_buffers
from panogen.evaluation.measures.speed import peak_memory_mb
from panogen.geometry import Cylinder
from panogen.grids import Equirectangular, Grid
from panogen.grids.view import View
from panogen.latents import LatentField
from panogen.networks import FourierConfig, Generator, GeneratorConfig, TableConfig
from panogen.rendering import Renderer, plan_of, quantize
from panogen.rendering.plans.plan import Plan
from panogen.rendering.renderer import STRIP
from panogen.weights.checkpoint import Model, save_model

SEED = 4
SMALL = GeneratorConfig(
    width=16, depth=3, z_dim=16, w_dim=16, mapping_layers=2,
    encodings=(FourierConfig(16), TableConfig(8, rows=16, columns=64)),
)  # fmt: skip


def shipped() -> tuple[Plan, Cylinder, Grid]:
    model = load("landscapes").model
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


def measure(name: str, pairs: int) -> list[Cell]:
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
    middles = map(statistics.median, (seconds, gflops, peaks))
    return [plan.flop_per_point / 1e6, *middles, spread(ratios), peak_memory_mb()]


def ways(width: int, pairs: int) -> Iterator[tuple[str, list[float]]]:
    """Ways of rendering `landscapes`, and each one's time a sample over the plain render's."""
    shown = load("landscapes")

    def plain() -> int:
        return len(np.concatenate([quantize(block) for block in renderer.blocks()]))

    def picture(**view: Any) -> Callable[[], int]:
        def render() -> int:
            pixel_renderer = shown.pixel_renderer(shown.field(SEED), View(**{"width": width} | view))
            pixel_renderer.picture()
            return len(pixel_renderer.renderer.grid)

        return render

    def file(suffix: str) -> Callable[[], int]:
        def render() -> int:
            output = shown.output(Path(folder) / f"out.{suffix}", SEED, View(width))
            output.write()
            return len(output.grid)

        return render

    def resumed() -> int:
        output = shown.output(Path(folder) / "whole.tif", SEED, View(width))
        output.write(resume=True)
        return len(output.grid)

    def rendered_before() -> None:
        output = shown.output(Path(folder) / "whole.tif", SEED, View(width))
        with output.canvas.opened(resume=False):
            for window, pixels, unseen in output.pixel_renderer.windows(output.canvas.missing):
                output.canvas.put(window, pixels, unseen)

    def spread_out() -> int:
        view = View(width)
        output = shown.output(Path(folder) / "spread.tif", SEED, view)
        with spread_over(cluster.scheduler_address, shown, SEED, view, output.pixel_renderer) as windows:
            output.write(windows=windows)
        return len(output.grid)

    renderer = shown.renderer(shown.field(SEED), View(width).grid(shown.model.chart), View(width))
    with TemporaryDirectory() as folder:
        for name, way in (
            ("a file, TIFF", file("tif")),
            ("a file, PNG", file("png")),
            ("a file, JPEG", file("jpg")),
            ("2 x 2 samples a pixel", picture(width=width // 2, supersample=2)),
            ("transparent outside", picture(outside="transparent")),
            ("within 1 step of 8 bits", picture(tolerance=1.0)),
            ("perspective", picture(width=1280, height=800, projection="perspective", fov_deg=80.0)),
            ("fisheye", picture(width=1024, projection="fisheye")),
            ("little planet", picture(width=1024, projection="little-planet")),
            ("cube map", picture(width=1536, projection="cubemap")),
        ):
            yield name, ratios(plain, way, pairs)
        yield "a whole canvas, checked", ratios(plain, resumed, pairs, rendered_before)
        settings = {"host": "127.0.0.1", "dashboard_address": None, "memory_limit": 0}
        with LocalCluster(n_workers=2, threads_per_worker=1, silence_logs=60, **settings) as cluster:
            yield "two processes of a cluster", ratios(plain, spread_out, pairs)


def ratios(
    plain: Callable[[], int], way: Callable[[], int], pairs: int, before: Callable[[], None] = lambda: None
) -> list[float]:
    """Of seconds a sample, each taken with the plain renders before and after it."""
    found, last = [], seconds_a_sample(plain)
    for _ in range(pairs):
        before()
        own, following = seconds_a_sample(way), seconds_a_sample(plain)
        found.append(2 * own / (last + following))
        last = following
    return found


def seconds_a_sample(render: Callable[[], int]) -> float:
    start = time.perf_counter()
    samples = render()
    return (time.perf_counter() - start) / samples


def anonymous_mb(model: Path, width: int, suffix: str, seconds: float) -> tuple[float, float]:
    """The most anonymous memory, in MB, of a process that writes a panorama so wide, and how many megapixels it had
    rendered when it was done, or so many seconds after its first."""
    with TemporaryDirectory() as folder:
        out = Path(folder) / f"out.{suffix}"
        command = [sys.executable, "-m", "panogen", "render", "--model", model, "--width", str(width), "--quiet", out]
        process, most, end, blocks = subprocess.Popen(command), 0.0, math.inf, 0
        journal = Path(f"{out}.journal")
        try:
            while process.poll() is None and time.monotonic() < end:
                status = Path(f"/proc/{process.pid}/status").read_text()
                most = max([most, *(int(kb) * 1024 / 1e6 for kb in re.findall(r"RssAnon:\s+(\d+) kB", status))])
                with contextlib.suppress(FileNotFoundError):
                    blocks = journal.read_text().count("\n") - 1
                if blocks > 0:
                    end = min(end, time.monotonic() + seconds)
                time.sleep(0.02)
        finally:
            process.kill()
        return most, width**2 / 4 / 1e6 if process.wait() == 0 else blocks * STRIP / 1e6


def peak(pairs: int) -> Table:
    return Table(
        f"Beside the peak: 512 x 1024 pixels, median (least to most) of {pairs} pairs",
        {
            "model": "", "MFLOP/pixel": ".2f", "seconds": ".2f", "GFLOP/s": ".0f", "peak GFLOP/s": ".0f",
            "of the peak": ".0%", "MB": ".0f",
        },
        [[name, *apart(measure, name, pairs)] for name in MODELS],
    )  # fmt: skip


def beside_plain(width: int, pairs: int) -> Table:
    keep_large_buffers()
    return Table(
        f"Time a sample over the plain render's: a panorama {width} wide, median (least to most) of {pairs} pairs",
        {"way": "", "ratio": ".2f"},
        [[name, spread(found)] for name, found in ways(width, pairs)],
    )


def memory(seconds: float) -> Table:
    rows: list[list[Cell]] = []
    with TemporaryDirectory() as folder:
        generator = Generator(SMALL, Cylinder()).requires_grad_(False)
        save_model(Model(generator, Cylinder()), Path(folder) / "small")
        for suffix, size in itertools.product(("tif", "png"), (8192, 65536)):
            most, rendered = anonymous_mb(Path(folder) / "small", size, suffix, seconds)
            rows.append([f"{size} x {size // 4}", suffix, rendered, most])
    return Table(
        "Anonymous memory of a process that writes a panorama",
        {"panorama": "", "file": "", "rendered, MP": ".0f", "MB": ".0f"},
        rows,
    )


PARTS = ("peak", "ways", "memory")


@click.command()
@click.option("--pairs", default=5, show_default=True)
@click.option("--width", default=2048, show_default=True, help="Of the panorama of the ways.")
@click.option("--seconds", default=30.0, show_default=True, help="That the gigapixel is rendered for.")
@click.option("--only", type=click.Choice(PARTS))
@recorded
def main(pairs: int, width: int, seconds: float, only: str | None) -> Iterator[Table]:
    """Compare the renderer with the machine's matrix product peak, and with itself."""
    tables = (lambda: peak(pairs), lambda: beside_plain(width, pairs), lambda: memory(seconds))
    for part, table in zip(PARTS, tables, strict=True):
        if only in (None, part):
            yield table()


if __name__ == "__main__":
    main()
