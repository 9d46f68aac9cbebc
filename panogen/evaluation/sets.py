"""Distances of two sets of pictures, each with its interval and the floor of real against real."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.evaluation.crops import Pixels
from panogen.evaluation.figure import Figure, rounded
from panogen.evaluation.intervals import centred_interval, generator_for, half_samples
from panogen.evaluation.material import ELSEWHERE_RAD, SEAM_RAD, Features, Material, mixed
from panogen.metrics import (
    frechet_distance,
    grid_peak,
    kernel_distance,
    mean_sliced_wasserstein,
    power_spectra,
    radial_power,
    sliced_wasserstein,
    sliced_wasserstein_of_parts,
    spectrum_distance_db,
)

SWD_RESAMPLES, FRECHET_RESAMPLES, KERNEL_RESAMPLES, SPECTRUM_RESAMPLES = 50, 50, 100, 200
BINS = 8  # of the circle, for the distances by azimuth
LEAST_OF_A_BIN = 16  # crops
FAINTEST_DB = -120.0

Masks = NDArray[np.bool_]


def halves_of(material: Material, name: str, counts: tuple[int, int], resamples: int) -> list[Masks]:
    """Half-samples of two sets."""
    rng = generator_for(material.config.seed, name)
    return [half_samples(rng, count, resamples) for count in counts]


def swd(material: Material) -> list[Figure]:
    """The sliced Wasserstein distance, by level and their mean."""
    crops, reference, count = material.crops, material.reference, len(material.crops)
    seed = material.config.seed
    found = sliced_wasserstein(crops, reference, seed=seed)
    floors = sliced_wasserstein(*material.halves, seed=seed) if len(material.halves) > 1 else {}
    parts = sliced_wasserstein_of_parts(
        crops, reference, *halves_of(material, "swd", (count, count), SWD_RESAMPLES), seed=seed
    )
    levels = {"mean": (mean_of(found), np.mean(list(parts.values()), 0), mean_of(floors))}
    levels |= {str(rows): (found[rows], parts[rows], floors.get(rows)) for rows in found}
    return [
        Figure.of(f"swd.{level}", value, centred_interval(value, resampled, 0.0), count, floor)
        for level, (value, resampled, floor) in levels.items()
    ]


def mean_of(levels: dict[int, float]) -> Any:
    """The mean over levels; None where there are none."""
    return float(np.mean(list(levels.values()))) if levels else None


def swd_by_azimuth(material: Material) -> dict[str, Any]:
    """The mean distance of the crops of each part of the circle from as many real ones, for a chart, and its floor.

    Empty where a part has too few crops, or there is no second half of real pictures.
    """
    turns = np.mod(material.windows.azimuth_rad / (2 * np.pi) + 0.5, 1)
    members = [np.flatnonzero((turns * BINS).astype(int) == part) for part in range(BINS)]
    count = min(map(len, members))
    if count < LEAST_OF_A_BIN or len(material.halves) < 2:
        return {}
    first, second = (half[:count] for half in material.halves)

    def distance(crops: Pixels) -> Any:
        return rounded(mean_sliced_wasserstein(crops, first, seed=material.config.seed))

    return {
        "azimuth_deg": [360 * (part + 0.5) / BINS - 180 for part in range(BINS)],
        "generated": [distance(material.crops[chosen[:count]]) for chosen in members],
        "real": distance(second),
        "n": count,
    }


def fid(material: Material) -> list[Figure]:
    """Frechet distance of features."""
    return [against_real(material, "fid", frechet_distance, FRECHET_RESAMPLES, 0.0)]


def kid(material: Material) -> list[Figure]:
    """Kernel distance of features."""
    return [against_real(material, "kid", kernel_distance, KERNEL_RESAMPLES)]


Distance = Callable[[Features, Features], float]


def against_real(material: Material, metric: str, distance: Distance, resamples: int, least: float = -np.inf) -> Figure:
    """A distance of the features of generated crops from those of real ones."""
    features, halves = material.features, material.half_features
    floor = distance(*halves) if len(halves) > 1 else None
    name = f"{metric}.{features.shape[1]}"
    return compared(material, name, distance, (features, mixed_features(halves)), floor, resamples, least)


def mixed_features(halves: list[Features]) -> Features:
    """Those of the ``reference`` crops."""
    found: Features = mixed(halves)
    return found


def compared(
    material: Material,
    name: str,
    distance: Distance,
    sets: tuple[Features, Features],
    floor: float | None,
    resamples: int,
    least: float,
) -> Figure:
    """A figure of the distance of two sets of features."""
    a, b = sets
    value = distance(a, b)
    masks = halves_of(material, name, (len(a), len(b)), resamples)
    resampled = [distance(a[of_a], b[of_b]) for of_a, of_b in zip(*masks, strict=True)]
    return Figure.of(name, value, centred_interval(value, resampled, least), len(a), floor)


def seam_fid(material: Material) -> list[Figure]:
    """Crops around the seam against crops that do not reach it, and the same around an azimuth without a seam, which
    tells what is due to the azimuth alone. The floor is of as many real crops."""
    figures = []
    for suffix, name, azimuth_rad in (("", "the seam", SEAM_RAD), ("_elsewhere", "yaw 0", ELSEWHERE_RAD)):
        there, others = material.features_at(name, azimuth_rad), material.features_beside(azimuth_rad)
        count = min(len(there), len(others))
        sets = there[:count], others[:count]
        real = [half[:count] for half in material.half_features]
        for kind, distance, resamples, least in (
            ("fid", frechet_distance, FRECHET_RESAMPLES, 0.0),
            ("kid", kernel_distance, KERNEL_RESAMPLES, -np.inf),
        ):
            floor = distance(*real) if len(real) > 1 else None
            figures.append(compared(material, f"seam-fid.{kind}{suffix}", distance, sets, floor, resamples, least))
    return figures


def spectrum_of_crops(material: Material) -> tuple[list[Figure], dict[str, Any]]:
    """How far the mean spectrum of crops is from that of real ones, the strongest pattern in it, and the curves."""
    count = len(material.crops)
    spectra = [power_spectra(crops).astype(np.float32) for crops in (material.crops, material.reference)]
    generated, real = (each.mean(0, dtype=np.float64) for each in spectra)
    distance, peak = spectrum_distance_db(generated, real), grid_peak(generated).any
    floors: list[float | None] = [None, None]
    if len(material.halves) > 1:
        first, second = (power_spectra(half).mean(0) for half in material.halves)
        apart = spectrum_distance_db(first, second)
        floors = [apart.all, apart.high]
    masks = halves_of(material, "spectrum", (count, count), SPECTRUM_RESAMPLES)
    of_parts = [
        (m @ each.reshape(count, -1) / m.sum(1, keepdims=True)).reshape(-1, *each.shape[1:])
        for m, each in zip((mask.astype(np.float32) for mask in masks), spectra, strict=True)
    ]
    resampled = [spectrum_distance_db(a, b) for a, b in zip(*of_parts, strict=True)]
    peaks = [grid_peak(part).any for part in of_parts[0]]
    figures = [
        Figure.of("spectrum.all", distance.all, centred_interval(distance.all, [d.all for d in resampled], 0.0), count,
                  floors[0]),
        Figure.of("spectrum.high", distance.high, centred_interval(distance.high, [d.high for d in resampled], 0.0),
                  count, floors[1]),
        Figure.of("spectrum.crops_peak", peak, centred_interval(peak, peaks, 1.0), count, grid_peak(real).any),
    ]  # fmt: skip
    frequencies, _ = radial_power(real)
    curves = {"frequency": frequencies.tolist(), "generated_db": decibels(generated), "real_db": decibels(real)}
    return figures, curves


def decibels(spectrum: NDArray[np.float64]) -> list[Any]:
    """The radial power of a spectrum in dB."""
    power = radial_power(spectrum)[1]
    return [rounded(value) for value in 10 * np.log10(np.maximum(power, 10 ** (FAINTEST_DB / 10)))]
