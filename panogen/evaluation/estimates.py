"""Figures with their intervals: distances of two sets of pictures, and means over pictures one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from panogen.base.arrays import Booleans, Floats
from panogen.evaluation.figure import Figure, Row
from panogen.evaluation.intervals import centred_interval, finite, generator_for, half_samples, mean_interval
from panogen.metrics.psnr import mean_square_of, psnr_db

if TYPE_CHECKING:
    from panogen.evaluation.samples import Samples

RENDERS_SHARE = 4  # of the panoramas are also rendered larger, turned and foveated: one in so many


@dataclass(frozen=True)
class Distance:
    """A distance of two sets of features, how many halves of them its interval comes from, and the least it can be."""

    of: Callable[[Floats, Floats], float]
    resamples: int
    least: float


def centred(name: str, value: float, resampled: ArrayLike, n: int, floor: float | None, least: float = 0.0) -> Figure:
    """Give a figure of ``n`` pictures, not below the ``least`` that it can be, the spread of its resampled values."""
    return Figure.of(name, value, centred_interval(value, resampled, least), n, floor)


def halves_of(seed: int, name: str, counts: tuple[int, int], resamples: int) -> list[Booleans]:
    """Draw half-samples of two sets for a figure: masks (resamples, count) of each."""
    rng = generator_for(seed, name)
    return [half_samples(rng, count, resamples) for count in counts]


def compared(seed: int, name: str, distance: Distance, sets: tuple[Floats, Floats], halves: Sequence[Floats]) -> Figure:
    """Measure the distance of two sets of features; its floor is that of two real halves, if there are two."""
    a, b = sets
    value = distance.of(a, b)
    masks = halves_of(seed, name, (len(a), len(b)), distance.resamples)
    resampled = [distance.of(a[of_a], b[of_b]) for of_a, of_b in zip(*masks, strict=True)]
    floor = distance.of(*halves) if len(halves) > 1 else None
    return centred(name, value, resampled, len(a), floor, distance.least)


def against_real(samples: Samples, measure: str, distance: Distance) -> Figure:
    """Measure the distance of generated crops from real ones. The figure is called by how many features they have."""
    sets = samples.features, samples.reference_features
    name = f"{measure}.{sets[0].shape[1]}"
    return compared(samples.config.seed, name, distance, sets, samples.half_features)


def over_seeds(samples: Samples, name: str, row_of: Callable[[int], Row]) -> list[Figure]:
    """Measure some of the seeds of panoramas, with progress under a name, and average their rows."""
    seeds = samples.seeds[: max(2, len(samples.seeds) // RENDERS_SHARE)]
    rows = []
    for seed in seeds:
        rows.append(row_of(seed))
        samples.report(name, 1, len(seeds))
    return list(means(rows, samples.config.seed))


def means(rows: Sequence[Row], seed: int) -> Iterator[Figure]:
    """Average rows that have the same names. A PSNR is that of the mean square error: it may be infinite."""
    for name in rows[0]:
        rng, values = generator_for(seed, name), np.array([row[name] for row in rows])
        if "psnr" not in name:
            yield Figure.of(name, float(values.mean()), mean_interval(values, rng), len(values))
            continue
        errors = mean_square_of(values)
        worst, best = (mean_interval(errors, rng)[end] for end in (1, 0))
        yield Figure.of(name, psnr_db(float(errors.mean())), (psnr_db(worst), psnr_db(best)), len(values))


def means_beside(rows: Sequence[Row], real: Sequence[Row], seed: int = 0) -> Iterator[Figure]:
    """Average each figure over the rows that have it as a finite number; its floor is the mean of the real ones."""
    for name in dict.fromkeys(name for row in rows for name in row):
        values, floor = (finite([row[name] for row in some if name in row]) for some in (rows, real))
        if len(values):
            interval = mean_interval(values, generator_for(seed, name)) if len(values) > 1 else None
            mean_of_real = float(floor.mean()) if len(floor) else None
            yield Figure.of(name, float(values.mean()), interval, len(values), mean_of_real)
