"""Octaves: noise of a place's own, at ever finer scales, drawn and not learned; the network learns what to make of it.

Octave k is a lattice with cells of c_k = (pi/2) / 2^k, with independent normal numbers v_k on its nodes. Between them

    n_k(q) = A_k sum_i b_i(q) v_k[i] / sqrt(sum_i b_i(q)^2),    A_k = clamp(log2(c_k / footprint) + 1, 0, 1),

b a tensor product of B-splines, cubic in the plane and quadratic in space: with the norm the variance is 1 everywhere,
on a node or between. An octave that is finer than the sample falls silent (Norton, Rockwood and Skolmoski 1982,
"Clamping"). docs/octaves.md has the sources and what was measured.

Sums run over one axis after the other, in their order. So points that are rows and columns of a picture share them
(``ChartPoints.rows``), and have the very same values as one by one.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from panogen.geometry import Chart
from panogen.networks.config import OctavesConfig
from panogen.networks.encodings.lattice_noise import WORDS, keys, node_numbers
from panogen.networks.points import ChartPoints

COARSEST = math.pi / 2  # the cells of octave 0
DENSE = 2  # nodes of the box around points for each point: with fewer all of them are hashed
SPARSE = 8  # and for each that is looked up: with more they are sorted, not marked

Spline = Callable[[Tensor], tuple[Tensor, Tensor]]


class Octaves(nn.Module):
    """Noise of ``config.count`` octaves, each as loud as its gain, which falls from octave to octave.

    Below the finest footprint that it was trained at, its own octaves are as loud as there. ``config.continued``
    octaves that are finer, and that nothing was learned for, go on in the channels of the last one, as much
    quieter as those are from one to the next. In training they are silent.
    """

    def __init__(self, config: OctavesConfig, chart: Chart):
        super().__init__()
        self.config, self.periods = config, chart.periods
        self.comes_apart = chart.apart

    @property
    def channels(self) -> int:
        """Return the channels of all octaves."""
        return self.config.count * self.config.channels

    @property
    def finest_rad(self) -> float:
        """Side of the finest footprint that it has been trained at."""
        return self.config.finest_rad

    def reshaped(self, config: OctavesConfig) -> "Octaves":
        """The same with another finest footprint, in place: nothing else depends on the resolution."""
        self.config = config
        return self

    def forward(self, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
        """Return the features of points under each of some layouts: (layouts, n, channels)."""
        config = self.config
        values = self.noise(points, layouts)
        gains = config.gain * config.fall ** torch.arange(values.shape[-2], dtype=values.dtype, device=values.device)
        values = values * gains[:, None]
        own, beyond = values.split((config.count, config.continued), -2)
        return torch.cat([own[..., :-1, :], own[..., -1:, :] + beyond.sum(-2, keepdim=True)], -2).flatten(-2)

    @torch.no_grad()
    def noise(self, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
        """Return the octaves of points under each of some layouts, before their gains: (layouts, n, octaves,
        channels)."""
        config, device = self.config, points.unrolled.device
        count = config.count + config.continued
        octaves = torch.arange(count, dtype=torch.float64, device=device)
        finest = math.log2(config.finest_rad) - (octaves - config.count + 1).clamp(min=0)
        sides = torch.maximum(torch.log2(points.footprints[: points.rows])[:, None], finest)
        amplitudes = (math.log2(COARSEST) - octaves - sides + 1).clamp_(0, 1).float()
        loud = [octave for octave, heard in enumerate((amplitudes > 0).any(0).tolist()) if heard]
        result = torch.zeros(len(layouts), len(points), count, config.channels, dtype=torch.float32, device=device)
        if loud:
            axes = self._axes(points, loud)
            axes[-1].weights.mul_(amplitudes[:, loud, None])
            key = keys(layouts, loud, math.ceil(config.channels / WORDS), device)
            summed = by_columns if points.rows else one_by_one
            values = summed(axes, key, config.channels).unflatten(-1, (len(layouts), -1))
            result[:, :, loud] = values.permute(2, 1, 0, 3)
        return result

    def _axes(self, points: ChartPoints, octaves: Sequence[int]) -> list["Axis"]:
        # Of all points, or of the columns and of the rows.
        places = points.unrolled / COARSEST
        apart = [places[:: points.rows, 0], places[: points.rows, 1]] if points.rows else None
        spline = cubic if len(self.periods) == 2 else quadratic
        return [
            Axis.of(along, octaves, period, spline)
            for along, period in zip(apart or places.unbind(1), self.periods, strict=True)
        ]


@dataclass(frozen=True)
class Axis:
    """The nodes that n points touch along one axis, octave after octave.

    ``first`` (octaves, n) are the first ones, counted from the ``lowest`` of each octave, of which there are ``sizes``
    up to the last that is touched; ``weights`` (n, octaves, taps) are those of the first ones and the next, and their
    squares sum to 1. Around a circle there are ``periods`` nodes in all, 0 on a line.
    """

    first: Tensor
    lowest: list[int]
    sizes: list[int]
    weights: Tensor
    periods: list[int]

    @classmethod
    def of(cls, places: Tensor, octaves: Sequence[int], period: int, spline: Spline) -> "Axis":
        """Find the nodes for places (n,) in cells of octave 0, of which ``period`` go around the circle."""
        scales = [2**octave for octave in octaves]
        first, weights = spline(places[:, None] * torch.tensor(scales, dtype=torch.float64, device=places.device))
        squares = weights.square().unbind(-1)
        norm = functools.reduce(torch.add, squares).sqrt_()
        first = first.long().T.contiguous()
        if period:  # the short way around from the first point to each
            around, start = (
                torch.tensor(scales, dtype=torch.int64, device=places.device)[:, None] * period,
                first[:, :1],
            )
            first = (first - start + around // 2) % around - around // 2 + start
        lowest, highest = first.aminmax(dim=1)
        sizes = (highest - lowest + weights.shape[-1]).tolist()
        periods = [period * scale for scale in scales]
        return cls(first - lowest[:, None], lowest.tolist(), sizes, weights / norm[..., None], periods)

    @property
    def taps(self) -> int:
        """Return how many nodes a point touches."""
        return self.weights.shape[-1]

    def nodes(self, places: Tensor, octave: int) -> Tensor:
        """Return the nodes of an octave at places counted from the lowest."""
        nodes = places + self.lowest[octave]
        return nodes % self.periods[octave] if self.periods[octave] else nodes

    def line(self, octave: int) -> Tensor:
        """Return all nodes (sizes,) of an octave from the lowest to the highest."""
        return self.nodes(torch.arange(self.sizes[octave], device=self.first.device), octave)


def cubic(cells: Tensor) -> tuple[Tensor, Tensor]:
    """First nodes (...) and weights (..., 4) float32, times 6, of the cubic B-spline at places measured in cells."""
    base = cells.floor()
    f = (cells - base).float()
    g, square = 1 - f, f * f
    cube = square * f
    weights = [g * g * g, cube * 3 - square * 6 + 4, (square + f - cube) * 3 + 1, cube]
    return base - 1, torch.stack(weights, -1)


def quadratic(cells: Tensor) -> tuple[Tensor, Tensor]:
    """First nodes (...) and weights (..., 3) float32, times 2, of the quadratic B-spline at places in cells."""
    base = (cells + 0.5).floor()
    f = (cells - base).float()
    return base - 1, torch.stack([(0.5 - f).square(), 1.5 - 2 * f * f, (0.5 + f).square()], -1)


def one_by_one(axes: list[Axis], key: Tensor, channels: int) -> Tensor:
    """Noise (octaves, n, layouts * channels) of points by the nodes that they touch along two or three axes, each of
    which is hashed once."""
    *others, last = axes
    found = [distinct(axes, octave) for octave in range(key.shape[2])]
    own = torch.arange(last.weights[:, 0].numel(), device=key.device).view(-1, last.taps)
    values = []
    for octave, numbers in enumerate(hashed([nodes for nodes, _ in found], key, channels)):
        weights = functools.reduce(crossed, (axis.weights[:, octave] for axis in others))
        with_next = numbers.unfold(0, last.taps, 1).transpose(1, 2).flatten(1)
        level = weighted(with_next, found[octave][1], weights)
        values.append(weighted(level.view(own.numel(), -1), own, last.weights[:, octave]))
    return torch.stack(values)


def crossed(first: Tensor, second: Tensor) -> Tensor:
    """Return the products (n, a * b) of all pairs of weights (n, a) and (n, b)."""
    return (first[:, :, None] * second[:, None, :]).flatten(1)


def distinct(axes: list[Axis], octave: int) -> tuple[tuple[Tensor, ...], Tensor]:
    """Return the nodes of an octave that points touch, along each axis, each node once, in order; and the numbers
    (n, taps^(axes - 1)) of those that each point touches, of the lowest ones along the last axis, behind which the
    others are."""
    taps, device, sizes = axes[0].taps, axes[0].first.device, [axis.sizes[octave] for axis in axes]
    volume, strides = math.prod(sizes), [math.prod(sizes[number:]) for number in range(1, len(sizes) + 1)]
    index = torch.int32 if volume < 2**31 else torch.int64
    steps = torch.arange(taps, dtype=index, device=device)
    lowest = axes[-1].first[octave].to(index)[:, None]
    for axis, stride in zip(axes[:-1], strides, strict=False):
        along = (axis.first[octave].to(index)[:, None] + steps) * stride
        lowest = (lowest[:, :, None] + along[:, None]).flatten(1)
    if volume <= DENSE * len(lowest):
        cells, numbers = torch.arange(volume, device=device), lowest
    elif volume > SPARSE * lowest.numel():
        cells = (lowest[..., None] + steps).unique()
        numbers = torch.searchsorted(cells, lowest)
    else:
        held = torch.zeros(volume, dtype=torch.bool, device=device)
        held[lowest[:, 0]] = True
        for stride in strides:
            first = held.clone()
            for step in range(1, taps):
                held[step * stride :] |= first[: -step * stride]
        cells = held.nonzero()[:, 0]
        among = torch.empty(volume, dtype=torch.int32, device=device)
        among[cells] = torch.arange(len(cells), dtype=torch.int32, device=device)
        numbers = among.index_select(0, lowest.flatten()).view(lowest.shape)
    places = (cells // stride % size for stride, size in zip(strides, sizes, strict=True))
    return tuple(axis.nodes(place, octave) for axis, place in zip(axes, places, strict=True)), numbers


def by_columns(axes: list[Axis], key: Tensor, channels: int) -> Tensor:
    """Noise (octaves, n, layouts * channels) of all points in columns and rows, one column after the other."""
    columns, rows = axes
    octaves, wide, tall = key.shape[2], columns.first.shape[1], rows.first.shape[1]
    nodes = [tuple(torch.meshgrid(columns.line(k), rows.line(k), indexing="ij")) for k in range(octaves)]
    offsets = torch.arange(rows.taps, device=key.device)
    across, down = (axis.first[..., None] + offsets for axis in axes)
    found = []
    for octave, own in enumerate(hashed(nodes, key, channels)):
        size = rows.sizes[octave]
        level = weighted(own.view(columns.sizes[octave], -1), across[octave], columns.weights[:, octave].contiguous())
        upright = level.view(wide, size, -1).transpose(0, 1).reshape(size, -1)
        both = weighted(upright, down[octave], rows.weights[:, octave].contiguous())
        found.append(both.view(tall, wide, -1).transpose(0, 1).reshape(wide * tall, -1))
    return torch.stack(found)


def hashed(nodes: Sequence[tuple[Tensor, ...]], key: Tensor, channels: int) -> Sequence[Tensor]:
    """Return the numbers (nodes, layouts * channels) of the nodes of each octave, along its axes."""
    counts = [axes[0].numel() for axes in nodes]
    flat = [torch.cat([line.flatten() for line in axis]).to(torch.int32) for axis in zip(*nodes, strict=True)]
    repeats = torch.tensor(counts, dtype=torch.int64, device=key.device)
    own = key.repeat_interleave(repeats, 2, output_size=sum(counts))
    numbers: Sequence[Tensor] = node_numbers(flat, own, channels).split(counts)
    return numbers


def weighted(table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of rows of a table: (cells, channels), (n, taps), (n, taps) -> (n, channels)."""
    if table.shape[1] == 1:  # one channel alone would be added up in another order, to other last bits
        return weighted(table.repeat(1, 2), rows, weights)[:, :1]
    return functional.embedding_bag(rows, table, per_sample_weights=weights, mode="sum")
