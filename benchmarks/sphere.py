"""Is a whole sphere as good overhead and underfoot as ahead?

    python benchmarks/sphere.py render
    python benchmarks/sphere.py views --data FOLDER --inception FILE

render: how much pictures of seeds 0, 1, 2 ... change along the row at a pole, over that of a row at the horizon, and
across the twelve edges of a cube map, over beside them; and the time a pixel, over that of a model of a band.

views: are lens views like those of real panoramas, at the horizon, at the zenith and at the nadir? Square ones of 64
pixels, at random azimuths, of seeds 0, 1, 2 ... and of the panoramas of a folder, at several fields of view. Models of
a band, ``--beside``, are looked at along the horizon alone, as far as they know it. FID-768 of fewer views than
features is biased: compare it with that of the two halves of the real views, which are half as many, and so biased
more.
"""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from detail import features_of, load_network
from figures import MEASURING_SEED
from record import Cell, Table, recorded, spread

from panogen.api import Panogen, load
from panogen.base.arrays import Doubles, Floats, Integers
from panogen.base.runtime import keep_large_buffers, torch_threads
from panogen.data import CropCache, open_source
from panogen.evaluation.crops import generated_crops
from panogen.geometry import Sphere
from panogen.geometry.charts.windows import LensWindows
from panogen.grids import GridWindow, cube_faces
from panogen.grids.view import View
from panogen.metrics.frechet import frechet_distance

SPHERE = View(4096, projection="equirectangular")
BAND = View(4096)
SIDE = 512  # of the faces of a cube
NEXT = 4.0  # over the side: how far apart pixels on either side of an edge may be

PIXELS = 64
FOVS_DEG = (60, 30, 15)
POLE_FOV_DEG = 60
ROWS = 1024  # of the panoramas that real views are taken from


def windows(pitch_deg: float, fov_deg: float, count: int, seed: int) -> LensWindows:
    """Return level lens views at random azimuths."""
    azimuth_rad = np.random.default_rng([MEASURING_SEED, seed]).uniform(-np.pi, np.pi, count)
    side = np.full(count, 2 * np.tan(np.radians(fov_deg) / 2))
    return LensWindows(Sphere().band, azimuth_rad, np.full(count, np.radians(pitch_deg)), side, side / PIXELS)


@click.group()
def main() -> None:
    """Measure models of the whole sphere."""


model_option = click.option("--model", default="clearings", show_default=True, help="One of the whole sphere.")


@main.command()
@model_option
@click.option("--beside", default="commons", show_default=True, help="A model of a band, for the time.")
@click.option("--seeds", default=8, show_default=True, help="Places to look at.")
@click.option("--pairs", default=3, show_default=True, help="Of times.")
@recorded
def render(model: str, beside: str, seeds: int, pairs: int) -> Iterator[Table]:
    """Measure poles, edges of a cube, and time."""
    keep_large_buffers()
    sphere, band = load(model), load(beside)
    with torch_threads(1):
        rows: list[list[Cell]] = [
            ["along the row at the zenith, over the horizon's", spread(along_row(sphere, n, 0) for n in range(seeds))],
            ["along the row at the nadir, over the horizon's", spread(along_row(sphere, n, -1) for n in range(seeds))],
            ["across edges of a cube, over beside them", spread(across_edges(sphere, n) for n in range(seeds))],
        ]
        yield Table(f"How much {model} changes, {seeds} seeds", {"where": "", "times": ".3f"}, rows)
        ratios, seconds = [], []
        for _ in range(pairs):
            a, b = time_a_pixel(sphere, SPHERE), time_a_pixel(band, BAND)
            ratios.append(a / b)
            seconds.append(a * 1e6)
        rows = [[f"{model}, 4096 x 2048, over {beside}, 4096 x 1024", spread(seconds), spread(ratios)]]
        yield Table("Time a pixel", {"picture": "", "microseconds": ".2f", "times": ".2f"}, rows)


