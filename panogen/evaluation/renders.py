"""Does a model's picture stay itself when it is rendered larger, turned, or foveated? Means over seeds."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.evaluation.config import RENDERS_SHARE
from panogen.evaluation.figure import Figure
from panogen.evaluation.intervals import generator_for, mean_interval
from panogen.evaluation.material import Material
from panogen.foveation import Foveation, Gaze
from panogen.grids.view import View
from panogen.metrics import (
    lanczos_consistency,
    pan_psnr_db,
    perspective_pan_psnr_db,
    psnr_db,
    ring_psnr_db,
    roll_difference,
    scale_consistency,
)
from panogen.rendering import quantize

FACTORS = (2, 4, 8)
WHOLE_COLUMNS = 3  # the picture is turned by one in so many of its columns
HALF = 0.5  # a column
LENS_DEG, LENS_TURN = 60.0, 1 / 6  # of its width
EYE_DEG = 90.0
GAZES_DEG = ((0.0, 0.0), (20.0, -5.0))  # in a view that wide
WHITE = 255.0

Pixels = NDArray[np.uint8]
Row = dict[str, float]


def over_seeds(material: Material, name: str, row_of: Callable[[int], Row]) -> list[Row]:
    """The figures of each seed of some of the panoramas, with progress."""
    seeds = material.seeds[: max(2, len(material.seeds) // RENDERS_SHARE)]
    rows = []
    for seed in seeds:
        rows.append(row_of(seed))
        material.report(name, 1, len(seeds))
    return rows


def of_rows(rows: Sequence[Row], seed: int) -> Iterator[Figure]:
    """Means with intervals. A PSNR is that of the mean square error: it may be infinite."""
    for name in rows[0]:
        rng, values = generator_for(seed, name), np.array([row[name] for row in rows])
        if "psnr" not in name:
            yield Figure.of(name, float(values.mean()), mean_interval(values, rng), len(values))
            continue
        errors = WHITE**2 * 10 ** (-values / 10)
        worst, best = (mean_interval(errors, rng)[end] for end in (1, 0))
        yield Figure.of(name, psnr_db(float(errors.mean())), (psnr_db(worst), psnr_db(best)), len(values))


def scale(material: Material) -> list[Figure]:
    """``scale_consistency`` of panoramas 2, 4 and 8 times as large, each beside what Lanczos interpolation gets."""
    view = View(width=material.width, truncation=material.config.truncation)
    grid = view.grid(material.chart)

    def row_of(seed: int) -> Row:
        base = material.panogen.render(seed, view)
        row = {}
        for factor in FACTORS:
            fine = grid.finer(factor)
            blocks = material.panogen.renderer(material.panogen.field(seed), fine, view).blocks()
            finer = quantize(np.concatenate(list(blocks))).reshape(*fine.shape, 3)
            row[f"scale.ssim_{factor}"] = scale_consistency(base, finer)
            row[f"scale.lanczos_{factor}"] = lanczos_consistency(base, factor)
        return row

    return list(of_rows(over_seeds(material, "larger pictures", row_of), material.config.seed))


def pan(material: Material) -> list[Figure]:
    """Panoramas turned by whole columns and by half a one, and a lens view turned by some degrees."""
    panogen, width, truncation = material.panogen, material.width, material.config.truncation
    columns = width // WHOLE_COLUMNS
    side = 4 * material.config.resolution
    fov_deg = min(LENS_DEG, material.chart.vertical_fov_deg / 1.5)

    def row_of(seed: int) -> Row:
        straight, turned, shifted = (
            panogen.render(seed, View(width=width, yaw_deg=360 * by / width, truncation=truncation))
            for by in (0, columns, HALF)
        )
        view, panned = (
            panogen.render(
                seed,
                View(
                    width=side,
                    height=side,
                    projection="perspective",
                    fov_deg=fov_deg,
                    yaw_deg=yaw_deg,
                    truncation=truncation,
                ),
            )
            for yaw_deg in (0.0, LENS_TURN * fov_deg)
        )
        return {
            "pan.whole_pixels": roll_difference(straight, turned, columns).largest,
            "pan.half_pixel_psnr": pan_psnr_db(straight, shifted, HALF),
            "pan.perspective_psnr": perspective_pan_psnr_db(view, panned, fov_deg, LENS_TURN * fov_deg),
        }

    return list(of_rows(over_seeds(material, "turned pictures", row_of), material.config.seed))


def foveation(material: Material) -> list[Figure]:
    """Foveated lens views against whole ones, by ring of degrees around the gaze, and the share of samples."""
    width = 10 * material.config.resolution
    fov_deg = min(EYE_DEG, material.chart.vertical_fov_deg)
    view: dict[str, Any] = {"width": width, "height": 9 * width // 16, "projection": "perspective", "fov_deg": fov_deg}
    view["truncation"] = material.config.truncation

    def row_of(seed: int) -> Row:
        whole = material.panogen.render(seed, View(**view))
        errors, shares = defaultdict(list), []
        for gaze_deg in GAZES_DEG:
            right_deg, up_deg = (fov_deg / EYE_DEG * angle_deg for angle_deg in gaze_deg)
            made = material.panogen.foveate(seed, Foveation((right_deg, up_deg)), View(**view))
            eye: Gaze = made.grid.gaze
            eccentricity_deg, pitch_deg = np.degrees(eye.eccentricity_rad.numpy()), float(np.degrees(eye.pitch_rad))
            for ring, psnr in ring_psnr_db(whole, made.picture, eccentricity_deg, pitch_deg).items():
                errors[ring].append(WHITE**2 * 10 ** (-psnr / 10))
            shares.append(100 * made.share)
        row = {f"foveation.psnr_{ring}": psnr_db(float(np.mean(found))) for ring, found in errors.items()}
        return {**row, "foveation.share": float(np.mean(shares))}

    return list(of_rows(over_seeds(material, "foveated pictures", row_of), material.config.seed))
