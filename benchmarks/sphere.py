"""Are lens views of a model like those of real panoramas, at the horizon, at the zenith and at the nadir?

    python benchmarks/sphere.py --model clearings --beside wilds --data FOLDER --inception FILE

Square lens views of 64 pixels, at random azimuths, of seeds 0, 1, 2 ... and of the panoramas of a folder, at several
fields of view. Models of a band, ``--beside``, are looked at along the horizon alone, as far as they know it.

FID-768 of fewer views than features is biased: compare it with that of the two halves of the real views, which are half
as many, and so biased more.
"""

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from detail import Features, features_of, load_network
from figures import MEASURING_SEED
from record import Cell, Table, recorded

from panogen.api import load
from panogen.base.runtime import keep_large_buffers, torch_threads
from panogen.data import CropCache, open_source
from panogen.evaluation.crops import generated_crops
from panogen.geometry import Sphere
from panogen.geometry.charts.windows import LensWindows
from panogen.metrics.frechet import frechet_distance

PIXELS = 64
FOVS_DEG = (60, 30, 15)
POLE_FOV_DEG = 60
ROWS = 1024  # of the panoramas that real views are taken from


def views(pitch_deg: float, fov_deg: float, count: int, seed: int) -> LensWindows:
    """Return level lens views at random azimuths."""
    azimuth_rad = np.random.default_rng([MEASURING_SEED, seed]).uniform(-np.pi, np.pi, count)
    side = np.full(count, 2 * np.tan(np.radians(fov_deg) / 2))
    return LensWindows(Sphere().band, azimuth_rad, np.full(count, np.radians(pitch_deg)), side, side / PIXELS)


@click.command()
@click.option("--model", default="clearings", show_default=True, help="One of the whole sphere.")
@click.option("--beside", multiple=True, help="Models of bands, or others of the sphere.")
@click.option("--data", required=True, help="A folder of panoramas.")
@click.option("--inception", required=True, type=click.Path(path_type=Path), help="Weights of FID's network.")
@click.option("--views", "count", default=256, show_default=True, help="Of each kind.")
@recorded
def main(model: str, beside: tuple[str, ...], data: str, inception: Path, count: int) -> Iterator[Table]:
    keep_large_buffers()
    network, source = load_network(inception), open_source(data)
    shown = [load(name) for name in (model, *beside)]
    cache = CropCache(source, Sphere().band)
    places = [(0.0, float(fov)) for fov in FOVS_DEG] + [(pitch, float(POLE_FOV_DEG)) for pitch in (90.0, -90.0)]
    rows: list[list[Cell]] = []
    for pitch, fov in places:
        what = f"pitch {pitch:g}, {fov:g} degrees"
        with torch_threads(1):
            seen = cache.batch(np.random.default_rng(MEASURING_SEED), views(pitch, fov, count, 1), PIXELS, ROWS)
            real: Features = features_of(network, seen, what)
        distances: list[Cell] = []
        for one in shown:
            if pitch and not one.model.chart.poles:
                distances.append(None)
                continue
            crops = generated_crops(one.model.generator, range(count), PIXELS, views(pitch, fov, count, 2))
            with torch_threads(1):
                distances.append(frechet_distance(features_of(network, crops, what), real))
        rows.append([what, *distances, frechet_distance(real[::2], real[1::2])])
    columns = {"views": "", **dict.fromkeys((model, *beside), ".3f"), "real halves": ".3f"}
    yield Table(f"FID-{network.dims} of {count} lens views", columns, rows)


if __name__ == "__main__":
    main()
