"""The sliced Wasserstein distance of crops from real ones, by level, and by azimuth."""

from typing import Any

import numpy as np

from panogen.base.arrays import Pixels
from panogen.evaluation.estimates import centred, halves_of
from panogen.evaluation.figure import rounded
from panogen.evaluation.measures.base import Curve, Found, Group, Legend, Measure, Samples
from panogen.metrics.swd import mean_sliced_wasserstein, sliced_wasserstein, sliced_wasserstein_of_parts
from panogen.pages.curves import plain_chart

RESAMPLES = 50
BINS = 8  # of the circle, for the distances by azimuth
LEAST_OF_A_BIN = 16  # crops


def found(samples: Samples) -> Found:
    """Measure the distance by level, their mean, and the distance by azimuth."""
    crops, reference, count = samples.crops, samples.reference, len(samples.crops)
    seed = samples.config.seed
    distances = sliced_wasserstein(crops, reference, seed=seed)
    floors = sliced_wasserstein(*samples.halves, seed=seed) if len(samples.halves) > 1 else {}
    masks = halves_of(seed, "swd", (count, count), RESAMPLES)
    parts = sliced_wasserstein_of_parts(crops, reference, *masks, seed=seed)
    levels = {"mean": (mean_of(distances), np.mean(list(parts.values()), 0), mean_of(floors))}
    levels |= {str(rows): (distances[rows], parts[rows], floors.get(rows)) for rows in distances}
    figures = [
        centred(f"swd.{level}", value, resampled, count, floor) for level, (value, resampled, floor) in levels.items()
    ]
    return Found(figures, {"swd_by_azimuth": by_azimuth(samples)})


def mean_of(levels: dict[int, float]) -> Any:
    """Average the levels; None where there are none."""
    return float(np.mean(list(levels.values()))) if levels else None


def by_azimuth(samples: Samples) -> Curve:
    """Measure the mean distance of the crops of each part of the circle from as many real ones, and its floor.

    Empty where a part has too few crops, or there is no second half of real pictures.
    """
    turns = np.mod(samples.windows.azimuth_rad / (2 * np.pi) + 0.5, 1)
    members = [np.flatnonzero((turns * BINS).astype(int) == part) for part in range(BINS)]
    count = min(map(len, members))
    if count < LEAST_OF_A_BIN or len(samples.halves) < 2:
        return {}
    first, second = (half[:count] for half in samples.halves)

    def distance(crops: Pixels) -> Any:
        return rounded(mean_sliced_wasserstein(crops, first, seed=samples.config.seed))

    return {
        "azimuth_deg": [360 * (part + 0.5) / BINS - 180 for part in range(BINS)],
        "generated": [distance(samples.crops[chosen[:count]]) for chosen in members],
        "real": distance(second),
        "n": count,
    }


def chart(curve: Curve) -> str:
    """Draw the distance by azimuth."""
    x, generated = np.array(curve["azimuth_deg"]), np.array(curve["generated"])
    series = {"generated": (x, generated), "real": (x, np.full(len(x), curve["real"]))}
    note = (
        f"Sliced Wasserstein distance of the {curve['n']} crops of each part of the circle from as many real ones, "
        "over degrees of azimuth. The seam is at both ends. Fewer crops than in the table: so it is higher."
    )
    return plain_chart("Distance by azimuth", series, "azimuth in degrees", note)


MEASURE = Measure(
    "sliced Wasserstein distance of crops from real ones",
    Group.REAL,
    {
        "mean": Legend("thousandths", "lower", "Mean over the levels below."),
        "*": Legend("thousandths", "lower", "How unlike patches are at this many rows: large structures to detail."),
    },
    of=found,
    charts={"swd_by_azimuth": chart},
)
