"""Octaves: noise of a place's own, at ever finer scales, drawn and not learned; the network learns what to make of it.

Octave k is a lattice with cells of c_k = (pi/2) / 2^k, with independent normal numbers v_k on its nodes. Between them

    n_k(q) = A_k sum_i b_i(q) v_k[i] / sqrt(sum_i b_i(q)^2),    A_k = clamp(log2(c_k / footprint) + 1, 0, 1),

b a tensor product of B-splines, cubic in the plane and quadratic in space: with the norm the variance is 1 everywhere,
on a node or between. An octave that is finer than the sample falls silent (Norton, Rockwood and Skolmoski 1982,
"Clamping"). docs/octaves.md has the sources and what was measured.

Sums run over one axis after the other, the last one first. So points that are rows and columns of a picture share them
(``ChartPoints.rows``), and have the very same values as one by one.
"""

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

Spline = Callable[[Tensor], tuple[Tensor, Tensor]]


class Octaves(nn.Module):
    """Noise of ``config.count`` octaves, times a learned gain for each channel of each octave.

    Below the finest footprint that it was trained at, octaves are as loud as there. ``config.continued`` octaves finer
    than those go on in the channels of the last one, each with ``config.trend`` of the gain of the one before.
    """

    def __init__(self, config: OctavesConfig, chart: Chart):
        super().__init__()
        self.config, self.periods = config, chart.periods
        self.comes_apart = chart.apart
        gains = config.gain * config.fall ** torch.arange(config.count)
        self.gains = nn.Parameter(gains[:, None].repeat(1, config.channels))

    @property
    def channels(self) -> int:
        """Of all octaves."""
        return self.config.count * self.config.channels

    @property
    def finest_rad(self) -> float:
        """Side of the finest footprint that it has been trained at."""
        return self.config.finest_rad

    def forward(self, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
        """The features of points under each of some layouts: (layouts, n, channels)."""
        config = self.config
        values = self.noise(points, layouts)
        own, beyond = values[..., : config.count, :] * self.gains, values[..., config.count :, :]
        for step in range(config.continued):
            own[..., -1, :] += beyond[..., step, :] * (self.gains[-1] * config.trend ** (step + 1))
        return own.flatten(-2)

    @torch.no_grad()
    def noise(self, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
        """The octaves of points under each of some layouts, before their gains: (layouts, n, octaves, channels)."""
        config = self.config
        count = config.count + config.continued
        finest = config.finest_rad / 2**config.continued
        n = len(points)
        result = torch.zeros(n, len(layouts), count, config.channels, device=points.unrolled.device)
        octaves = torch.arange(count, dtype=torch.float64, device=result.device)
        sides = points.footprints[: points.rows].clamp(min=finest)
        amplitudes = (math.log2(COARSEST) - octaves - torch.log2(sides)[:, None] + 1).clamp_(0, 1).float()
        loud = [octave for octave, heard in enumerate((amplitudes > 0).any(0).tolist()) if heard]
        if not loud:
            return result.transpose(0, 1)
        nodes = self._nodes(points, loud)
        nodes[-1].weights.mul_(amplitudes[:, loud, None])
        groups = math.ceil(config.channels / WORDS)
        key = keys(layouts, loud, groups, result.device)
        summed = by_columns if points.rows else one_by_one
        for octave, values in zip(loud, summed(nodes, self._periods(loud), key, config.channels), strict=True):
            result[:, :, octave] = values.view(n, len(layouts), -1)
        return result.transpose(0, 1)

    def _nodes(self, points: ChartPoints, octaves: Sequence[int]) -> list["Nodes"]:
        # Along each axis: of all points, or of the columns and of the rows.
        places = points.unrolled / COARSEST
        apart = [places[:: points.rows, 0], places[: points.rows, 1]] if points.rows else None
        axes = apart or list(places.unbind(1))
        spline = cubic if len(axes) == 2 else quadratic
        return [Nodes.of(axis, octaves, spline) for axis in axes]

    def _periods(self, octaves: Sequence[int]) -> list[list[int]]:
        # Of each axis, in cells of each octave.
        return [[period * 2**octave for octave in octaves] for period in self.periods]


@dataclass(frozen=True)
class Nodes:
    """The nodes that points touch along one axis: the first ones (n, octaves) int64, and the weights (n, octaves, taps)
    of those and the next ones, whose squares sum to 1."""

    first: Tensor
    weights: Tensor

    @classmethod
    def of(cls, places: Tensor, octaves: Sequence[int], spline: Spline) -> "Nodes":
        """For places (n,) in cells of octave 0."""
        cells = places[:, None] * torch.tensor([2.0**octave for octave in octaves], device=places.device).double()
        first, weights = spline(cells)
        squares = weights.square()
        norm = squares[..., 0]
        for tap in range(1, weights.shape[-1]):
            norm = norm + squares[..., tap]
        return cls(first.long(), weights / norm.sqrt()[..., None])

    @property
    def taps(self) -> int:
        """How many nodes a point touches."""
        return self.weights.shape[-1]

    def span(self, octave: int, period: int) -> tuple[Tensor, int, int]:
        """The first nodes (n,) in an octave, counted from the lowest of them, this one, and how many nodes there are
        from it to the last that is touched. Around a circle of ``period`` nodes it is taken the short way."""
        first = self.first[:, octave]
        if period:
            start = first[0]
            first = (first - start + period // 2) % period - period // 2 + start
        lowest, highest = torch.stack(first.aminmax()).tolist()
        return first - lowest, lowest, highest - lowest + self.taps


def cubic(cells: Tensor) -> tuple[Tensor, Tensor]:
    """First nodes (...) and weights (..., 4) float32 of the cubic B-spline at places measured in cells."""
    base = cells.floor()
    f = (cells - base).float()
    g, square = 1 - f, f * f
    cube = square * f
    weights = [g * g * g, cube * 3 - square * 6 + 4, (square + f - cube) * 3 + 1, cube]
    return base - 1, torch.stack(weights, -1)


def quadratic(cells: Tensor) -> tuple[Tensor, Tensor]:
    """First nodes (...) and weights (..., 3) float32 of the quadratic B-spline at places measured in cells."""
    base = (cells + 0.5).floor()
    f = (cells - base).float()
    weights = [(0.5 - f).square(), 1.5 - 2 * f * f, (0.5 + f).square()]
    return base - 1, torch.stack(weights, -1)


def one_by_one(nodes: list[Nodes], periods: list[list[int]], key: Tensor, channels: int) -> list[Tensor]:
    """Noise of points at nodes along each axis, for each octave: (n, layouts * channels).

    Every node of the box around the points is hashed once, where those are fewer than the points touch.
    """
    n, taps = len(nodes[0].first), nodes[0].taps
    axes, touched = len(nodes), n * taps ** len(nodes)
    offsets = torch.arange(taps, device=key.device)
    places, tables, keys_of, total = [], [], [], 0
    for octave in range(key.shape[2]):
        spans = [axis.span(octave, period[octave]) for axis, period in zip(nodes, periods, strict=True)]
        sizes = [size for _, _, size in spans]
        boxed = math.prod(sizes) <= touched
        index, grid = torch.zeros((n,) + (1,) * axes, dtype=torch.int64, device=key.device), []
        for number, ((first, lowest, size), period) in enumerate(zip(spans, periods, strict=True)):
            shape = [1] * axes
            shape[number] = -1
            own = first.view(n, *(1,) * axes) + offsets.view(1, *shape)
            line = torch.arange(lowest, lowest + size, device=key.device).view(shape) if boxed else own + lowest
            grid.append(line % period[octave] if period[octave] else line)
            index = index * size + own
        if not boxed:
            index = torch.arange(touched, device=key.device).view(index.shape)
        tables.append([line.to(torch.int32).flatten() for line in torch.broadcast_tensors(*grid)])
        keys_of.append(len(tables[-1][0]))
        places.append(index + total)
        total += keys_of[-1]
    count = torch.tensor(keys_of, device=key.device)
    flat = [torch.cat(lines) for lines in zip(*tables, strict=True)]
    table = node_numbers(flat, key.repeat_interleave(count, 2, output_size=total), channels)
    found = torch.stack(places)  # (octaves, n, taps, ..., taps)
    for number in reversed(range(axes)):
        weights = nodes[number].weights.transpose(0, 1).reshape(len(places), n, *(1,) * number, taps)
        table = weighted(table, found.reshape(-1, taps), weights.expand(found.shape).reshape(-1, taps))
        found = torch.arange(len(table), device=key.device).view(found.shape[:-1])
    return list(table.view(len(places), n, -1))


def by_columns(nodes: list[Nodes], periods: list[list[int]], key: Tensor, channels: int) -> list[Tensor]:
    """Noise of all points in columns and rows, one column after the other, for each octave: (n, layouts * channels)."""
    columns, rows = nodes
    spans, tables = [], []
    for octave in range(key.shape[2]):
        across, left, width = columns.span(octave, periods[0][octave])
        down, top, height = rows.span(octave, periods[1][octave])
        x = torch.arange(left, left + width, device=key.device)
        y = torch.arange(top, top + height, device=key.device)
        grid = torch.broadcast_tensors((x % periods[0][octave] if periods[0][octave] else x)[None], y[:, None])
        tables.append([line.to(torch.int32).flatten() for line in grid])
        spans.append((across, down, height, width))
    counts = [height * width for _, _, height, width in spans]
    flat = [torch.cat(lines) for lines in zip(*tables, strict=True)]
    repeats = torch.tensor(counts, device=key.device)
    table = node_numbers(flat, key.repeat_interleave(repeats, 2, output_size=sum(counts)), channels)
    offsets, found = torch.arange(rows.taps, device=key.device), []
    for octave, ((across, down, height, width), own) in enumerate(zip(spans, table.split(counts), strict=True)):
        upright = weighted(own.view(height, -1), down[:, None] + offsets, rows.weights[:, octave].contiguous())
        level = upright.view(len(down), width, -1).transpose(0, 1).reshape(width, -1)
        both = weighted(level, across[:, None] + offsets, columns.weights[:, octave].contiguous())
        found.append(both.view(len(across) * len(down), -1))
    return found


def weighted(table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of rows of a table: (cells, channels), (n, taps), (n, taps) -> (n, channels)."""
    if table.shape[1] == 1:  # one channel alone would be added up in another order, to other last bits
        return weighted(table.repeat(1, 2), rows, weights)[:, :1]
    return functional.embedding_bag(rows, table, per_sample_weights=weights, mode="sum")
