"""Arrays by what they hold, where their shape is told beside them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST_REMAP = 32_766  # pixels a side of what cv2.remap takes

Array = NDArray[np.float64]  # directions, weights, figures: what is exact
Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]  # of a picture, in 8 bits
AnyPixels = NDArray[np.number[Any]]  # in steps of 8 bits, of any type
Light = NDArray[np.floating[Any]]  # linear RGB, any scale
Colours = NDArray[Any]  # of a picture, display colours in 8 bits or light
