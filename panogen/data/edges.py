"""Do the left and the right edge of a picture meet, as around a circle?"""

import math

import numpy as np

from panogen.base.arrays import Pixels

# 125 real panoramas have 0.2 to 3.2, median 1.2; cut off after 1/8, 1/4 and 1/2 of the circle, 92 % have more than 4.
LARGEST_EDGE_RATIO = 4.0
EDGE_ROWS = 512  # the edges are compared on about so many rows
FLAT = 1.0  # of 255: neighbouring columns count as at least so different, or clean skies would seem to have a seam


def edge_ratio(pixels: Pixels) -> float:
    """Mean step from the last column to the first, in mean steps between neighbouring columns (at least ``FLAT``)."""
    columns = pixels[:: math.ceil(len(pixels) / EDGE_ROWS)].astype(np.int16)
    seam = np.abs(columns[:, 0] - columns[:, -1]).mean()
    return float(seam / max(np.abs(np.diff(columns, axis=1)).mean(), FLAT))
