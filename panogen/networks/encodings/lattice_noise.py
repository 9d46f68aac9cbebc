"""Normal numbers on the nodes of a lattice, from integer arithmetic alone: no state, no table, the same bits anywhere.

A node's numbers follow from its place, the octave and the layout by PCG4D (Jarzynski and Olano 2020, "Hash functions
for GPU rendering", JCGT 9(3)): unsigned 32-bit products, sums, shifts and exclusive ors, which are the same everywhere.
In torch they are those of int32, which wrap alike.

    key    = pcg4d(layout, octave, group, lattice).x     group: four channels; lattice: the word of its kind
    words  = pcg4d(x, y, z, key)                         y and z are 0 on lattices that lack them
    number = t (a + b t^2),  t = (sum of a word's four bytes - 510) / sqrt(21845)

The sum of four bytes is nearly normal already (Irwin and Hall); the cubic takes its kurtosis away (Cornish and Fisher
1938), and brings its variance to 1. So another language, or a shader, makes the same numbers but for the rounding of
three float32 products.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

MULTIPLIER, INCREMENT = 1664525, 1013904223
OCTAVES, GROUND, CLOUDS, SKYLINE = (int.from_bytes(word, "big") for word in (b"octv", b"grnd", b"clds", b"skyl"))
WORDS = 4  # that a hash gives
LOW_BYTES, LOW_HALF = 0x00FF00FF, 0xFFFF
BOTH_HALVES = 0x00010001  # times a word: the sum of its halves is in the upper one
MEAN, VARIANCE = 510.0, 21845.0  # of the sum of four bytes
LINEAR, CUBIC = 0.9490332780956338, 0.018642382500669012  # of the number in t: variance 1, kurtosis 3


def pcg4d(x: Tensor, y: Tensor, z: Tensor, w: Tensor) -> list[Tensor]:
    """Four hashed words from four, int32 of shapes that broadcast."""
    x, y, z, w = (word * MULTIPLIER + INCREMENT for word in (x, y, z, w))
    for folding in (True, False):
        x = torch.addcmul(x, y, w)
        y = torch.addcmul(y, z, x)
        z = torch.addcmul(z, x, y)
        w = torch.addcmul(w, y, z)
        if folding:
            x, y, z, w = ((word >> 16).bitwise_and_(LOW_HALF).bitwise_xor_(word) for word in (x, y, z, w))
    return [x, y, z, w]


def normals(words: Tensor) -> Tensor:
    """Normal numbers, float32, from random words, int32."""
    pairs = (words >> 8).bitwise_and_(LOW_BYTES).add_(words & LOW_BYTES)
    t = pairs.mul_(BOTH_HALVES).bitwise_right_shift_(16).float().sub_(MEAN).mul_(VARIANCE**-0.5)
    return t * t.square().mul_(CUBIC).add_(LINEAR)


def keys(layouts: Sequence[int], octaves: Sequence[int], channels: int, lattice: int, device: torch.device) -> Tensor:
    """Return the last word of the hash for lattices of a kind: (layouts, groups of the channels, octaves) int32."""
    layout, group, octave = torch.meshgrid(
        signed(torch.tensor(layouts, dtype=torch.int64)),
        torch.arange(math.ceil(channels / WORDS), dtype=torch.int32),
        torch.tensor(octaves, dtype=torch.int32),
        indexing="ij",
    )
    return pcg4d(layout, octave, group, torch.full_like(layout, lattice))[0].to(device)


def signed(words: Tensor) -> Tensor:
    """Return the int32 with the lowest 32 bits of int64 numbers."""
    return (((words & 0xFFFFFFFF) ^ 0x80000000) - 0x80000000).to(torch.int32)


def node_numbers(nodes: Sequence[Tensor], key: Tensor, channels: int) -> Tensor:
    """Normal numbers of nodes (n,) int32 along up to three axes: (n, layouts * channels).

    ``key`` (layouts, groups, n) is that of each node's octave.
    """
    x, y, z = (*nodes, *[torch.zeros_like(nodes[0])] * 2)[:3]
    words = torch.stack(pcg4d(x, y, z, key), 2)  # (layouts, groups, WORDS, n)
    numbers = normals(words).flatten(1, 2)[:, :channels]
    return numbers.flatten(0, 1).T.contiguous()
