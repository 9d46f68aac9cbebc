"""Training recipes compared at an equal budget of images of procedural landscapes.

    python benchmarks/variants.py --out runs/variants
    python benchmarks/variants.py --out runs/variants --table
    python benchmarks/variants.py --out runs/variants --sheet sheet.jpg

Every variant is trained once a seed, each in a process of its own, and measured against places that no run has seen.
A run's model, contact sheet and figures lie in the folder; one whose figures are there is skipped, so the command may
be interrupted and given again, also several times at once: they share the work. ``real`` is no recipe: the figures of
other held-out places in place of a model's, which no recipe can be expected to beat.
"""

import dataclasses
import json
import multiprocessing
import os
import shutil
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from comparison import REAL, tables
from figures import (
    HELD_OUT,
    PLACES,
    distances,
    generated_crops,
    layout,
    model_layout,
    real_crops,
    real_panoramas,
)
from filelock import FileLock, Timeout
from tqdm import tqdm

from panogen.api import Panogen, load
from panogen.base.arrays import Pixels
from panogen.base.files import write_text
from panogen.base.runtime import keep_large_buffers
from panogen.base.sheet import contact_sheet
from panogen.data import CropCache, Landscapes
from panogen.grids.view import View
from panogen.networks import FourierConfig, TableConfig
from panogen.pictures.formats import save_picture
from panogen.training import Stage, TrainConfig, TrainState, training
from panogen.training.presets import PRESETS
from panogen.weights.checkpoint import Model, save_model

BASE = PRESETS["cpu-table"].config  # what every variant starts from
VARIANTS: dict[str, dict[str, Any]] = {
    "base": {},
    "not-told": {"discriminator.told_azimuth": False},
    "r3gan": {"loss": "r3gan"},
    "global": {"global_weight": 1.0},
    "share-1": {"backward_share": 1.0},
    "share-quarter": {"backward_share": 0.25},
    "ada": {"ada_target": 0.6},
    "residual": {"generator.head": "residual"},
    "no-embedding": {"generator.encodings": (FourierConfig(),)},
    "no-fourier": {"generator.encodings": (TableConfig(),)},
}
SHEET_PANORAMAS = 8  # of a run
BESIDE = 2  # panoramas of each run where runs stand side by side


@dataclass(frozen=True)
class Job:
    """A variant to be trained from one seed, or a set of real places, and how many pictures to measure it with."""

    variant: str
    seed: int
    images: int
    resolution: int
    crops: int
    panoramas: int

    @property
    def first_place(self) -> int:
        """Seed of the first of its real places: none of those that all are measured against."""
        return HELD_OUT + (1 + self.seed) * PLACES

    @property
    def name(self) -> str:
        """Name of its files."""
        budget = "" if self.variant == REAL else f"-{self.images}images"
        return f"{self.variant}-seed{self.seed}{budget}-{self.resolution}px-{self.crops}crops"

    def config(self) -> TrainConfig:
        """The recipe. Raises ValueError where TrainConfig has no such field."""
        config = dataclasses.replace(BASE, stages=(Stage(self.resolution, self.images),), seed=self.seed)
        for name, value in VARIANTS[self.variant].items():
            config = override(config, name, value)
        return config


def override(config: Any, name: str, value: Any) -> Any:
    """A config dataclass with another value of a field, which a dotted name seeks within a field."""
    field, _, inner = name.partition(".")
    if not hasattr(config, field):
        raise ValueError(f"{type(config).__name__} has no field {field!r} to set to {value!r}")
    value = override(getattr(config, field), inner, value) if inner else value
    return dataclasses.replace(config, **{field: value})


def run(job: Job, folder: Path, threads: int) -> None:
    """Train and measure a job; its figures are the last file written."""
    keep_large_buffers()
    result: dict[str, Any] = dataclasses.asdict(job)
    if job.variant == REAL:
        config = BASE
        result |= distances(
            config, job.resolution, job.crops, lambda view: real_crops(config, job.resolution, view, job.first_place)
        )
        result |= layout(real_panoramas(config.chart.band, job.resolution, job.first_place, job.panoramas))
    else:
        config = job.config()
        state = TrainState.new(config)
        try:
            result |= train(state, threads, job.name)
        except FloatingPointError as error:
            result["failed"] = f"{error} after {state.n_images} images"
        else:
            about = {"variant": job.variant, "images": state.n_images}
            model = Model(state.g_ema, config.chart, about, f"# {job.name}\n")
            shutil.rmtree(folder / job.name, ignore_errors=True)  # of a run that was cut short
            save_model(model, folder / job.name)
            g_ema = state.g_ema
            result |= distances(
                config, job.resolution, job.crops, lambda view: generated_crops(g_ema, job.resolution, view)
            )
            result |= model_layout(Panogen(model, job.name), job.panoramas)
    if "failed" not in result:
        save_picture(folder / f"{job.name}.png", contact_sheet(panoramas(job, folder, SHEET_PANORAMAS)))
    write_text(folder / f"{job.name}.json", json.dumps(result, indent=2) + "\n")


