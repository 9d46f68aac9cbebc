"""Pictures with faults that a ruler must find, made of a faultless one, and faultless ones."""

import cv2
import numpy as np

from panogen.data.landscapes import Landscape, render_landscape


def landscape(seed=0, rows=128, columns=512):
    """A procedural panorama (rows, columns, 3) uint8, 90 degrees high: seamless, and nothing in it twice."""
    return render_landscape(Landscape.from_seed(seed), rows, columns)


def hard_seam(panorama):
    """What a tool makes that does not know of the circle: the edges show places an eighth of the circle apart."""
    columns = panorama.shape[1]
    return cv2.resize(panorama[:, : columns * 7 // 8], panorama.shape[1::-1], interpolation=cv2.INTER_CUBIC)


def duplicated_seam(panorama):
    """What a grid that contains both its ends makes: the last column is the first one again."""
    return np.concatenate([panorama[:, :-1], panorama[:, :1]], 1)


def mirrored_half(panorama):
    """The left half, and its mirror image."""
    left = panorama[:, : panorama.shape[1] // 2]
    return np.concatenate([left, left[:, ::-1]], 1)


ADVERSARIES = {"hard seam": hard_seam, "duplicated seam": duplicated_seam, "mirrored half": mirrored_half}
