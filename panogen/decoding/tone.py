"""From light to display colours: exposure, a curve, and the sRGB encoding.

Reinhard, Stark, Shirley and Ferwerda, *Photographic Tone Reproduction for Digital Images*, SIGGRAPH 2002, without its
dodging and burning.
"""

import numpy as np

from panogen.base.arrays import Pixels, Reals
from panogen.base.colour import LUMINANCE, linear_to_srgb

KEY = 0.18  # what the picture's log-average luminance is exposed to: middle grey
WHITE = 4.0  # the exposed luminance that becomes white, 4.5 stops above the key
DARKEST = 1e-6  # added to luminances before their logarithm
BRIGHTEST = 60_000.0  # exposed light is kept in half precision


def expose(light: Reals) -> Reals:
    """Light (H, W, 3) scaled so that its log-average luminance is ``KEY`` (equations 1 and 2)."""
    average = np.exp(np.mean(np.log(light @ LUMINANCE + np.float32(DARKEST)), dtype=np.float64))
    exposed: Reals = light * np.float32(KEY / average)
    return np.minimum(exposed, np.float32(BRIGHTEST))


def tone_map(exposed: Reals, stops: float = 0.0) -> Pixels:
    """Display colours of exposed light (H, W, 3), brightened by ``stops`` first: equation 4, then sRGB."""
    light = exposed.astype(np.float32) * np.float32(2**stops)
    luminance = (light @ LUMINANCE)[..., None]
    display = light * (1 + luminance / np.float32(WHITE**2)) / (1 + luminance)
    return np.round(linear_to_srgb(np.clip(display, 0, 1)) * 255).astype(np.uint8)
