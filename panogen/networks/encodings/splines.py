"""B-splines along one axis, and weighted sums of what lies under them.

Those of learned tables are in float64, with the number of every cell. Those of lattices are in float32, with the first
of successive nodes and without their common factor, for lattices divide by the norm.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

TAPS = 4  # of the cubic B-spline along one axis
# Its weights at a share f of the way from one cell's centre to the next: [1, f, f^2, f^3] B_SPLINE.
B_SPLINE = [
    [1 / 6, 4 / 6, 1 / 6, 0.0],
    [-0.5, 0.0, 0.5, 0.0],
    [0.5, -1.0, 0.5, 0.0],
    [-1 / 6, 0.5, -0.5, 1 / 6],
]

Spline = Callable[[Tensor], tuple[Tensor, list[Tensor]]]


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


def linear_taps(position: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Cells, clamped to the ends, and weights (..., 2) of the linear spline at positions measured in cells."""
    x = position - 0.5
    base = x.floor()
    f = x - base
    indices = base.long()[..., None] + torch.arange(2, device=position.device)
    return indices.clamp(0, size - 1), torch.stack([1 - f, f], -1)


def cubic(cells: Tensor) -> tuple[Tensor, list[Tensor]]:
    """First nodes and four weights float32, times 6, of the cubic B-spline at places measured in cells."""
    base = cells.floor()
    f = (cells - base).float()
    g, square = 1 - f, f * f
    cube = square * f
    return base - 1, [g * g * g, cube * 3 - square * 6 + 4, (square + f - cube) * 3 + 1, cube]


def quadratic(cells: Tensor) -> tuple[Tensor, list[Tensor]]:
    """First nodes and three weights float32, times 2, of the quadratic B-spline at places measured in cells."""
    base = (cells + 0.5).floor()
    f = (cells - base).float()
    return base - 1, [(0.5 - f).square(), 1.5 - 2 * f * f, (0.5 + f).square()]


def weighted(table: Tensor, rows: Tensor, weights: Tensor) -> Tensor:
    """Weighted sums of rows of a table: (cells, channels), (n, taps), (n, taps) -> (n, channels)."""
    if table.shape[1] == 1:  # one channel alone would be added up in another order, to other last bits
        return weighted(table.repeat(1, 2), rows, weights)[:, :1]
    return functional.embedding_bag(rows, table, per_sample_weights=weights, mode="sum")
