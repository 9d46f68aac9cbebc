"""The paper's coordinate embedding: a learned table of features over the whole chart."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from panogen.geometry import Chart
from panogen.networks.config import TableConfig
from panogen.networks.encodings.cells import Cells, CylinderCells, cells_of, resampling_matrix
from panogen.networks.encodings.splines import weighted
from panogen.networks.layers import drawn
from panogen.networks.points import ChartPoints

TABLE_SPREAD = 0.1  # of the initial embedding: a louder one stays in the pictures as speckle, long into training


class CoordinateEmbedding(nn.Module):
    """A learned table over the whole chart, (rows, columns, channels), sampled as its ``cells`` say."""

    cells: Cells

    def __init__(self, config: TableConfig, chart: Chart):
        super().__init__()
        self.config, self.chart = config, chart
        self.comes_apart = chart.apart
        self.cells = cells_of(chart, config.rows, config.columns)
        self.table = nn.Parameter(drawn(config.rows, config.columns, config.channels, spread=TABLE_SPREAD))

    @property
    def channels(self) -> int:
        """Return the channels of a cell."""
        return self.config.channels

    @property
    def finest_rad(self) -> float:
        """Side of a cell: of the finest detail that it has of its own."""
        return self.cells.extent / self.cells.columns

    def forward(self, points: ChartPoints, layouts: Sequence[int] = ()) -> Tensor:
        """Return the features of points, whatever the layout: (1, n, channels)."""
        if points.rows:
            return self._by_columns(points, points.rows)
        return weighted(self.table.flatten(0, 1), *self.cells.taps(points.coordinates))[None]

    def _by_columns(self, points: ChartPoints, tall: int) -> Tensor:
        # A spline along each column, whose cells are splines around the circle.
        assert isinstance(self.cells, CylinderCells)
        rows, columns, channels = self.table.shape
        cells, weights = self.cells.column_taps(points.coordinates[::tall])
        row, row_weights = self.cells.row_taps(points.heights)
        cells = cells[:, None, :] + torch.arange(0, rows * columns, columns, device=cells.device)[:, None]
        weights = weights.float().repeat_interleave(rows, 0)
        column = weighted(self.table.flatten(0, 1), cells.flatten(0, 1), weights)
        cells = row + torch.arange(0, len(column), rows, device=cells.device)[:, None, None]
        row_weights = row_weights.float().repeat(len(cells), 1)
        return weighted(column, cells.flatten(0, 1), row_weights).view(1, -1, channels)

    @torch.no_grad()
    def smooth(self, cells: float) -> None:
        """Low-pass the table of a cylinder around the circle, in place, by a Gaussian with a deviation of so many
        cells."""
        columns = self.table.shape[1]
        turns = torch.arange(columns // 2 + 1, dtype=torch.float32, device=self.table.device) / columns  # a cell
        gain = torch.exp(-2 * (math.pi * cells * turns) ** 2)
        self.table.copy_(torch.fft.irfft(torch.fft.rfft(self.table, dim=1) * gain[:, None], n=columns, dim=1))

    @torch.no_grad()
    def reshaped(self, config: TableConfig) -> "CoordinateEmbedding":
        """Return the same surface on another number of cells: equal at the centres of the new cells. Raises ValueError
        where the spline between its cells has no inverse."""
        if not self.cells.resamples:
            raise ValueError(f"only the embedding of a cylinder is resampled, got {self.cells}")
        grown = CoordinateEmbedding(config, self.chart)
        table = self.table.double()
        for axis, (count, wrap) in enumerate([(config.rows, False), (config.columns, True)]):
            matrix = resampling_matrix(table.shape[axis], count, wrap=wrap).to(table.device)
            table = torch.tensordot(matrix, table, dims=([1], [axis])).movedim(0, axis)
        grown.table.copy_(table)
        return grown.to(self.table.device)
