"""What the network knows of a point: Fourier features of its coordinates and a learned embedding of its place.

Coordinates are those of the chart, (cos azimuth, sin azimuth, height) of a cylinder or (x, y) of a plane, always
float64.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor, nn

from panogen.networks.lattices import CylinderLattice, Lattice, resampling_matrix, sample_table
from panogen.networks.layers import drawn

TABLE_SPREAD = 0.1  # of the initial embedding: a louder one stays in the pictures as speckle, long into training


class FourierFeatures(nn.Module):
    """sin(2 pi (F c + p)) with learned frequencies F and phases p (CIPS section 3.2).

    The features close around a cylinder because its coordinates do. Frequencies start as N(0, scale^2) in turns for
    each unit of a coordinate. Turns are formed in float64 and reduced to one turn before the cast to float32: formed in
    float32, the sine of a high frequency is wrong by 6e-4.
    """

    def __init__(self, channels: int, scale: float, axes: int = 3):
        super().__init__()
        self.frequencies = nn.Parameter(drawn(channels, axes, spread=scale))
        self.phases = nn.Parameter(torch.rand(channels))

    def forward(self, coords: Tensor) -> Tensor:
        """(..., axes) float64 -> (..., channels) float32 in [-1, 1]."""
        points = coords.reshape(-1, coords.shape[-1])
        turns = torch.addmm(self.phases.double(), points, self.frequencies.double().T)
        return torch.sin(turns.frac().float() * (2 * math.pi)).reshape(*coords.shape[:-1], -1)


class CoordinateEmbedding(nn.Module):
    """A learned table over the whole chart, (rows, columns, channels), sampled as its ``lattice`` says."""

    def __init__(self, lattice: Lattice, channels: int):
        super().__init__()
        self.table = nn.Parameter(drawn(lattice.rows, lattice.columns, channels, spread=TABLE_SPREAD))
        self.lattice = lattice

    def forward(self, coords: Tensor) -> Tensor:
        """(..., axes) float64 -> (..., channels)."""
        # All points are one long list: a table expanded over the batch would get a gradient for each of its samples.
        cells, weights = self.lattice.taps(coords.reshape(-1, coords.shape[-1]))
        return sample_table(self.table.flatten(0, 1), cells, weights).reshape(*coords.shape[:-1], -1)

    @torch.no_grad()
    def smooth(self, cells: float) -> None:
        """Low-pass the table of a cylinder around the circle, in place, by a Gaussian with a deviation of so many
        cells."""
        if not self.table.numel():  # of which MKL would refuse the Fourier transform
            return
        columns = self.table.shape[1]
        turns = torch.arange(columns // 2 + 1, device=self.table.device) / columns  # a cell
        gain = torch.exp(-2 * (math.pi * cells * turns) ** 2)
        self.table.copy_(torch.fft.irfft(torch.fft.rfft(self.table, dim=1) * gain[:, None], n=columns, dim=1))

    @torch.no_grad()
    def resampled(self, rows: int, columns: int) -> "CoordinateEmbedding":
        """The same surface on another number of cells of a cylinder: equal at the centres of the new cells."""
        if not isinstance(self.lattice, CylinderLattice):
            raise ValueError(f"only the embedding of a cylinder is resampled, got {self.lattice}")
        grown = CoordinateEmbedding(replace(self.lattice, rows=rows, columns=columns), self.table.shape[2])
        table = self.table.double()
        for axis, (count, wrap) in enumerate([(rows, False), (columns, True)]):
            matrix = resampling_matrix(table.shape[axis], count, wrap=wrap).to(table.device)
            table = torch.tensordot(matrix, table, dims=([1], [axis])).movedim(0, axis)
        grown.table.copy_(table)
        return grown.to(self.table.device)
