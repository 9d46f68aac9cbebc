"""A band at several scales, and square crops of it."""

import math

import cv2
import numpy as np

from panogen.base.arrays import Colours, Doubles

OVERSAMPLING = 2  # samples a pixel along each axis, spread over its footprint
FEWEST_ROWS = 4  # of a pyramid's coarsest level

Pyramid = list[Colours]


def build_pyramid(band: Colours) -> Pyramid:
    """Return a band (rows, columns, 3), then its halvings."""
    levels = [band]
    while min(levels[-1].shape[:2]) >= 2 * FEWEST_ROWS:
        rows, columns = levels[-1].shape[:2]
        finer = levels[-1].astype(np.float32) if band.dtype == np.float16 else levels[-1]
        coarser = cv2.resize(finer, (columns // 2, rows // 2), interpolation=cv2.INTER_AREA)
        levels.append(np.asarray(coarser, band.dtype))
    return levels


def level_for(pyramid: Pyramid, cell: float, footprint: float) -> Colours:
    """Return the coarsest level whose cells are no larger than the samples' spacing; the finest where all are.

    ``cell`` is the side of the finest level's cells, in the unit of ``footprint``.
    """
    spacing = footprint / OVERSAMPLING * (1 + 1e-9)
    halvings = int(np.log2(max(1.0, spacing / cell)))
    return pyramid[min(halvings, len(pyramid) - 1)]


def isotropic(level: Colours, elevations_rad: Doubles) -> Colours:
    """Average the rows of a whole sphere at given elevations (rows,), so that cells are as wide in the sky as high.

    Towards the poles a cell is narrower than high by the cosine of its elevation: it becomes the mean of as many.
    """
    columns, even = level.shape[1], np.empty_like(level)
    for row, wide in enumerate(np.minimum(1 / np.cos(elevations_rad), columns)):
        reach = math.ceil(wide / 2)
        around = level[row].take(np.arange(-reach, columns + reach), axis=0, mode="wrap").astype(np.float64)
        sums = np.concatenate([np.zeros((1, 3)), around.cumsum(0), around[-1:]])
        edges = np.arange(columns) + reach + 0.5 + wide / 2 * np.array([[-1], [1]])
        whole, part = edges.astype(int), (edges % 1)[..., None]
        first, last = sums[whole] + part * around.take(whole, axis=0, mode="clip")
        mean = (last - first) / wide
        even[row] = np.round(mean) if level.dtype == np.uint8 else mean
    return even


def crop(level: Colours, across: Doubles, down: Doubles, wraps: bool) -> Colours:
    """Samples of a level at shares ``across`` of its columns and ``down`` of its rows, which broadcast to (m, n);
    averaged.

    Interpolated; (m / OVERSAMPLING, n / OVERSAMPLING, 3), uint8 or float32. Where the level ``wraps``, ``across`` may
    leave [0, 1], otherwise it is held at the edges, as ``down`` is.
    """
    rows, columns = level.shape[:2]
    x = across * columns - 0.5
    if wraps:
        x -= np.floor(x.min() / columns) * columns
    else:
        x = np.clip(x, 0, columns - 1)
    y = np.clip(down * rows - 0.5, 0, rows - 1)
    left, top = int(np.floor(x.min())), int(np.floor(y.min()))
    right, bottom = int(np.floor(x.max())) + 2, int(np.floor(y.max())) + 2
    block = _columns(level[top:bottom], left, right if wraps else min(right, columns))
    if block.dtype == np.float16:
        block = block.astype(np.float32)
    map_x, map_y = np.broadcast_arrays((x - left).astype(np.float32), (y - top).astype(np.float32))
    samples = cv2.remap(block, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rows, columns = map_x.shape
    size = columns // OVERSAMPLING, rows // OVERSAMPLING
    return np.asarray(cv2.resize(samples, size, interpolation=cv2.INTER_AREA))


def _columns(level: Colours, start: int, stop: int) -> Colours:
    """Columns ``start`` to ``stop`` of a level, around it as often as need be; a view where they lie within it."""
    parts = []
    while start < stop:
        turn, first = divmod(start, level.shape[1])
        last = min(stop - turn * level.shape[1], level.shape[1])
        parts.append(level[:, first:last])
        start += last - first
    return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)
