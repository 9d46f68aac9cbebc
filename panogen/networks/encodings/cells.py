"""Where the cells of a learned table lie on a chart, and which of them a point touches.

Row 0 is at the upper edge. ``extent`` is the width of a table: radians around a cylinder, lengths on a plane at
distance 1.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from panogen.geometry import Chart
from panogen.networks.encodings.splines import cubic_taps, linear_taps


@dataclass(frozen=True)
class CylinderCells:
    """Cells around a cylinder, column 0 at azimuth -pi, between which a cubic B-spline mediates, around the circle too.

    ``max_height`` is the height of the upper edge in the chart's units.
    """

    extent: ClassVar[float] = 2 * math.pi
    resamples: ClassVar[bool] = True
    rows: int
    columns: int
    max_height: float

    def column_taps(self, coords: Tensor) -> tuple[Tensor, Tensor]:
        """Return which columns points touch, and how much: (n, 3) float64 -> (n, 4) int64 and float64."""
        azimuth_rad = torch.atan2(coords[:, 1], coords[:, 0])
        return cubic_taps((azimuth_rad / (2 * math.pi) + 0.5) * self.columns, self.columns, wrap=True)

    def row_taps(self, heights: Tensor) -> tuple[Tensor, Tensor]:
        """Return which rows points touch, and how much: (n,) float64 -> (n, 4) int64 and float64."""
        return cubic_taps((1 - heights / self.max_height) / 2 * self.rows, self.rows, wrap=False)

    def taps(self, coords: Tensor) -> tuple[Tensor, Tensor]:
        """Return which cells of the flattened table points touch, and how much: (n, 3) float64 -> (n, 16) int64 and
        float32, whose rows sum to 1."""
        return crossed(self.row_taps(coords[:, 2]), self.column_taps(coords), self.columns)


@dataclass(frozen=True)
class PlaneCells:
    """Cells of the square from -1 to 1, bilinear between their centres; beyond the outermost ones those go on."""

    extent: ClassVar[float] = 2.0
    resamples: ClassVar[bool] = False
    rows: int
    columns: int

    def taps(self, coords: Tensor) -> tuple[Tensor, Tensor]:
        """Return which cells of the flattened table points touch, and how much: (n, 2) float64 -> (n, 4) int64 and
        float32, whose rows sum to 1."""
        x, y = coords.unbind(1)
        rows = linear_taps((y + 1) / 2 * self.rows, self.rows)
        return crossed(rows, linear_taps((x + 1) / 2 * self.columns, self.columns), self.columns)


Cells = CylinderCells | PlaneCells
CELLS: dict[str, Callable[[Any, int, int], Cells]] = {
    "cylinder": lambda chart, rows, columns: CylinderCells(rows, columns, chart.max_height),
    "plane": lambda chart, rows, columns: PlaneCells(rows, columns),
}


def cells_of(chart: Chart, rows: int, columns: int) -> Cells:
    """Return the cells of a table over a chart. Raises ValueError where none is known."""
    if chart.kind not in CELLS:
        raise ValueError(f"an embedding needs a chart among {', '.join(CELLS)}, got {chart.kind}; use octaves")
    return CELLS[chart.kind](chart, rows, columns)


def crossed(rows: tuple[Tensor, Tensor], columns: tuple[Tensor, Tensor], count: int) -> tuple[Tensor, Tensor]:
    """Taps (n, r) along rows and (n, c) along ``count`` columns as those of the flattened table (n, r c)."""
    (row, row_weight), (column, column_weight) = rows, columns
    cells = row[:, :, None] * count + column[:, None, :]
    weights = row_weight[:, :, None] * column_weight[:, None, :]
    return cells.flatten(1), weights.flatten(1).float()


def resampling_matrix(old: int, new: int, *, wrap: bool) -> Tensor:
    """Matrix (new, old) from the coefficients of one spline to those of another that agrees at the new centres."""

    def evaluate(positions: Tensor, size: int) -> Tensor:
        cells, weights = cubic_taps(positions, size, wrap=wrap)
        return torch.zeros(len(positions), size, dtype=torch.float64).scatter_add_(1, cells, weights)

    centres = (torch.from_numpy(np.arange(new) + 0.5)) / new
    matrix: Tensor = torch.linalg.solve(evaluate(centres * new, new), evaluate(centres * old, old))
    return matrix
