"""How one latent gives way to the next."""

import numpy as np

from panogen.base.arrays import Array


def linear(t: Array) -> Array:
    """A straight line."""
    return t


def smoothstep(t: Array) -> Array:
    """3 t^2 - 2 t^3: level at both ends."""
    return t * t * (3 - 2 * t)


def raised_cosine(t: Array) -> Array:
    """(1 - cos pi t) / 2."""
    return (1 - np.cos(np.pi * t)) / 2


def hard(t: Array) -> Array:
    """A step: for comparison, and for a cut that is meant to be seen."""
    return np.where(t < 0.5, 0.0, 1.0)


# From 0 at 0 to 1 at 1; what one loses the other gains.
BLENDS = {"linear": linear, "smoothstep": smoothstep, "cosine": raised_cosine, "hard": hard}
