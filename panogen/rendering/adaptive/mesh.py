"""Meshes of points in square tiles of a picture, and their steps to twice the density.

Arrays of colours are (n, 3, rows, columns), of n tiles. A tile is ``SIDE`` samples a side and knows one row and one
column more, the first ones of its neighbours, so that its cells are closed on all sides. A mesh of spacing s has its
points at every s-th row and column, and its cells between them. Where a point is not ``seen``, there is no colour.
"""

from functools import cache
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.base.arrays import Booleans, Floats, Integers

SIDE = 256  # samples of a tile
COARSEST = 16  # spacing of the first mesh
# Of the next point in a row: the polynomial through the last 0 to 4 points, the last one first.
EXTRAPOLATION = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [2, -1, 0, 0], [3, -3, 1, 0], [4, -6, 4, -1]], np.float32)
REACH = EXTRAPOLATION.shape[1]

Kind = TypeVar("Kind", bound=np.generic)


def midpoints(colours: Floats, seen: Booleans, axis: int) -> tuple[Floats, Booleans]:
    """Colours (n, 3, rows, columns) half-way between neighbours along an axis, 2 or 3, one fewer; and between which of
    them, (n, rows, columns), both are seen.

    The cubic through four points, (-1 9 9 -1)/16, of which the outer ones are continued from the inner side where they
    are not seen.
    """
    value = padded(colours, axis, REACH + 1).swapaxes(axis, 3)
    known = padded(seen, axis - 1, REACH + 1).swapaxes(axis - 1, 2)
    inner = known[..., REACH:-REACH]  # with one place more at each end
    tile, line, place = np.nonzero(~inner & (known[..., REACH - 1 : -REACH - 1] | known[..., REACH + 1 : 1 - REACH]))
    value[tile, :, line, place + REACH] = continued(value, known, tile, line, place + REACH)
    value, known = value[..., REACH:-REACH], known[..., REACH + 1 : -REACH - 1]
    middle = value[..., 1:-2] + value[..., 2:-1]
    middle *= 9
    middle -= value[..., :-3]
    middle -= value[..., 3:]
    middle *= 1 / 16
    return middle.swapaxes(axis, 3), (known[..., 1:] & known[..., :-1]).swapaxes(axis - 1, 2)


def padded(values: NDArray[Kind], axis: int, by: int) -> NDArray[Kind]:
    """Zeros before and after, along an axis."""
    shape = list(values.shape)
    shape[axis] += 2 * by
    wider = np.zeros(shape, values.dtype)
    wider.swapaxes(axis, 0)[by:-by] = values.swapaxes(axis, 0)
    return wider


def continued(value: Floats, known: Booleans, tile: Integers, line: Integers, place: Integers) -> Floats:
    """Colours (k, 3) at places of lines (n, 3, lines, places), from the side of a place on which more is known."""
    before, after = (place + way * np.arange(1, REACH + 1)[:, None] for way in (-1, 1))  # (REACH, k)
    runs = [np.logical_and.accumulate(known[tile, line, side]).sum(0) for side in (before, after)]
    side = np.where(runs[0] >= runs[1], before, after)
    colours: Floats = np.einsum("rkc,kr->kc", value[tile, :, line, side], EXTRAPOLATION[np.maximum(*runs)])
    return colours


def interleaved(known: Floats, across: Floats, down: Floats, middle: Floats) -> Floats:
    """Return the mesh of half the spacing: of points, those between them along rows and columns, and those in cells."""
    n, channels, rows, columns = known.shape
    finer = np.empty((n, channels, 2 * rows - 1, 2 * columns - 1), np.float32)
    finer[..., ::2, ::2], finer[..., ::2, 1::2] = known, across
    finer[..., 1::2, ::2], finer[..., 1::2, 1::2] = down, middle
    return finer


def shared(surprise: Floats, axis: int) -> Floats:
    """Return what the middles of cells were off by, at the edges between them, one more along the axis. It is half of
    the mean of the two cells beside an edge: a cell is off by what its row and its column are."""
    cells = surprise.swapaxes(axis, 0)
    both = np.concatenate([2 * cells[:1], cells[1:] + cells[:-1], 2 * cells[-1:]])
    both *= 1 / 4
    return both.swapaxes(axis, 0)


def grown(cells: Booleans) -> Booleans:
    """Cells (n, rows, columns) and the eight around each."""
    for axis in (1, 2):
        wider = padded(cells, axis, 1).swapaxes(axis, 0)
        cells = (wider[:-2] | wider[1:-1] | wider[2:]).swapaxes(axis, 0)
    return cells


def edges(cells: Booleans) -> Booleans:
    """Points of the mesh of half the spacing that lie in the middle of an edge of one of the cells."""
    n, rows, columns = cells.shape
    points = np.zeros((n, 2 * rows + 1, 2 * columns + 1), bool)
    for edge in (points[:, :-1:2, 1::2], points[:, 2::2, 1::2], points[:, 1::2, :-1:2], points[:, 1::2, 2::2]):
        edge |= cells
    return points


def cells_by_spacing(seen: Booleans) -> dict[int, tuple[Booleans, Booleans]]:
    """Return, for each spacing, the cells with a sample that is seen, and the cells where all are. The first leave out
    their lower and right edges, the second do not."""
    some = seen[:, :-1, :-1]
    whole = seen[:, 1:] & seen[:, :-1]
    whole = whole[:, :, 1:] & whole[:, :, :-1]
    found, spacing = {}, 1
    while spacing < COARSEST:
        some, whole = (
            combine.reduce([cells[:, row::2, column::2] for row in (0, 1) for column in (0, 1)])
            for combine, cells in ((np.logical_or, some), (np.logical_and, whole))
        )
        spacing *= 2
        found[spacing] = some, whole
    return found


@cache
def filling(spacing: int) -> Tensor:
    """Matrix (SIDE, points) from a line of a mesh to all its samples: ``midpoints`` over and over."""
    line = np.eye(SIDE // spacing + 1, dtype=np.float32)
    while len(line) <= SIDE:
        seen = np.ones((1, *line.shape), bool)
        between = midpoints(line[None, None], seen, 2)[0][0, 0]
        finer = np.empty((2 * len(line) - 1, line.shape[1]), np.float32)
        finer[::2], finer[1::2] = line, between
        line = finer
    return torch.from_numpy(line[:SIDE].copy())


def filled(colours: Floats) -> Floats:
    """All samples (3, SIDE, SIDE) of a tile from the points of a mesh (3, points, points), all of them seen."""
    points = colours.shape[-1]
    matrix = filling(SIDE // (points - 1))
    rows = torch.mm(torch.from_numpy(np.ascontiguousarray(colours)).view(-1, points), matrix.T).view(3, points, SIDE)
    return torch.stack([torch.mm(matrix, channel) for channel in rows]).numpy()
