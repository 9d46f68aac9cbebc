"""sRGB (IEC 61966-2-1): from display values to the light they stand for, and back.

Averages of light are averages of linear values: those of display values come out too dark.
"""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Precision = TypeVar("Precision", bound=np.floating[Any])

REC709 = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290))  # xy of red, green, blue and white; sRGB's, too
LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)  # of linear red, green and blue (Rec. 709)


def srgb_to_linear(display: NDArray[Precision]) -> NDArray[Precision]:
    """Linear light in [0, 1] of display values in [0, 1], any shape and precision."""
    return np.where(display <= 0.04045, display / 12.92, ((display + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(light: NDArray[Precision]) -> NDArray[Precision]:
    """Display values in [0, 1] of linear light in [0, 1], any shape and precision; inverse of ``srgb_to_linear``."""
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 1e-9) ** (1 / 2.4) - 0.055)
