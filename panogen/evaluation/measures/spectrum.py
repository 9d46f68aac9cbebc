"""Detail by size, and regular patterns: of crops against real ones, and of panoramas one by one."""

from typing import Any

import numpy as np

from panogen.base.arrays import AnyPixels, Booleans, Doubles, Floats
from panogen.evaluation.estimates import centred, halves_of
from panogen.evaluation.figure import Row, rounded
from panogen.evaluation.measures.base import Curve, Found, Group, Legend, Measure, Ranking, Samples
from panogen.metrics.spectrum import (
    SMALLEST,
    grid_peak,
    power_spectra,
    radial_power,
    spectrum_distance_db,
    square_crops,
)
from panogen.pages.curves import plain_chart

RESAMPLES = 200
FAINTEST_DB = -120.0
CROPS_AROUND = 8  # a crop spans that share of the circle: 45 degrees, which every projection shows nearly undistorted


def found(samples: Samples) -> Found:
    """Measure how far the mean spectrum of crops is from that of real ones, and the strongest pattern in it."""
    count = len(samples.crops)
    spectra = [power_spectra(crops).astype(np.float32) for crops in (samples.crops, samples.reference)]
    generated, real = (each.mean(0, dtype=np.float64) for each in spectra)
    distance, peak = spectrum_distance_db(generated, real), grid_peak(generated).any
    floors: tuple[float | None, float | None] = (None, None)
    if len(samples.halves) > 1:
        apart = spectrum_distance_db(*(power_spectra(half).mean(0) for half in samples.halves))
        floors = apart.all, apart.high
    masks = halves_of(samples.config.seed, "spectrum", (count, count), RESAMPLES)
    of_parts = [*map(mean_of_parts, spectra, masks)]
    resampled = [spectrum_distance_db(a, b) for a, b in zip(*of_parts, strict=True)]
    peaks = [grid_peak(part).any for part in of_parts[0]]
    figures = [
        centred("spectrum.all", distance.all, [part.all for part in resampled], count, floors[0]),
        centred("spectrum.high", distance.high, [part.high for part in resampled], count, floors[1]),
        centred("spectrum.crops_peak", peak, peaks, count, grid_peak(real).any, least=1.0),
    ]
    frequencies, _ = radial_power(real)
    curve = {"frequency": frequencies.tolist(), "generated_db": decibels(generated), "real_db": decibels(real)}
    return Found(figures, {"spectrum": curve})


def mean_of_parts(spectra: Floats, masks: Booleans) -> Floats:
    """Average the spectra (n, N, N) that each of the masks (resamples, n) chooses: (resamples, N, N)."""
    shares = masks.astype(np.float32)
    means = shares @ spectra.reshape(len(spectra), -1) / shares.sum(1, keepdims=True)
    return np.asarray(means.reshape(-1, *spectra.shape[1:]))


def decibels(spectrum: Doubles) -> list[Any]:
    """Write the radial power of a spectrum in dB."""
    power = radial_power(spectrum)[1]
    return [rounded(value) for value in 10 * np.log10(np.maximum(power, 10 ** (FAINTEST_DB / 10)))]


def chart(curve: Curve) -> str:
    """Draw power by frequency."""
    x = np.array(curve["frequency"])
    series = {"generated": (x, np.array(curve["generated_db"])), "real": (x, np.array(curve["real_db"]))}
    note = "Power in dB of the crops' luminance over cycles a pixel: large structures on the left, detail on the right."
    return plain_chart("Spectrum", series, "cycles a pixel", note)


def peaks(picture: AnyPixels) -> Row:
    """Find the ``GridPeak`` of the mean spectrum of crops around the circle, each about half over the next.

    Their side is the largest power of two within the eighth of the width and the height, and at least ``SMALLEST``.
    """
    rows, columns = picture.shape[:2]
    side = min(max(SMALLEST, columns // CROPS_AROUND), rows)
    side = 2 ** (side.bit_length() - 1)
    peak = grid_peak(power_spectra(square_crops(picture, side, 2 * columns // side)).mean(0))
    return {"grid_peak": peak.any, "grid_peak_horizontal": peak.horizontal, "grid_peak_vertical": peak.vertical}


def deviations(samples: Samples) -> tuple[list[Row], list[Row]]:
    """Measure how far the spectrum of each panorama is from the mean of real ones; of a real one, of the others.

    All are as dense as the crops: what the model was not trained on, finer detail, does not count.
    """
    if len(samples.real_panoramas) < 2:
        return [], []
    generated, real = (
        np.stack([power_spectra(square_crops(each, samples.config.resolution, CROPS_AROUND)).mean(0) for each in some])
        for some in (samples.bands[: len(samples.panoramas)], samples.real_bands[: len(samples.real_panoramas)])
    )
    mean, count = real.mean(0), len(real)
    others = (count * mean - real) / (count - 1)
    return (
        [{"deviation_db": spectrum_distance_db(own, mean).all} for own in generated],
        [{"deviation_db": spectrum_distance_db(own, rest).all} for own, rest in zip(real, others, strict=True)],
    )


MEASURE = Measure(
    "detail by size, and regular patterns",
    Group.REAL,
    {
        "all": Legend("dB", "lower", "Mean difference of detail from that of real crops, over all sizes."),
        "high": Legend("dB", "lower", "The same of detail finer than four pixels."),
        "crops_peak": Legend("", "near real", "The strongest regular pattern in crops; far above real is a grid."),
        "deviation_db": Legend(
            "dB", "near real", "How far a panorama's own detail is from that of real ones.", Group.SINGLES
        ),
        "grid_peak": Legend("", "near real", "The strongest regular pattern in a panorama.", Group.SINGLES),
        "grid_peak_horizontal": Legend("", "near real", "The same of upright stripes.", Group.SINGLES),
        "grid_peak_vertical": Legend("", "near real", "The same of level stripes.", Group.SINGLES),
    },
    of=found,
    charts={"spectrum": chart},
    of_picture=peaks,
    among=deviations,
    ranking=Ranking("By their detail", "deviation_db", lambda decibels: decibels),
)
