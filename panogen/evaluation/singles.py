"""Panoramas one by one: their figures, what is wrong with them, the worst and the best."""

import contextlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from panogen.base.arrays import Pixels
from panogen.base.runtime import mapped
from panogen.evaluation.figure import Row, rounded
from panogen.evaluation.measures import MEASURES, metrics_of_pictures
from panogen.evaluation.samples import Samples

SHOWN = 2  # of the worst, and of the best
CROPS_SHOWN = 4

Written = dict[str, Any]  # as JSON, with infinities as texts


def row_of(picture: Pixels, metrics: Iterable[str]) -> Row:
    """Measure a panorama (H, W, 3) by those of the metrics of pictures that suit its shape."""
    row: Row = {}
    for metric in metrics:
        measure = MEASURES[metric].of_picture
        with contextlib.suppress(ValueError):
            row |= named(metric, measure(picture)) if measure else {}
    return row


def named(metric: str, row: Row) -> Row:
    """Call figures by their measure: ``ratio`` -> ``seam.ratio``."""
    return {f"{metric}.{name}": value for name, value in row.items()}


def rows_of(pictures: Sequence[Pixels], metrics: Sequence[str], progress: Callable[[int], None]) -> list[Row]:
    """Measure each panorama."""
    rows = []
    with contextlib.closing(mapped(lambda picture: row_of(picture, metrics), pictures)) as made:
        for row in made:
            rows.append(row)
            progress(1)
    return rows


def rows_of_panoramas(samples: Samples) -> tuple[list[Row], list[Row]]:
    """Measure a model's panoramas and real ones, by all metrics of pictures that are asked for."""
    metrics = [name for name in samples.config.metrics if name in metrics_of_pictures()]
    both = samples.panoramas, samples.real_panoramas
    total = sum(map(len, both))
    generated, real = (
        rows_of(list(some), metrics, lambda more: samples.report("panoramas one by one", more, total)) for some in both
    )
    for metric in metrics:
        for rows, added in zip((generated, real), MEASURES[metric].among(samples), strict=True):
            for row, more in zip(rows, added, strict=False):  # none where there are no others
                row |= named(metric, more)
    return generated, real


def written(row: Row) -> Written:
    """Write figures as JSON."""
    return {name: rounded(value) for name, value in row.items()}


def read(row: Written) -> Row:
    """Read what ``written`` gives."""
    return {name: float(value) for name, value in row.items()}


def judged(name: str | int, row: Written) -> dict[str, Any]:
    """Say of a picture, by its file's name or its number, what was measured and what is wrong, as JSON."""
    return {"name": name, "figures": row, "flags": faults(read(row))}


def faults(row: Row) -> list[str]:
    """Name what is plainly wrong with a picture of these figures; those that are missing tell nothing."""
    found = []
    for metric, measure in MEASURES.items():
        own = {name.removeprefix(f"{metric}."): value for name, value in row.items() if name.startswith(f"{metric}.")}
        found += measure.faults(own) if own else []
    return found


def ranked(
    values: Mapping[int, float], badness: Callable[[float], float], names: Sequence[Any], shown: int
) -> dict[str, list[dict[str, Any]]]:
    """Return the worst, the very worst first, and the best, the very best first, of values by index; none is both."""
    order = sorted(values, key=lambda index: (-badness(values[index]), index))
    shown = min(shown, len(order) // 2)
    return {
        end: [{"name": names[index], "index": index, "value": rounded(values[index])} for index in found]
        for end, found in (("worst", order[:shown]), ("best", order[::-1][:shown]))
    }


def rank_rows(rows: Sequence[Written], names: Sequence[Any]) -> list[dict[str, Any]]:
    """Rank pictures, called by their ``names``: seeds or files. Those without a finite figure do not count."""
    rankings = []
    for metric, ranking in ((name, measure.ranking) for name, measure in MEASURES.items() if measure.ranking):
        figure = f"{metric}.{ranking.figure}"
        values = {index: float(row[figure]) for index, row in enumerate(rows) if figure in row}
        known = {index: value for index, value in values.items() if math.isfinite(value)}
        if (found := ranked(known, ranking.badness, names, SHOWN))["worst"]:
            rankings.append({"title": ranking.title, "figure": figure, "of": "panoramas", **found})
    return rankings


def rank_crops(samples: Samples) -> dict[str, Any]:
    """Rank crops by how far what the network sees in them is from its mean over real ones."""
    real = samples.reference_features.mean(0, dtype=np.float64)
    away = np.linalg.norm(samples.features - real, axis=1).tolist()
    names = range(samples.config.seed, samples.config.seed + len(away))
    title, figure = "Crops by what the network sees", "distance from the mean of real ones"
    found = ranked(dict(enumerate(away)), lambda distance: distance, names, CROPS_SHOWN)
    return {"title": title, "figure": figure, "of": "crops", **found}
