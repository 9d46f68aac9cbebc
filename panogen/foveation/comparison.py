"""A foveated picture beside the one in full: what an eye can tell, ring by ring around its gaze."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panogen.base.arrays import Pixels
from panogen.base.sheet import contact_sheet
from panogen.metrics.foveation import EDGES_DEG, ring_psnr_db

if TYPE_CHECKING:
    from panogen.foveation.samples import Samples

DIFFERENCE_GAIN = 8
RING_COLOUR = (255, 150, 50)


def psnr_by_ring(full: Pixels, foveated: Pixels, samples: Samples) -> dict[str, float]:
    """Return the PSNR in dB of each ring of eccentricities, both pictures low-passed as the eye does it.

    Pixels that show nothing do not count: they are equal whatever the samples are.
    """
    eye = samples.gaze
    unseen = eye.unseen(samples.chart) if samples.outside == "black" else eye.blank
    eccentricity_deg = np.degrees(eye.eccentricity_rad.numpy())
    return ring_psnr_db(full, foveated, eccentricity_deg, float(np.degrees(eye.pitch_rad)), unseen)


def dots(samples: Samples) -> Pixels:
    """Return a picture of the pixels that were computed, and those nearest to other samples, white on black."""
    return np.repeat(samples.sampled[..., None].astype(np.uint8) * 255, 3, 2)


def sheet(full: Pixels, foveated: Pixels, samples: Samples) -> Pixels:
    """Return the picture in full and foveated; below, their difference, and the samples and the rings of the PSNR."""
    difference = np.abs(full.astype(np.int16) - foveated) * DIFFERENCE_GAIN
    ring = np.digitize(np.degrees(samples.gaze.eccentricity_rad.numpy()), EDGES_DEG)
    marked = dots(samples)
    marked[:-1][ring[1:] != ring[:-1]] = RING_COLOUR
    marked[:, :-1][ring[:, 1:] != ring[:, :-1]] = RING_COLOUR
    return contact_sheet([full, foveated, difference.clip(0, 255).astype(np.uint8), marked])
