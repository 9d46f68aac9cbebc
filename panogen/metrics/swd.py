"""Sliced Wasserstein distance of patches on a Laplacian pyramid (Karras et al. 2018, section 5).

It needs no trained network. Its coarse levels compare large structures, its finest one texture and noise. Each set is
normalised by its own colours, so it does not see a brightness or contrast that all pictures of a set have in common.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from panogen.base.arrays import Booleans, Doubles, Floats, Integers, Pixels

COARSEST = 16  # pixels of the shorter side at the last level
PATCH = 7  # pixels a side
PATCHES = 128  # of each picture, at each level
PROJECTIONS = 512
PROJECTIONS_AT_ONCE = 32  # bounds the memory: each takes 4 bytes a patch, of both sets
UNITS = 1e3  # distances are reported in thousandths, as in the paper
FAINTEST = 1e-3  # a deviation below this, in steps of 8 bits, is rounding and not amplified


def sliced_wasserstein(a: Pixels, b: Pixels, *, seed: int = 0) -> dict[int, float]:
    """Distance in thousandths of two sets of n pictures (n, H, W, 3), for each level of the pyramid by its rows.

    H and W are powers of two, at least ``COARSEST``; levels go from the pictures' own size down to that. Patches lie at
    the same places in both sets: a set is at distance 0 from itself. Falls with n even for sets from the same source,
    so compare distances of equal n. Raises ValueError.
    """
    return {level.rows: UNITS * sliced_distance(*level.points, level.directions) for level in levels(a, b, seed)}


def sliced_wasserstein_of_parts(
    a: Pixels, b: Pixels, of_a: Booleans, of_b: Booleans, *, seed: int = 0, directions: int = 16
) -> dict[int, Doubles]:
    """Return the distances of parts of two sets, (k,) for each level, along a few of the directions.

    ``of_a`` and ``of_b`` (k, n) say which pictures are in each of k pairs of parts; all have as many. The colours are
    normalised by those of the whole sets. For how much a distance varies with the pictures; k parts take little more
    time than one, because points that are sorted once stay in order.
    """
    distances = {}
    for level in levels(a, b, seed):
        found = np.zeros(len(of_a))
        for onto in level.directions[:directions]:
            along = [points @ onto for points in level.points]
            order = [np.argsort(values) for values in along]
            sides = [(x[o], level.picture[o]) for x, o in zip(along, order, strict=True)]
            for k, masks in enumerate(zip(of_a, of_b, strict=True)):
                (x, in_x), (y, in_y) = ((values, mask[at]) for (values, at), mask in zip(sides, masks, strict=True))
                found[k] += np.abs(x[in_x] - y[in_y]).mean(dtype=np.float64)
        distances[level.rows] = UNITS * found / min(directions, len(level.directions))
    return distances


@dataclass(frozen=True)
class Level:
    """A level of the pyramids of two sets: its rows, the normalised patches of each as points (N, d), the picture that
    each point is of (N,), and the directions (``PROJECTIONS``, d)."""

    rows: int
    points: tuple[Floats, Floats]
    picture: Integers
    directions: Floats


def levels(a: Pixels, b: Pixels, seed: int) -> Iterator[Level]:
    """Yield the levels from the finest to the coarsest. Raises ValueError."""
    _check(a, b)
    rng = np.random.default_rng(seed)
    fine = [np.moveaxis(pictures, -1, 1).astype(np.float32) for pictures in (a, b)]
    while fine:
        rows, columns = fine[0].shape[2:]
        last = min(rows, columns) == COARSEST
        coarse = [] if last else [halve(pictures) for pictures in fine]
        level = fine if last else [x - double(half) for x, half in zip(fine, coarse, strict=True)]
        places = draw_places(rng, len(a), rows, columns)
        x, y = (normalised(patches(pictures, *places)).reshape(len(places[0]), -1) for pictures in level)
        yield Level(rows, (x, y), places[0], draw_directions(rng, x.shape[1]))
        fine = coarse


def mean_sliced_wasserstein(a: Pixels, b: Pixels, *, seed: int = 0) -> float:
    """Return the mean of ``sliced_wasserstein`` over its levels, in thousandths."""
    return float(np.mean(list(sliced_wasserstein(a, b, seed=seed).values())))


def halve(x: Floats) -> Floats:
    """Every other pixel of (..., H, W) after a low-pass (Burt and Adelson 1983, REDUCE)."""
    rows, columns = x.shape[-2:]
    return np.asarray(low_pass(rows)[::2] @ x @ low_pass(columns)[::2].T, np.float32)


def double(x: Floats) -> Floats:
    """(..., H, W) at twice the size: zeros in between, and the same low-pass (EXPAND)."""
    rows, columns = x.shape[-2:]
    return np.asarray((2 * low_pass(2 * rows)[:, ::2]) @ x @ (2 * low_pass(2 * columns)[:, ::2]).T, np.float32)


def low_pass(side: int) -> Floats:
    """[1 4 6 4 1] / 16 along an axis of ``side`` pixels, mirrored at its ends, as a matrix (side, side)."""
    row, tap = np.mgrid[:side, -2:3]
    pixel = (side - 1) - np.abs((side - 1) - np.abs(row + tap))
    matrix = np.zeros((side, side), np.float32)
    np.add.at(matrix, (row, pixel), np.array([1, 4, 6, 4, 1], np.float32) / 16)
    return matrix


def draw_places(rng: np.random.Generator, count: int, rows: int, columns: int) -> tuple[Integers, ...]:
    """Pictures, tops and lefts of ``PATCHES`` patches of each of ``count`` pictures: three of (count * PATCHES,)."""
    picture = np.repeat(np.arange(count), PATCHES)
    return picture, *(rng.integers(0, side - PATCH + 1, len(picture)) for side in (rows, columns))


def patches(pictures: Floats, picture: Integers, top: Integers, left: Integers) -> Floats:
    """Patches (N, 3, PATCH, PATCH) of pictures (n, 3, H, W)."""
    return np.ascontiguousarray(sliding_window_view(pictures, (PATCH, PATCH), (2, 3))[picture, :, top, left])


def normalised(x: Floats) -> Floats:
    """Patches (N, 3, h, w) less each channel's mean, divided by its deviation, both over all of them. In place."""
    for channel in range(x.shape[1]):
        values = x[:, channel]
        values -= values.mean(dtype=np.float64).astype(np.float32)
        values /= np.float32(max(values.std(dtype=np.float64), FAINTEST))
    return x


