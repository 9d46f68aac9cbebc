"""Crops on the seam against other crops, as the network of FID sees them: is the seam a place of its own?"""

import numpy as np

from panogen.base.arrays import Booleans
from panogen.evaluation.estimates import compared
from panogen.evaluation.measures.base import Found, Group, Legend, Measure, Samples
from panogen.evaluation.measures.fid import FRECHET
from panogen.evaluation.measures.kid import KERNEL
from panogen.geometry import Windows

SEAM_RAD, ELSEWHERE_RAD = np.pi, 0.0


def beside(windows: Windows, azimuth_rad: float) -> Booleans:
    """Tell which windows do not reach an azimuth."""
    away = np.mod(windows.azimuth_rad - azimuth_rad + np.pi, 2 * np.pi) - np.pi
    return np.asarray(np.abs(away) >= windows.side / 2)


def found(samples: Samples) -> Found:
    """Compare crops around the seam with crops that do not reach it, and the same around an azimuth without a seam.

    The latter tells what is due to the azimuth alone. The floor is of as many real crops.
    """
    figures = []
    for suffix, name, azimuth_rad in (("", "the seam", SEAM_RAD), ("_elsewhere", "yaw 0", ELSEWHERE_RAD)):
        there = samples.features_at(name, azimuth_rad)
        others = samples.features[beside(samples.windows, azimuth_rad)]
        count = min(len(there), len(others))
        sets, halves = (there[:count], others[:count]), [half[:count] for half in samples.half_features]
        for kind, distance in (("fid", FRECHET), ("kid", KERNEL)):
            figures.append(compared(samples.config.seed, f"seam-fid.{kind}{suffix}", distance, sets, halves))
    return Found(figures)


MEASURE = Measure(
    "distance of crops on the seam from other crops",
    Group.REAL,
    {
        "fid": Legend("", "near real", "Crops on the seam against other crops of the model."),
        "fid_elsewhere": Legend("", "near real", "The same at yaw 0, where there is no seam: the seam's control."),
        "kid": Legend("", "near real", "Crops on the seam against other crops, unbiased."),
        "kid_elsewhere": Legend("", "near real", "The same at yaw 0."),
    },
    of=found,
    needs_inception=True,
)
