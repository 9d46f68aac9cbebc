"""Noise on lattices: independent normal numbers on nodes, and B-splines between them.

At a point q it is

    n(q) = sum_i b_i(q) v[i] / sqrt(sum_i b_i(q)^2)

over the nodes i around it, b a tensor product of B-splines, cubic on lines and in the plane and quadratic in space:
with the norm the variance is 1 everywhere, on a node or between. Octave k of several has cells of c / 2^k. One whose
cells are finer than a sample falls silent (Norton, Rockwood and Skolmoski 1982, "Clamping"). Noise is a little smoother
on a node, so staggered lattices are moved by k / phi of their cells along each axis, phi the golden ratio: nodes of two
octaves meet nowhere.

Sums run over one axis after the other, in their order. So points that are rows and columns of a picture share them
(``ChartPoints.rows``), and have the very same values as one by one.
"""

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor, nn

from panogen.networks.config import NoiseConfig
from panogen.networks.encodings.lattice_noise import node_numbers
from panogen.networks.encodings.splines import Spline, weighted

DENSE = 2  # nodes of the box around points for each point: with fewer all of them are hashed
SPARSE = 8  # and for each that is looked up: with more they are sorted, not marked
GOLDEN = (math.sqrt(5) - 1) / 2  # of a cell, from octave to octave
SUMS = 2048  # of one octave at one point each, that are made at a time: so they stay in a core's cache


class Noise(nn.Module):
    """An encoding by noise that belongs to a place, in octaves of ``config.channels`` numbers each."""

    def __init__(self, config: NoiseConfig):
        super().__init__()
        self.config = config

    @property
    def channels(self) -> int:
        """Return the channels of all octaves."""
        return self.config.count * self.config.channels

    @property
    def finest_rad(self) -> float:
        """Side of the finest footprint that it has been trained at: below it octaves are as loud as there."""
        return self.config.finest_rad

    def reshaped(self, config: NoiseConfig) -> Self:
        """The same with another finest footprint, in place: nothing else depends on the resolution."""
        self.config = config
        return self

    def gains(self, count: int) -> Tensor:
        """Return what the first octaves are multiplied by: (count,) float64."""
        return self.config.gain * self.config.fall ** torch.arange(count, dtype=torch.float64)

    def in_octaves(self, places: Tensor, count: int) -> Tensor:
        """Places (n,) along an axis in cells of octave 0 -> (count, n) in cells of the lattice of each octave."""
        octaves = torch.arange(count, dtype=torch.float64, device=places.device)[:, None]
        cells = places * 2**octaves
        return cells + octaves * GOLDEN % 1 if self.config.staggered else cells


def loudness(coarsest: float, sides: Tensor, count: int) -> Tensor:
    """How loud octaves are, in [0, 1], in samples of some sides (n,), or (count, n): (count, n) float64.

    ``coarsest`` are the cells of octave 0. 1 is where cells are as large as the sample, 0 where they are half as large.
    """
    octaves = torch.arange(count, dtype=torch.float64, device=sides.device)[:, None]
    return (math.log2(coarsest) - octaves - torch.log2(sides) + 1).clamp_(0, 1)


@dataclass(frozen=True)
class Axis:
    """The nodes that n points touch along one axis, octave after octave.

    ``first`` (octaves, n) are the first ones, counted from the ``lowest`` of each octave, of which there are ``sizes``
    up to the last that is touched; ``weights`` (octaves, taps, n) are those of the first ones and the next, and their
    squares sum to 1. Around a circle there are ``periods`` nodes in all, 0 on a line.
    """

    first: Tensor
    lowest: list[int]
    sizes: list[int]
    weights: Tensor
    periods: list[int]

    @classmethod
    def of(cls, places: Tensor, period: int, spline: Spline) -> "Axis":
        """Find the nodes for places (octaves, n) in cells of each octave. Around a circle go ``period`` cells of the
        first one, and twice as many of each next one."""
        first, weights = spline(places)
        first = first.long()
        periods = period * 2 ** torch.arange(len(places), device=places.device)
        if period:  # the short way around from the first point to each
            around = periods[:, None]
            first -= ((places - places[:, :1]) / around).round_().long() * around
        lowest = first.amin(1)
        sizes = first.amax(1) - lowest + len(weights)
        norm = functools.reduce(torch.add, (weight.square() for weight in weights)).sqrt_()
        return cls(
            first - lowest[:, None],
            lowest.tolist(),
            sizes.tolist(),
            torch.stack(weights, 1).div_(norm[:, None]),
            periods.tolist(),
        )

    @property
    def taps(self) -> int:
        """Return how many nodes a point touches."""
        return self.weights.shape[1]

    def nodes(self, places: Tensor, octave: int) -> Tensor:
        """Return the nodes of an octave at places counted from the lowest."""
        nodes = places + self.lowest[octave]
        return (nodes % self.periods[octave] if self.periods[octave] else nodes).int()

    def line(self, octave: int) -> Tensor:
        """Return all nodes (sizes,) of an octave from the lowest to the highest."""
        return self.nodes(torch.arange(self.sizes[octave], device=self.first.device), octave)


