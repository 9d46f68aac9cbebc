"""Noise that belongs to a place: the same direction always has the same, in whatever picture it is.

Every layer's noise at a direction is a normal variable of its own, made from a hash of the direction and the layer's
number instead of a sequence. So there is no state, and a crop has the noise of the whole, to the bit.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.base.arrays import Doubles, Floats

CELL = 2.0**-28  # of a direction's coordinates: below a pixel of the largest picture, above what rounding changes
STEP = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio, odd
HALF = np.uint64(32)  # bits


def noise_at(directions: Doubles, strengths: Tensor) -> Tensor:
    """Noise (layers, n, 1) of layers at directions (n, 3), as strong as each layer's (layers,) says."""
    normals = torch.from_numpy(standard_normals(directions, len(strengths)))
    return (normals.to(strengths) * strengths[:, None])[..., None]


def standard_normals(directions: Doubles, layers: int) -> Floats:
    """Standard normal variables (layers, n) of directions (n, 3), all independent (Box and Muller 1958)."""
    key = np.zeros(len(directions), np.uint64)
    for axis in np.rint(directions / CELL).astype(np.int64).astype(np.uint64).T:
        key = splitmix64(key + STEP + axis)
    bits = splitmix64(key + STEP * np.arange(1, layers + 1, dtype=np.uint64)[:, None])
    first, second = (half.astype(np.float64) * 2.0**-32 for half in (bits >> HALF, bits & np.uint64(0xFFFFFFFF)))
    # The logarithm's argument is never 0.
    normals: Doubles = np.sqrt(-2 * np.log(first + 2.0**-33)) * np.cos(2 * np.pi * second)
    return normals.astype(np.float32)


def splitmix64(bits: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Apply a bijection of 64 bits in which each bit changes half of the others (SplitMix64's; Steele et al. 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
