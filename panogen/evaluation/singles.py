"""Figures of panoramas one by one, and their means with intervals and floors."""

import contextlib
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from panogen.base.runtime import mapped
from panogen.evaluation.figure import Figure
from panogen.evaluation.intervals import finite, generator_for, mean_interval
from panogen.evaluation.material import Material
from panogen.metrics import PICTURE_METRICS, power_spectra, spectrum_distance_db, square_crops

CROPS_AROUND = 8  # of each panorama, for its spectrum's deviation
DEVIATION = "spectrum.deviation_db"

Pixels = NDArray[np.uint8]
Row = dict[str, float]  # the figures of a picture by name
Floats = NDArray[np.float64]


def row_of(picture: Pixels, metrics: Iterable[str]) -> Row:
    """The figures of a panorama (H, W, 3) by those of the metrics that suit its shape."""
    row: Row = {}
    for metric in metrics:
        try:
            found = PICTURE_METRICS[metric](picture)
        except ValueError:
            continue
        row |= {f"{metric}.{name}": value for name, value in found.items()}
    return row


def rows_of(pictures: Sequence[Pixels], metrics: Sequence[str], progress: Callable[[int], None]) -> list[Row]:
    """The figures of each panorama."""
    rows = []
    with contextlib.closing(mapped(lambda picture: row_of(picture, metrics), pictures)) as made:
        for row in made:
            rows.append(row)
            progress(1)
    return rows


def summaries(rows: Sequence[Row], real: Sequence[Row], seed: int = 0) -> list[Figure]:
    """The mean of each figure over the pictures that have it as a finite number, and that of real ones beside it."""
    figures = []
    for name in dict.fromkeys(name for row in rows for name in row):
        values, floor = (finite([row[name] for row in some if name in row]) for some in (rows, real))
        if len(values):
            interval = mean_interval(values, generator_for(seed, name)) if len(values) > 1 else None
            mean_of_real = float(floor.mean()) if len(floor) else None
            figures.append(Figure.of(name, float(values.mean()), interval, len(values), mean_of_real))
    return figures


def rows_of_panoramas(material: Material) -> tuple[list[Row], list[Row]]:
    """The figures of a model's panoramas and of real ones, by all metrics that are asked for."""
    metrics = [name for name in material.config.metrics if name in PICTURE_METRICS]
    both = material.panoramas, material.real_panoramas
    total = sum(map(len, both))
    generated, real = (
        rows_of(list(some), metrics, lambda more: material.report("panoramas one by one", more, total)) for some in both
    )
    if "spectrum" in metrics and len(both[1]) > 1:
        for rows, deviations in zip((generated, real), spectrum_deviations(material), strict=True):
            for row, deviation in zip(rows, deviations, strict=True):
                row[DEVIATION] = deviation
    return generated, real


def spectrum_deviations(material: Material) -> tuple[list[float], list[float]]:
    """How far the spectrum of each panorama is from the mean one of real panoramas, in dB; of a real one, from that of
    the others. All as dense as the crops: what the model was not trained on, finer detail, does not count."""
    generated, real = (
        np.stack([own_spectrum(picture, material.config.resolution) for picture in some])
        for some in (material.bands[: len(material.panoramas)], material.real_bands[: len(material.real_panoramas)])
    )
    mean, count = real.mean(0), len(real)
    others = (count * mean - real) / (count - 1)
    return (
        [spectrum_distance_db(own, mean).all for own in generated],
        [spectrum_distance_db(own, rest).all for own, rest in zip(real, others, strict=True)],
    )


def own_spectrum(picture: Pixels, resolution: int) -> Floats:
    """The mean spectrum (N, N) of crops around the circle of a panorama."""
    return np.asarray(power_spectra(square_crops(picture, resolution, CROPS_AROUND)).mean(0))