def one_by_one(axes: list[Axis], key: Tensor, channels: int) -> Tensor:
    """Noise (octaves, n, layouts * channels) of points by the nodes that they touch along two or three axes, each of
    which is hashed once."""
    *others, last = axes
    octaves, taps, n = last.weights.shape
    found = [distinct(axes, octave) for octave in range(octaves)]
    table = hashed([nodes for nodes, _ in found], key, channels)
    with_next = table.unfold(0, taps, 1).transpose(1, 2).flatten(1).contiguous()
    starts = itertools.accumulate((len(nodes[0]) for nodes, _ in found), initial=0)
    own = torch.arange(SUMS * taps, device=key.device).view(SUMS, taps)
    values = torch.empty(octaves, n, table.shape[1], dtype=torch.float32, device=key.device)
    for octave, (start, (_, numbers)) in enumerate(zip(starts, found, strict=False)):
        crossed = functools.reduce(outer, (axis.weights[octave] for axis in others)).T.contiguous()
        along = last.weights[octave].T.contiguous()
        for at in range(0, n, SUMS):
            span = slice(at, at + SUMS)
            level = weighted(with_next[start:], numbers[span], crossed[span])
            values[octave, span] = weighted(level.view(len(level) * taps, -1), own[: len(level)], along[span])
    return values


def outer(one: Tensor, two: Tensor) -> Tensor:
    """Products (a * b, n) of each of (a, n) with each of (b, n)."""
    return (one[:, None] * two).flatten(0, 1)


def distinct(axes: list[Axis], octave: int) -> tuple[tuple[Tensor, ...], Tensor]:
    """Return the nodes of an octave that points touch, along each axis, each node once, in order; and the numbers
    (n, taps^(axes - 1)) of those that each point touches, of the lowest ones along the last axis, behind which the
    others are."""
    taps, device, sizes = axes[0].taps, axes[0].first.device, [axis.sizes[octave] for axis in axes]
    volume, strides = math.prod(sizes), [math.prod(sizes[number:]) for number in range(1, len(sizes) + 1)]
    index = torch.int32 if volume < 2**31 else torch.int64
    firsts = [axis.first[octave] * stride for axis, stride in zip(axes, strides, strict=True)]
    first = functools.reduce(torch.add, firsts).to(index)
    steps = torch.arange(taps, dtype=index, device=device)
    others = [steps * stride for stride in strides[:-1]]
    lowest = first[:, None] + functools.reduce(lambda one, two: (one[:, None] + two).flatten(), others)
    if volume <= DENSE * len(first):
        box = torch.meshgrid(*(axis.line(octave) for axis in axes), indexing="ij")
        return tuple(line.flatten() for line in box), lowest
    if volume > SPARSE * lowest.numel():
        cells = (lowest[..., None] + steps).unique()
        numbers = torch.searchsorted(cells, lowest, out_int32=True)
    else:
        held = torch.zeros(volume, dtype=torch.bool, device=device)
        held[first] = True
        for stride in strides:
            before = held.clone()
            for step in range(1, taps):
                held[step * stride :] |= before[: -step * stride]
        cells = held.nonzero()[:, 0]
        among = torch.empty(volume, dtype=torch.int32, device=device)
        among[cells] = torch.arange(len(cells), dtype=torch.int32, device=device)
        numbers = among.index_select(0, lowest.flatten()).view(lowest.shape)
    nodes = []
    for axis, stride in zip(axes, strides, strict=True):
        places = cells // stride
        cells = cells - places * stride
        nodes.append(axis.nodes(places, octave))
    return tuple(nodes), numbers


def by_columns(axes: list[Axis], key: Tensor, channels: int) -> Tensor:
    """Noise (octaves, n, layouts * channels) of all points in columns and rows, one column after the other."""
    columns, rows = axes
    octaves, wide, tall = key.shape[2], columns.first.shape[1], rows.first.shape[1]
    boxes = [torch.meshgrid(columns.line(k), rows.line(k), indexing="ij") for k in range(octaves)]
    counts = [lines[0].numel() for lines in boxes]
    numbers = hashed([tuple(line.flatten() for line in lines) for lines in boxes], key, channels).split(counts)
    offsets = torch.arange(rows.taps, device=key.device)
    across, down = (axis.first[..., None] + offsets for axis in axes)
    over, under = (axis.weights.transpose(1, 2).contiguous() for axis in axes)
    found = []
    for octave, own in enumerate(numbers):
        size = rows.sizes[octave]
        level = weighted(own.view(columns.sizes[octave], -1), across[octave], over[octave])
        upright = level.view(wide, size, -1).transpose(0, 1).reshape(size, -1)
        both = weighted(upright, down[octave], under[octave])
        found.append(both.view(tall, wide, -1).transpose(0, 1).flatten(0, 1))
    return torch.stack(found)


def by_layout(values: Tensor, layouts: int) -> Tensor:
    """Return noise (octaves, n, layouts * channels) as (layouts, n, octaves, channels)."""
    parts: Tensor = values.unflatten(-1, (layouts, -1)).permute(2, 1, 0, 3)
    return parts


def hashed(nodes: Sequence[tuple[Tensor, ...]], key: Tensor, channels: int) -> Tensor:
    """Return the numbers (nodes, layouts * channels) of the nodes (n,) of each octave, along its axes, in one table."""
    flat = [torch.cat(lines) for lines in zip(*nodes, strict=True)]
    own = [one.expand(-1, -1, len(lines[0])) for one, lines in zip(key.split(1, 2), nodes, strict=True)]
    return node_numbers(flat, torch.cat(own, 2), channels)
