"""How one latent gives way to the next."""

from collections.abc import Callable

import numpy as np

from panogen.base.arrays import Doubles

# From 0 at 0 to 1 at 1; what one loses the other gains.
BLENDS: dict[str, Callable[[Doubles], Doubles]] = {
    "linear": lambda t: t,
    "smoothstep": lambda t: t * t * (3 - 2 * t),
    "cosine": lambda t: (1 - np.cos(np.pi * t)) / 2,
    "hard": lambda t: np.where(t < 0.5, 0.0, 1.0),  # for comparison, and for a cut that is meant to be seen
}
