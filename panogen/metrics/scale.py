"""Does a picture stay itself at another size?

Pictures here are (H, W, 3) in steps of 8 bits, of any number type. A network that is asked for more pixels should show
the same picture with more in it: made smaller again, it is the picture that was asked for at that size
(``scale_consistency``). Beside it belongs what an interpolation gets, which adds nothing (``lanczos_consistency``).
"""

import cv2
import numpy as np

from panogen.base.arrays import AnyPixels, Doubles
from panogen.base.colour import LUMINANCE
from panogen.metrics.psnr import WHITE

WINDOW, DEVIATION = 11, 1.5  # pixels: a side of the window, and of its Gaussian (Wang et al. 2004)
K1, K2 = 0.01, 0.03


def ssim(a: AnyPixels, b: AnyPixels) -> float:
    """Structural similarity of two pictures' luminance, at most 1 (Wang, Bovik, Sheikh and Simoncelli 2004, equation
    13): the mean over all windows that lie within the picture.

    Luminance is that of display values, as in the authors' programme, with the weights of Rec. 709. Raises ValueError.
    """
    if a.shape != b.shape or a.ndim != 3 or min(a.shape[:2]) < WINDOW:
        raise ValueError(f"pictures must have one shape, at least {WINDOW} pixels a side, got {a.shape} and {b.shape}")
    x, y = (picture.astype(np.float64) @ LUMINANCE.astype(np.float64) for picture in (a, b))
    mean_x, mean_y = windowed(x), windowed(y)
    variance_x, variance_y = windowed(x * x) - mean_x**2, windowed(y * y) - mean_y**2
    covariance = windowed(x * y) - mean_x * mean_y
    c1, c2 = (K1 * WHITE) ** 2, (K2 * WHITE) ** 2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    likeness /= (mean_x**2 + mean_y**2 + c1) * (variance_x + variance_y + c2)
    return float(likeness.mean())


def windowed(values: Doubles) -> Doubles:
    """Means (H - 10, W - 10) of values (H, W), weighted by the Gaussian in each window."""
    margin = WINDOW // 2
    means = cv2.GaussianBlur(values, (WINDOW, WINDOW), DEVIATION, borderType=cv2.BORDER_REFLECT)
    return np.asarray(means, np.float64)[margin:-margin, margin:-margin]


def scale_consistency(base: AnyPixels, finer: AnyPixels) -> float:
    """SSIM of a picture with another one of the same view, s times as wide and high, made as small by averages of
    s x s pixels' display values. Raises ValueError."""
    return ssim(block_means(finer, base.shape), base)


def lanczos_consistency(base: AnyPixels, factor: int) -> float:
    """``scale_consistency`` of a picture's own Lanczos interpolation, ``factor`` times as wide and high."""
    height, width, _ = base.shape
    size = width * factor, height * factor
    finer = cv2.resize(base.astype(np.float32), size, interpolation=cv2.INTER_LANCZOS4)
    return scale_consistency(base, np.asarray(finer))


def block_means(values: AnyPixels, shape: tuple[int, ...]) -> Doubles:
    """Means of blocks of s x s values (s H, s W, 3) for a ``shape`` (H, W, 3). Raises ValueError."""
    height, width, _ = shape
    factor = len(values) // height
    if values.shape != (height * factor, width * factor, 3) or not factor:
        raise ValueError(f"a picture must be a whole number of times as large as {tuple(shape)}, got {values.shape}")
    means: Doubles = values.reshape(height, factor, width, factor, 3).mean((1, 3), dtype=np.float64)
    return means
