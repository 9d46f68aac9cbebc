"""Do foveated pictures look like whole ones to the eye that they were made for?

Pictures here are (H, W, 3) in steps of 8 bits. ``eccentricity_deg`` (H, W) is the angle at the eye between a pixel and
the place that is looked at, and ``pitch_deg``, (H, W) or one number, that between neighbouring pixels.

Figures are given by ring around that place: "0-5", "5-15", "15-30" and ">30" degrees, each with its nearer edge and
without its farther one. A ring without pixels is left out.
"""

import math
from collections.abc import Iterable
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import ArrayLike

from panogen.base.arrays import AnyPixels, Booleans, Floats, Reals
from panogen.metrics.psnr import psnr_db

BASE_DEG, SLOPE = 1 / 60, 0.022  # minimum angle of resolution, base + slope e (Guenter et al. 2012), of 20/20 sight
DEVIATIONS_PER_MAR = math.sqrt(2 * math.log(2)) / math.pi  # 0.375: halves a wave of two MAR
SHARPEST = 0.7  # pixels: the smallest deviation at which a sampled Gaussian is still one
FINENESS = 2**0.25  # of successive deviations of the stack
EDGES_DEG = (0.0, 5.0, 15.0, 30.0)


def eccentric_lowpass(picture: AnyPixels, eccentricity_deg: ArrayLike, pitch_deg: ArrayLike) -> Floats:
    """Return a picture (H, W, 3) without what the eye cannot tell apart.

    It is convolved with a Gaussian that halves the contrast of the finest grating that is resolved, of one cycle in two
    minimum angles of resolution (MAR). A Gaussian of deviation s leaves exp(-2 pi^2 s^2 f^2) of a frequency f, so s is
    sqrt(2 ln 2) / pi MAR(e). The pixels come from a stack of blurred copies, mixed linearly in the variance, so that
    theirs is exact. Of any wave that leaves at most 1 % of its amplitude too much, and more of waves shorter than five
    pixels where s is below ``SHARPEST``: differences are never understated.
    """
    mar_deg = BASE_DEG + SLOPE * np.asarray(eccentricity_deg, np.float32)
    variance = np.square(DEVIATIONS_PER_MAR * mar_deg / np.asarray(pitch_deg, np.float32))  # square pixels
    finer = max(0.0, math.log(float(variance.max()) / SHARPEST**2) / 2 / math.log(FINENESS))
    deviations = [0.0, *(SHARPEST * FINENESS**step for step in range(math.ceil(finer) + 1))]
    level = np.interp(variance, np.square(deviations), range(len(deviations))).astype(np.float32)
    sharp = np.asarray(picture, np.float32)
    mixed = np.zeros_like(sharp)
    for number, deviation in enumerate(deviations):
        weight = np.maximum(1 - np.abs(level - number), 0)[..., None]
        if weight.any():
            blurred = cv2.GaussianBlur(sharp, (0, 0), deviation, borderType=cv2.BORDER_REFLECT) if deviation else sharp
            mixed += weight * blurred
    return mixed


def ring_psnr_db(
    a: AnyPixels, b: AnyPixels, eccentricity_deg: Reals, pitch_deg: ArrayLike, unseen: ArrayLike = False
) -> dict[str, float]:
    """PSNR in dB of one picture against another, of what the eye sees of both (``eccentric_lowpass``), by ring.

    Infinite where they are equal. Pixels that are ``unseen``, (H, W), as they show nothing, are in no ring.
    """
    seen = (eccentric_lowpass(picture, eccentricity_deg, pitch_deg) for picture in (a, b))
    error = np.square(np.subtract(*seen)).mean(-1)
    shown_deg = np.where(unseen, -1.0, eccentricity_deg)
    return {name: psnr_db(float(error[ring].mean(dtype=np.float64))) for name, ring in rings(shown_deg)}


def flicker(frames: Iterable[AnyPixels], eccentricity_deg: Reals) -> dict[str, float]:
    """Mean absolute difference of successive frames, in steps of 8 bits, by ring.

    The frames show one still place while the gaze drifts, at least two of them: of whole pictures it is 0.
    """
    changes = [np.abs(np.subtract(b, a, dtype=np.float32)).mean(-1) for a, b in pairwise(frames)]
    if not changes:
        raise ValueError("flicker needs at least two frames")
    change = np.mean(changes, 0)
    return {name: float(change[ring].mean(dtype=np.float64)) for name, ring in rings(eccentricity_deg)}


def rings(eccentricity_deg: Reals) -> Iterable[tuple[str, Booleans]]:
    """Names and pixels (H, W) of those rings that have any; the last one begins at the last edge.

    Pixels of negative eccentricities are in none.
    """
    farther = [*(f"{near:g}-{far:g}" for near, far in pairwise(EDGES_DEG)), f">{EDGES_DEG[-1]:g}"]
    ring = np.searchsorted(EDGES_DEG, eccentricity_deg, "right") - 1
    return ((name, ring == number) for number, name in enumerate(farther) if (ring == number).any())
