"""Tiles of a picture from as few points as a tolerance allows.

A tile begins with a coarse mesh. The network is asked for the middle of every cell, too, and where what comes back
is farther from what the mesh lets expect than the tolerance, the cell is split, and those around it; so are cells
that are seen in part. The others are filled by interpolation. What the network was asked for stays as it is.
"""

from collections.abc import Generator

import numpy as np

from panogen.base.arrays import Booleans, Floats, Integers
from panogen.rendering.adaptive import mesh
from panogen.rendering.adaptive.mesh import COARSEST, SIDE, midpoints

COARSE_SHARE = 0.5  # of the tolerance, for the largest cells, in which most can hide between the points
TilePoints = Integers  # (3, k): tiles, rows and columns


def refined(seen: Booleans, tolerance: float) -> Generator[TilePoints, Floats, Floats]:
    """Colours (n, 3, SIDE, SIDE) of tiles, of which ``seen`` (n, SIDE + 1, SIDE + 1) tells the samples that show
    anything, for a tolerance in units of colours. Samples that show nothing have any colour.

    Yields points, each of a tile's once, and is sent their colours (k, 3).
    """
    result = np.zeros((len(seen), 3, SIDE, SIDE), np.float32)
    left = np.arange(len(seen))  # tiles that are not settled yet
    spacing, cells = COARSEST, mesh.cells_by_spacing(seen)
    (active, whole), asked = cells[spacing], seen[:, ::spacing, ::spacing]
    known = np.zeros((len(seen), 3, *asked.shape[1:]), np.float32)
    while spacing > 1:
        half = spacing // 2
        probed = active & seen[left, half::spacing, half::spacing]
        at, probes = np.array(np.nonzero(asked)), np.array(np.nonzero(probed))
        colours = yield np.concatenate([pixels(left, at, spacing, 0), pixels(left, probes, spacing, half)], 1)
        put(known, at, colours[: at.shape[1]])
        middle = np.zeros((len(left), 3, *active.shape[1:]), np.float32)
        put(middle, probes, colours[at.shape[1] :])
        allowed = tolerance * (COARSE_SHARE if spacing == COARSEST else 1)
        known, split = doubled(known, seen[left, ::spacing, ::spacing], middle, probed, whole, active, allowed)
        settled = ~split.any((1, 2)) & whole.all((1, 2))
        for tile in np.flatnonzero(settled):
            result[left[tile]] = mesh.filled(known[tile])
        left, known, split = left[~settled], known[~settled], split[~settled]
        asked = mesh.edges(split) & seen[left, ::half, ::half]
        if half > 1:
            some, whole = (kind[left] for kind in cells[half])
            active = split.repeat(2, 1).repeat(2, 2) & some  # the four cells of half the spacing in each
        spacing = half
    at = np.array(np.nonzero(asked[:, :SIDE, :SIDE]))
    put(known, at, (yield pixels(left, at, 1, 0)))
    result[left] = known[..., :SIDE, :SIDE]
    return result


def doubled(
    known: Floats, seen: Booleans, middle: Floats, probed: Booleans, whole: Booleans, active: Booleans, tolerance: float
) -> tuple[Floats, Booleans]:
    """Return the mesh of half the spacing, and the cells to split: from a mesh of which points are ``seen``, the
    colours in the ``middle`` of the cells that were ``probed``, which of the cells are ``whole`` and which
    ``active``."""
    across, across_seen = midpoints(known, seen, 3)
    down, _ = midpoints(known, seen, 2)
    expected, _ = midpoints(across, across_seen, 2)
    told = (probed & whole)[:, None]
    off = np.where(told, np.abs(middle.clip(-1, 1) - expected.clip(-1, 1)), 0).max(1)
    split = active & (mesh.grown(off > tolerance) | ~whole)
    surprise = np.where(told, middle - expected, 0)
    across += mesh.shared(surprise, 2)
    down += mesh.shared(surprise, 3)
    return mesh.interleaved(known, across, down, np.where(probed[:, None], middle, expected)), split


def pixels(tiles: Integers, places: TilePoints, spacing: int, offset: int) -> TilePoints:
    """Points by their tiles' numbers and their samples' rows and columns, from places in a mesh."""
    tile, row, column = places
    return np.stack([tiles[tile], row * spacing + offset, column * spacing + offset])


def put(points: Floats, places: TilePoints, colours: Floats) -> None:
    """Set colours (k, 3) at places of a mesh (n, 3, rows, columns)."""
    tile, row, column = places
    points[tile, :, row, column] = colours
