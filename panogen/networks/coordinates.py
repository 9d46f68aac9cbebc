"""What the network knows of a point: Fourier features of its coordinates and a learned embedding of its place.

Coordinates are those of the cylinder chart, (cos azimuth, sin azimuth, height), always float64.
"""

import math

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from panogen.networks.layers import drawn

TAPS = 4  # of the cubic B-spline along one axis
# Its weights at a share f of the way from one cell's centre to the next: [1, f, f^2, f^3] B_SPLINE.
B_SPLINE = [
    [1 / 6, 4 / 6, 1 / 6, 0.0],
    [-0.5, 0.0, 0.5, 0.0],
    [0.5, -1.0, 0.5, 0.0],
    [-1 / 6, 0.5, -0.5, 1 / 6],
]
TABLE_SPREAD = 0.1  # of the initial embedding: a louder one stays in the pictures as speckle, long into training


class FourierFeatures(nn.Module):
    """sin(2 pi (F c + p)) with learned frequencies F and phases p (CIPS section 3.2).

    The features close around the cylinder because the coordinates do. Frequencies start as N(0, scale^2) in turns for
    each unit of a coordinate. Turns are formed in float64 and reduced to one turn before the cast to float32: formed in
    float32, the sine of a high frequency is wrong by 6e-4.
    """

    def __init__(self, channels: int, scale: float):
        super().__init__()
        self.frequencies = nn.Parameter(drawn(channels, 3, spread=scale))
        self.phases = nn.Parameter(torch.rand(channels))

    def forward(self, coords: Tensor) -> Tensor:
        """(..., 3) float64 -> (..., channels) float32 in [-1, 1]."""
        turns = torch.addmm(self.phases.double(), coords.reshape(-1, 3), self.frequencies.double().T)
        return torch.sin(turns.frac().float() * (2 * math.pi)).reshape(*coords.shape[:-1], -1)


def cubic_taps(position: Tensor, size: int, *, wrap: bool) -> tuple[Tensor, Tensor]:
    """Cells and weights of the cubic B-spline at positions measured in cells (cell k has its centre at k + 1/2).

    Returns indices (..., 4) int64, wrapped around or clamped to the ends, and weights (..., 4) that sum to 1. The
    spline is twice continuously differentiable, so a table sampled with it shows no trace of its cells.
    """
    x = position - 0.5
    base = x.floor()
    f = x - base
    powers = torch.stack([torch.ones_like(f), f, f * f, f * f * f], -1)
    weights = powers @ torch.tensor(B_SPLINE, dtype=f.dtype, device=f.device)
    indices = base.long()[..., None] + torch.arange(-1, TAPS - 1, device=position.device)
    return (indices % size if wrap else indices.clamp(0, size - 1)), weights


class CoordinateEmbedding(nn.Module):
    """A learned table over the whole cylinder, circular in azimuth, sampled with a cubic B-spline at cell centres.

    ``table`` is (rows, columns, channels): row 0 at the upper edge, column 0 at azimuth -pi. ``max_height`` is the
    height of the upper edge in the chart's units.
    """

    def __init__(self, rows: int, columns: int, channels: int, max_height: float):
        super().__init__()
        self.table = nn.Parameter(drawn(rows, columns, channels, spread=TABLE_SPREAD))
        self.max_height = max_height

    def forward(self, coords: Tensor) -> Tensor:
        """(..., 3) float64 -> (..., channels)."""
        # All points are one long list: a table expanded over the batch would get a gradient for each of its samples.
        rows, columns, channels = self.table.shape
        cells, weights = table_taps(coords.reshape(-1, 3), rows, columns, self.max_height)
        return sample_table(self.table.flatten(0, 1), cells, weights).reshape(*coords.shape[:-1], channels)

    @torch.no_grad()
    def smooth(self, cells: float) -> None:
        """Low-pass the table around the circle, in place, by a Gaussian with a deviation of so many cells."""
        columns = self.table.shape[1]
        turns = torch.arange(columns // 2 + 1, device=self.table.device) / columns  # a cell
        gain = torch.exp(-2 * (math.pi * cells * turns) ** 2)
        self.table.copy_(torch.fft.irfft(torch.fft.rfft(self.table, dim=1) * gain[:, None], n=columns, dim=1))

    @torch.no_grad()
    def resampled(self, rows: int, columns: int) -> "CoordinateEmbedding":
        """The same surface on another number of cells: equal at the centres of the new cells."""
        grown = CoordinateEmbedding(rows, columns, self.table.shape[2], self.max_height)
        table = self.table.double()
        for axis, (count, wrap) in enumerate([(rows, False), (columns, True)]):
            matrix = resampling_matrix(table.shape[axis], count, wrap=wrap).to(table.device)
            table = torch.tensordot(matrix, table, dims=([1], [axis])).movedim(0, axis)
        grown.table.copy_(table)
        return grown.to(self.table.device)


def column_taps(coords: Tensor, columns: int) -> tuple[Tensor, Tensor]:
    """Which columns of a table points touch, and how much: (n, 3) float64 -> (n, 4) int64 and float64."""
    azimuth_rad = torch.atan2(coords[:, 1], coords[:, 0])
    return cubic_taps((azimuth_rad / (2 * math.pi) + 0.5) * columns, columns, wrap=True)


def row_taps(heights: Tensor, rows: int, max_height: float) -> tuple[Tensor, Tensor]:
    """Which rows of a table points touch, and how much: (n,) float64 -> (n, 4) int64 and float64."""
    return cubic_taps((1 - heights / max_height) / 2 * rows, rows, wrap=False)


def table_taps(coords: Tensor, rows: int, columns: int, max_height: float) -> tuple[Tensor, Tensor]:
    """Which cells of a flattened table points touch, and how much: (n, 3) float64 -> (n, 16) int64 and float32."""
    column, column_weight = column_taps(coords, columns)
    row, row_weight = row_taps(coords[:, 2], rows, max_height)
    cells = row[:, :, None] * columns + column[:, None, :]
    weights = row_weight[:, :, None] * column_weight[:, None, :]
    return cells.flatten(1), weights.flatten(1).float()


def sample_table(table: Tensor, cells: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of rows of a table: (cells, channels), (n, taps), (n, taps) -> (n, channels)."""
    return functional.embedding_bag(cells, table, per_sample_weights=weights, mode="sum")


def resampling_matrix(old: int, new: int, *, wrap: bool) -> Tensor:
    """Matrix (new, old) from the coefficients of one spline to those of another that agrees at the new centres."""

    def evaluate(positions: Tensor, size: int) -> Tensor:
        cells, weights = cubic_taps(positions, size, wrap=wrap)
        return torch.zeros(len(positions), size, dtype=torch.float64).scatter_add_(1, cells, weights)

    centres = (torch.from_numpy(np.arange(new) + 0.5)) / new
    return torch.linalg.solve(evaluate(centres * new, new), evaluate(centres * old, old))
