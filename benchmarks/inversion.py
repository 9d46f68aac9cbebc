"""How much of a photo each stage of an inversion keeps, and how long it keeps one core busy.

    python benchmarks/inversion.py

Views are those that the model itself has made, of seeds 1000, 1001, ..., and those of procedural places that it has
never seen. The seconds are the processor's, not the clock's: a busy machine does not change them much.
"""

import itertools
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
from figures import HELD_OUT
from PIL import Image
from record import Table, recorded, spread

from panogen import load
from panogen.api import Panogen
from panogen.apps.inversion import STAGES, SearchConfig
from panogen.apps.inversion.search import Search
from panogen.apps.inversion.state import SearchState
from panogen.apps.inversion.target import lay_target
from panogen.base.arrays import Pixels
from panogen.base.runtime import torch_threads
from panogen.data import Landscapes
from panogen.geometry import Cylinder
from panogen.geometry.directions import azimuth_elevation
from panogen.grids import Perspective
from panogen.grids.view import View

FIRST_SEED = 1000
FOV_DEG = 75.0
WIDTH, HEIGHT = 256, 192
ROWS = 512  # of the bands that held-out views are taken from


def own_view(shown: Panogen, number: int) -> Pixels:
    """A view (HEIGHT, WIDTH, 3) of a seed's place."""
    view = {"projection": "perspective", "width": WIDTH, "height": HEIGHT, "fov_deg": FOV_DEG}
    return shown.render(FIRST_SEED + number, View(**view))


def held_out_view(shown: Panogen, number: int) -> Pixels:
    """A view (HEIGHT, WIDTH, 3) of a place held out of training."""
    chart = shown.model.chart
    columns = chart.natural_width(ROWS)
    band = Landscapes(1, HELD_OUT + number).band(0, ROWS, columns, chart)
    return look_at(band, chart, Perspective(WIDTH, HEIGHT, FOV_DEG))


def look_at(band: Pixels, chart: Cylinder, grid: Perspective) -> Pixels:
    """What a grid near yaw 0 shows of a chart's band (rows, columns, 3)."""
    rows, columns = band.shape[:2]
    azimuth, elevation = azimuth_elevation(grid.directions(0, len(grid)))
    x = (azimuth / (2 * np.pi) + 0.5) * columns - 0.5
    y = (1 - chart.height(elevation) / chart.max_height) / 2 * rows - 0.5
    positions = (values.reshape(grid.shape).astype(np.float32) for values in (x, y))
    return np.asarray(cv2.remap(band, *positions, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


VIEWS = {"own": own_view, "held out": held_out_view}


def invert(shown: Panogen, view: Pixels, steps: int) -> dict[str, dict[str, float]]:
    """Figures of each stage."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "view.png"
        Image.fromarray(view).save(path)
        target = lay_target(shown.model, path, FOV_DEG)
    state, seconds, before = SearchState(), dict.fromkeys(STAGES, 0.0), time.process_time()
    with torch_threads(1):
        for step in Search(shown.model, target, SearchConfig(steps=steps)).run(state):
            now = time.process_time()
            seconds[step.stage] += now - before
            before = now
    return {stage: {**state.records[stage], "seconds": seconds[stage]} for stage in STAGES}


@click.command()
@click.option("--model", default="landscapes", show_default=True)
@click.option("--count", default=10, show_default=True, help="Views of each kind.")
@click.option("--steps", default=SearchConfig.steps, show_default=True, help="The most steps of each stage.")
@recorded
def main(model: str, count: int, steps: int) -> Iterator[Table]:
    """PSNR of w, w+ and the spatial field on views of the model's own and on others."""
    shown = load(model)
    records: dict[str, list[dict[str, Any]]] = {name: [] for name in VIEWS}
    for number in range(count):
        for name, view in VIEWS.items():
            records[name].append(invert(shown, view(shown, number), steps))
            click.echo(f"{name} {number}: {records[name][-1]}", err=True)
    rows = []
    for name, stage in itertools.product(VIEWS, STAGES):
        psnr, seconds = ([one[stage][key] for one in records[name]] for key in ("psnr_db", "seconds"))
        rows.append([name, stage, spread(psnr, statistics.mean), statistics.median(seconds)])
    yield Table(
        f"{model}, {count} views of each kind, at most {steps} steps a stage, one thread: mean PSNR (least to most)",
        {"views": "", "stage": "", "PSNR, dB": ".2f", "seconds of a core, median": ".1f"},
        rows,
    )


if __name__ == "__main__":
    main()
