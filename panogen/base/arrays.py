"""Names of arrays by the numbers in them; their shapes are told beside them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST_REMAP = 32_766  # pixels a side of what cv2.remap takes

Doubles = NDArray[np.float64]  # directions, weights, figures: what is exact
Floats = NDArray[np.float32]  # what a network takes and gives
Reals = NDArray[np.floating[Any]]  # of either precision
Integers = NDArray[np.int64]  # as numbers of samples, rows and columns
Booleans = NDArray[np.bool_]
Pixels = NDArray[np.uint8]  # of a picture, in 8 bits
AnyPixels = NDArray[np.number[Any]]  # in steps of 8 bits, of any type
Colours = NDArray[Any]  # of a picture, display colours in 8 bits or light
