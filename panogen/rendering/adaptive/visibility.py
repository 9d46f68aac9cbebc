"""Which samples of a tile show anything, without looking at each of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.base.arrays import Booleans, Doubles, Integers
from panogen.geometry import Cylinder, azimuth_elevation
from panogen.grids import Grid
from panogen.rendering.adaptive.mesh import COARSEST, SIDE, grown

CELLS = SIDE // COARSEST + 1  # a side, those that hold the tile's last row and column included
CORNERS = np.arange(-1, CELLS + 2) * COARSEST  # of these cells, and one more on each side
FEWEST_POINTS = 5  # in a line that tell how an elevation bends


def seen_samples(grid: Grid, chart: Cylinder, tops: Integers, lefts: Integers) -> Booleans:
    """Tell which samples of n tiles, which begin at these rows and columns, are seen: (n, SIDE + 1, SIDE + 1). They lie
    in the grid, have a direction (not NaN) and are shown by the chart.

    Every sample of a cell is looked at where the chart's edge may be, or a direction is missing nearby. The others are
    as their cell's corners are: an edge is taken to bulge between two corners by no more than the second difference of
    the elevation, eight times what a parabola does. Only a hole smaller than a cell may stay unnoticed. In a part of a
    tile that is only a few cells wide, every sample is looked at.
    """
    height, width = grid.shape
    rows, columns = tops[:, None] + CORNERS, lefts[:, None] + CORNERS
    samples = rows.clip(0, height - 1)[:, :, None] * width + columns.clip(0, width - 1)[:, None]
    elevation = azimuth_elevation(grid.at(samples.ravel()).reshape(*samples.shape, 3))[1]
    margin = chart.max_elevation_rad - np.abs(elevation)
    bulge = largest_bend(elevation, (rows >= 0) & (rows < height), (columns >= 0) & (columns < width))[:, None, None]
    whole = np.minimum.reduce(of_corners(margin)) >= bulge  # not where one is NaN
    hidden = np.maximum.reduce(of_corners(margin)) < -bulge
    doubtful = ~(whole | hidden) | np.logical_or.reduce(of_corners(grown(np.isnan(margin))))
    seen: Booleans = whole.repeat(COARSEST, 1).repeat(COARSEST, 2)[:, : SIDE + 1, : SIDE + 1]
    seen &= (tops[:, None] + np.arange(SIDE + 1) < height)[:, :, None]
    seen &= (lefts[:, None] + np.arange(SIDE + 1) < width)[:, None]
    tile, row, column = samples_of_cells(doubtful)
    inside = (row <= SIDE) & (column <= SIDE)
    inside &= (tops[tile] + row < height) & (lefts[tile] + column < width)
    tile, row, column = tile[inside], row[inside], column[inside]
    seen[tile, row, column] = chart.valid(grid.at((tops[tile] + row) * width + lefts[tile] + column))
    return seen


def of_corners(values: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the values at each of the four corners of the cells, from values (n, points, points) at ``CORNERS``."""
    return [values[:, row : row + CELLS, column : column + CELLS] for row in (1, 2) for column in (1, 2)]


def largest_bend(values: Doubles, rows: Booleans, columns: Booleans) -> Doubles:
    """Return the largest second difference (n,) along rows or columns of values (n, points, points), of the points in
    the rows (n, points) and columns (n, points) that count, NaN left out; infinite where they are too few to tell."""
    counted = np.where(rows[:, :, None] & columns[:, None], values, np.nan)
    bends = [np.abs(np.diff(counted, 2, axis)).reshape(len(values), -1) for axis in (1, 2)]
    few = np.minimum(rows.sum(1), columns.sum(1)) < FEWEST_POINTS
    return np.where(few, np.inf, np.nan_to_num(np.concatenate(bends, 1)).max(1))


def samples_of_cells(cells: Booleans) -> tuple[Integers, ...]:
    """Tiles, rows and columns of all samples in cells (n, CELLS, CELLS)."""
    tile, row, column = np.nonzero(cells)
    y, x = np.divmod(np.arange(COARSEST**2), COARSEST)
    return (
        np.repeat(tile, len(y)),
        (row[:, None] * COARSEST + y).ravel(),
        (column[:, None] * COARSEST + x).ravel(),
    )