def draw_directions(rng: np.random.Generator, dimensions: int) -> Floats:
    """Unit vectors (PROJECTIONS, dimensions), uniform on the sphere."""
    vectors = rng.standard_normal((PROJECTIONS, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors.astype(np.float32)


def sliced_distance(x: Floats, y: Floats, directions: Floats) -> float:
    """Mean over directions (P, d) of the 1-Wasserstein distance of points (N, d), each set projected onto a line.

    On a line the cheapest transport keeps the order: the mean difference of the sorted projections.
    """
    differences = []
    for start in range(0, len(directions), PROJECTIONS_AT_ONCE):
        onto = directions[start : start + PROJECTIONS_AT_ONCE]
        along_x, along_y = onto @ x.T, onto @ y.T
        along_x.sort(axis=1)
        along_y.sort(axis=1)
        along_x -= along_y
        differences.append(np.abs(along_x, out=along_x).mean(axis=1, dtype=np.float64))
    return float(np.mean(np.concatenate(differences)))


def _check(a: Pixels, b: Pixels) -> None:
    if a.shape != b.shape or a.ndim != 4 or a.shape[-1] != 3 or len(a) == 0:
        raise ValueError(f"two sets of pictures must have one shape (n, H, W, 3), got {a.shape} and {b.shape}")
    if a.dtype != np.uint8 or b.dtype != np.uint8:
        raise ValueError(f"pictures must be uint8, got {a.dtype} and {b.dtype}")
    for side in a.shape[1:3]:
        if side < COARSEST or not math.log2(side).is_integer():
            raise ValueError(f"sides of pictures must be powers of two, at least {COARSEST}, got {a.shape[1:3]}")
