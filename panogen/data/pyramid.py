"""A band at several scales, and square crops of it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.data.source import Colours
from panogen.geometry import pixel_centres

OVERSAMPLING = 2  # samples a pixel along each axis, spread over its footprint
FEWEST_ROWS = 4  # of a pyramid's coarsest level

Array = NDArray[np.float64]
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


def sample_positions(centres: Array, footprint: float) -> Array:
    """Return the positions (n * OVERSAMPLING,) at which the pixels at ``centres`` (n,) are sampled."""
    offsets = (pixel_centres(OVERSAMPLING) - 0.5) * footprint
    return (centres[:, None] + offsets).ravel()


def crop(level: Colours, across: Array, down: Array, wraps: bool) -> Colours:
    """Samples of a level at shares ``across`` (n,) of its columns and ``down`` (m,) of its rows, averaged.

    Interpolated; (m / OVERSAMPLING, n / OVERSAMPLING, 3), uint8 or float32. ``across`` increases; where the level
    ``wraps`` it may leave [0, 1], otherwise it is held at the edges, as ``down`` is.
    """
    rows, columns = level.shape[:2]
    x = across * columns - 0.5
    if wraps:
        x -= np.floor(x[0] / columns) * columns
    else:
        x = np.clip(x, 0, columns - 1)
    y = np.clip(down * rows - 0.5, 0, rows - 1)
    left, top = int(np.floor(x[0])), int(np.floor(y.min()))
    right, bottom = int(np.floor(x[-1])) + 2, int(np.floor(y.max())) + 2
    block = _columns(level[top:bottom], left, right if wraps else min(right, columns))
    if block.dtype == np.float16:
        block = block.astype(np.float32)
    map_x = np.broadcast_to((x - left).astype(np.float32), (len(y), len(x)))
    map_y = np.broadcast_to((y - top).astype(np.float32)[:, None], (len(y), len(x)))
    samples = cv2.remap(block, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    size = len(x) // OVERSAMPLING, len(y) // OVERSAMPLING
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