def along_row(shown: Panogen, seed: int, row: int) -> float:
    """Standard deviation along a row of a full panorama, over that of the row at the horizon."""
    grid, field = SPHERE.grid(shown.model.chart), shown.field(seed)
    rows, columns = grid.shape
    deviations = []
    for number in (row % rows, rows // 2):
        colours = np.concatenate(list(shown.renderer(field, GridWindow(grid, number, 0, 1, columns), SPHERE).blocks()))
        deviations.append(float(colours.clip(-1, 1).std(0).mean()))
    return deviations[0] / deviations[1]


def across_edges(shown: Panogen, seed: int) -> float:
    """Mean step from face to face of a cube, over that from the last line of pixels to the one before it; a step is
    taken for the angle that it goes."""
    faces = cube_faces(SIDE).values()
    views = [View(SIDE, SIDE, face.name, **vars(face.camera), fov_deg=face.fov_deg) for face in faces]
    pixels = [shown.render(seed, view).reshape(-1, 3).astype(float) for view in views]
    directions = [face.directions(0, len(face)) for face in faces]

    def step(one: tuple[int, Integers], other: tuple[int, Integers]) -> float:
        angles = np.linalg.norm(directions[one[0]][one[1]] - directions[other[0]][other[1]], axis=1)
        return float((np.abs(pixels[one[0]][one[1]] - pixels[other[0]][other[1]]).mean(1) / angles).mean())

    over, beside = [], []
    for (one, lines), (other, others) in edges(directions):
        over.append(step((one, lines[0]), (other, others[0])))
        beside += [step((one, lines[0]), (one, lines[1])), step((other, others[0]), (other, others[1]))]
    return float(np.mean(over) / np.mean(beside))


def edges(directions: list[Doubles]) -> Iterator[tuple[tuple[int, Integers], tuple[int, Integers]]]:
    """The twelve edges of a cube, by the directions of its faces' pixels: the face on either side, and the numbers
    (2, side) of its pixels along the edge, and one farther in."""
    numbers = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    sides = [(face, np.rot90(numbers, turns)[:2]) for face in range(len(directions)) for turns in range(4)]
    for (one, lines), (other, others) in itertools.combinations(sides, 2):
        for met in (others, others[:, ::-1]):  # a square's own sides do not meet
            if one != other and np.abs(directions[one][lines[0]] - directions[other][met[0]]).max() < NEXT / SIDE:
                yield (one, lines), (other, met)


def time_a_pixel(shown: Panogen, view: View) -> float:
    """Seconds."""
    begun = time.perf_counter()
    picture = shown.render(4, view)
    return (time.perf_counter() - begun) / (picture.shape[0] * picture.shape[1])


@main.command()
@model_option
@click.option("--beside", multiple=True, help="Models of bands, or others of the sphere.")
@click.option("--data", required=True, help="A folder of panoramas.")
@click.option("--inception", required=True, type=click.Path(path_type=Path), help="Weights of FID's network.")
@click.option("--views", "count", default=256, show_default=True, help="Of each kind.")
@recorded
def views(model: str, beside: tuple[str, ...], data: str, inception: Path, count: int) -> Iterator[Table]:
    """Compare lens views with real ones."""
    keep_large_buffers()
    network, source = load_network(inception), open_source(data)
    shown = [load(name) for name in (model, *beside)]
    cache = CropCache(source, Sphere().band)
    places = [(0.0, float(fov)) for fov in FOVS_DEG] + [(pitch, float(POLE_FOV_DEG)) for pitch in (90.0, -90.0)]
    rows: list[list[Cell]] = []
    for pitch, fov in places:
        what = f"pitch {pitch:g}, {fov:g} degrees"
        with torch_threads(1):
            seen = cache.batch(np.random.default_rng(MEASURING_SEED), windows(pitch, fov, count, 1), PIXELS, ROWS)
            real: Floats = features_of(network, seen, what)
        distances: list[Cell] = []
        for one in shown:
            if pitch and not one.model.chart.poles:
                distances.append(None)
                continue
            crops = generated_crops(one.model.generator, range(count), PIXELS, windows(pitch, fov, count, 2))
            with torch_threads(1):
                distances.append(frechet_distance(features_of(network, crops, what), real))
        rows.append([what, *distances, frechet_distance(real[::2], real[1::2])])
    columns = {"views": "", **dict.fromkeys((model, *beside), ".3f"), "real halves": ".3f"}
    yield Table(f"FID-{network.dims} of {count} lens views", columns, rows)


if __name__ == "__main__":
    main()