def panoramas(job: Job, folder: Path, count: int) -> list[Pixels]:
    """The first panoramas (rows, columns, 3) of a job that was run, twice as dense as its crops."""
    rows = 2 * job.resolution
    if job.variant == REAL:
        return list(real_panoramas(BASE.chart.band, rows, job.first_place, count))
    shown = load(str(folder / job.name))
    return [shown.render(seed, View(width=shown.model.chart.natural_width(rows))) for seed in range(count)]


def side_by_side(jobs: list[Job], folder: Path) -> Pixels:
    """A column for each variant, and panoramas of its seeds below each other."""
    variants = list(dict.fromkeys(job.variant for job in jobs))
    columns = [
        [picture for job in jobs if job.variant == variant for picture in panoramas(job, folder, BESIDE)]
        for variant in variants
    ]
    return contact_sheet([picture for row in zip(*columns, strict=True) for picture in row], len(variants))


def train(state: TrainState, threads: int, name: str) -> dict[str, float]:
    """Train to the end: seconds; images a second of all but the data, which is a long run's speed; and images a second
    of processor time, data included, which other users of the machine disturb less."""
    total = state.config.total_images
    start, start_cpu, waited = time.perf_counter(), time.process_time(), 0.0
    with tqdm(total=total, desc=name, unit=" images") as bar:
        for report in training(state, CropCache(Landscapes(), state.config.chart.band), threads):
            waited += report.seconds.get("data", 0.0)
            bar.update(report.n_images - bar.n)
    seconds, seconds_cpu = time.perf_counter() - start, time.process_time() - start_cpu
    state.require_finite()
    return {
        "seconds": seconds,
        "data_seconds": waited,
        "images_per_second": state.n_images / (seconds - waited),
        "images_per_cpu_second": state.n_images / seconds_cpu,
    }


def seeds_of(context: click.Context, option: click.Parameter, text: str) -> list[int]:
    try:
        spans = [[int(end) for end in span.split("-")] for span in text.split(",")]
        return [seed for span in spans for seed in range(span[0], span[-1] + 1)]
    except ValueError:
        raise click.BadParameter(f"must be like 0-2 or 0,5,7, got {text!r}") from None


def variants_of(context: click.Context, option: click.Parameter, text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in VARIANTS and name != REAL:
            raise click.BadParameter(f"must be among {', '.join([*VARIANTS, REAL])}, got {name!r}")
    return names


@click.command()
@click.option("--out", "folder", type=click.Path(path_type=Path), default="runs/variants", show_default=True)
@click.option("--variants", default=",".join([*VARIANTS, REAL]), callback=variants_of, show_default=True)
@click.option("--seeds", default="0-2", callback=seeds_of, show_default=True)
@click.option("--images", default=8000, show_default=True)
@click.option("--resolution", default=32, show_default=True, help="Of the crops, in pixels.")
@click.option("--threads", default=1, show_default=True)
@click.option("--crops", default=2048, show_default=True, help="To measure distances with.")
@click.option("--panoramas", default=128, show_default=True, help="To measure the layout with.")
@click.option("--table", "shows_table", is_flag=True, help="Print the figures found so far instead.")
@click.option("--sheet", metavar="PICTURE", type=click.Path(path_type=Path), help="Lay runs side by side instead.")
@click.option("--layout-of", metavar="MODEL", help="Print the layout's figures of a shipped model or a folder instead.")
def main(
    folder: Path,
    variants: list[str],
    seeds: list[int],
    images: int,
    resolution: int,
    threads: int,
    crops: int,
    panoramas: int,
    shows_table: bool,
    sheet: Path | None,
    layout_of: str | None,
) -> None:
    """Compare training recipes at an equal budget."""
    if layout_of is not None:
        click.echo(json.dumps(model_layout(load(layout_of), panoramas), indent=2))
        return
    if shows_table:
        results = [json.loads(path.read_text()) for path in folder.glob("*.json")]
        for line in tables(results, [*VARIANTS, REAL]):
            click.echo(line)
        return
    jobs = [Job(variant, seed, images, resolution, crops, panoramas) for seed in seeds for variant in variants]
    if sheet is not None:
        save_picture(sheet, side_by_side(jobs, folder))
        return
    try:
        for job in jobs:
            if job.variant != REAL:
                job.config()
    except ValueError as error:
        raise click.UsageError(f"variant {job.variant}: {error}") from None
    folder.mkdir(parents=True, exist_ok=True)
    spawn = multiprocessing.get_context("spawn")
    os.environ |= {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}  # of the runs' processes
    with ProcessPoolExecutor(1, spawn, max_tasks_per_child=1) as pool:
        for job in jobs:
            try:
                with FileLock(folder / f".{job.name}.lock", timeout=0):
                    if not (folder / f"{job.name}.json").exists():
                        pool.submit(run, job, folder, threads).result()
            except Timeout:  # another process is at it
                continue


if __name__ == "__main__":
    main()
