"""Foveated pictures, as the eye sees them."""

from collections import defaultdict

import numpy as np

from panogen.evaluation.estimates import over_seeds
from panogen.evaluation.figure import Row
from panogen.evaluation.measures.base import Found, Group, Legend, Measure, Samples
from panogen.foveation import Foveation
from panogen.foveation.comparison import psnr_by_ring
from panogen.grids.view import View
from panogen.metrics.psnr import mean_square_of, psnr_db

EYE_DEG = 90.0
GAZES_DEG = ((0.0, 0.0), (20.0, -5.0))  # in a view that wide


def found(samples: Samples) -> Found:
    """Compare foveated lens views with whole ones, by ring of degrees around the gaze, and count their samples."""
    width = 10 * samples.config.resolution
    fov_deg = min(EYE_DEG, samples.band.vertical_fov_deg)
    truncation = samples.config.truncation
    view = View(width, 9 * width // 16, "perspective", fov_deg=fov_deg, truncation=truncation)

    def row_of(seed: int) -> Row:
        whole = samples.panogen.render(seed, view)
        errors, shares = defaultdict(list), []
        for gaze_deg in GAZES_DEG:
            right_deg, up_deg = (fov_deg / EYE_DEG * angle_deg for angle_deg in gaze_deg)
            made = samples.panogen.foveate(seed, Foveation((right_deg, up_deg)), view)
            for ring, psnr in psnr_by_ring(whole, made.picture, made.grid).items():
                errors[ring].append(mean_square_of(psnr))
            shares.append(100 * made.share)
        row = {f"foveation.psnr_{ring}": psnr_db(float(np.mean(squares))) for ring, squares in errors.items()}
        return {**row, "foveation.share": float(np.mean(shares))}

    return Found(over_seeds(samples, "foveated pictures", row_of))


MEASURE = Measure(
    "foveated pictures, as the eye sees them",
    Group.RENDERS,
    {
        "psnr_*": Legend("dB", "higher", "Against the whole picture as the eye sees it, so far from the gaze."),
        "share": Legend("%", "lower", "Samples computed, of all pixels."),
    },
    of=found,
)
