"""Pictures within a tolerance: the network is asked only where interpolation would not do.

A picture is cut into square tiles, which lie in the whole grid whatever part of it is drawn, and each is worked out on
its own: its colours depend on the grid, its place and the tolerance alone. So pictures are the same to the bit however
they are cut and for any number of workers.
"""

import contextlib
import itertools
import math
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.errors import UsageError
from panogen.geometry import Cylinder
from panogen.grids import Grid, GridWindow
from panogen.rendering.evaluator import Evaluator
from panogen.rendering.lattice import SIDE, Colours, Mask
from panogen.rendering.plan import Plan
from panogen.rendering.refinement import Points, refined
from panogen.rendering.renderer import OUTSIDE, Progress, default_workers
from panogen.rendering.visibility import seen_samples
from panogen.runtime import torch_threads

STEP = 1 / 127.5  # of 8 bits, in units of colours
TILES_AT_ONCE = 8  # share the steps of their bookkeeping
NOTHING = np.empty((0, 3), np.float32)


@dataclass(eq=False)
class Batch:
    """Some tiles of a row of them, by where they begin in the whole grid, at work."""

    tops: NDArray[np.int64]
    lefts: NDArray[np.int64]
    seen: Mask
    work: Generator[Points, Colours, Colours]
    colours: Colours | None = None  # (n, 3, SIDE, SIDE) when done

    def advance(self, evaluator: Evaluator, columns: int, answer: Colours | None = None) -> None:
        """Begin, or go on with the colours that were asked for, until there is more to ask."""
        try:
            points = next(self.work) if answer is None else self.work.send(answer)
            while not points.shape[1]:
                points = self.work.send(NOTHING)
        except StopIteration as finished:
            self.colours = finished.value
            return
        tile, row, column = points
        samples = (self.tops[tile] + row) * columns + self.lefts[tile] + column
        evaluator.ask(samples, lambda colours: self.advance(evaluator, columns, colours))


@dataclass
class AdaptiveRenderer:
    """Colours of a grid's samples, in order, like ``Renderer``'s: within ``tolerance`` steps of 8 bits almost
    everywhere, from fewer evaluations. For plans whose blocks are successive samples. Raises UsageError."""

    plan: Plan
    chart: Cylinder
    grid: Grid
    tolerance: float
    workers: int = field(default_factory=default_workers)
    progress: Progress = lambda pixels: None
    outside: int = field(default=0, init=False)  # samples handed out so far that the chart does not show
    evaluated: int = field(default=0, init=False)  # points that the network computed so far

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance) and self.tolerance > 0):
            raise UsageError(
                f"tolerance must be a number of steps of 8 bits above 0, got {self.tolerance:g}; without it every "
                "pixel is computed"
            )
        if self.plan.tile[0] != 1:
            raise ValueError(f"points come in any order: a block must be one row, got {self.plan.tile}")

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """See ``Renderer.blocks``. ``progress`` hears of 0 pixels when a block is done and of a tile's together."""
        self.outside = self.evaluated = 0
        _, top, left = self.frame
        rows, columns = self.grid.shape
        with torch_threads(1), ThreadPoolExecutor(self.workers) as pool:
            batches = self._in_order(pool)
            with contextlib.closing(batches):
                for strip_top in begins(top, rows):
                    first, last = max(strip_top, top), min(strip_top + SIDE, top + rows)
                    strip = np.empty((last - first, columns, 3), np.float32)
                    for batch in itertools.islice(batches, -(-len(begins(left, columns)) // TILES_AT_ONCE)):
                        self._lay(batch, strip, first, left)
                    yield strip.reshape(-1, 3)

    @property
    def frame(self) -> tuple[Grid, int, int]:
        """The whole grid, and the row and column in it at which the picture begins."""
        whole, top, left = self.grid, 0, 0
        while isinstance(whole, GridWindow):
            top, left, whole = top + whole.top, left + whole.left, whole.whole
        return whole, top, left

    def _in_order(self, pool: ThreadPoolExecutor) -> Generator[Batch]:
        # Finished batches, strip after strip, while some more are at work.
        whole, _, _ = self.frame
        evaluator = Evaluator(pool, self.plan, self.chart, whole, self.workers)
        begun: deque[Batch] = deque()
        try:
            for batch in self._batches():
                batch.advance(evaluator, whole.shape[1])
                begun.append(batch)
                if len(begun) > self.workers:
                    yield self._finished(begun, evaluator)
            while begun:
                yield self._finished(begun, evaluator)
        finally:
            evaluator.cancel()

    def _finished(self, begun: deque[Batch], evaluator: Evaluator) -> Batch:
        while begun[0].colours is None:
            self.evaluated += evaluator.step()
            self.progress(0)
        return begun.popleft()

    def _batches(self) -> Iterator[Batch]:
        whole, top, left = self.frame
        rows, columns = self.grid.shape
        for strip_top in begins(top, rows):
            all_lefts = np.array(begins(left, columns))
            for start in range(0, len(all_lefts), TILES_AT_ONCE):
                lefts = all_lefts[start : start + TILES_AT_ONCE]
                tops = np.full(len(lefts), strip_top)
                seen = seen_samples(whole, self.chart, tops, lefts)
                yield Batch(tops, lefts, seen, refined(seen, self.tolerance * STEP))

    def _lay(self, batch: Batch, strip: NDArray[np.float32], top: int, left: int) -> None:
        # Into the picture's rows from ``top`` of the whole grid, where the picture begins at column ``left``.
        assert batch.colours is not None
        for colours, seen, tile_top, tile_left in zip(batch.colours, batch.seen, batch.tops, batch.lefts, strict=True):
            first, last = max(tile_left, left), min(tile_left + SIDE, left + strip.shape[1])
            part = slice(top - tile_top, top - tile_top + len(strip)), slice(first - tile_left, last - tile_left)
            target = strip[:, first - left : last - left]
            target[:] = cv2.merge([np.ascontiguousarray(channel[part]) for channel in colours])
            unseen = ~seen[part]
            target[unseen] = OUTSIDE
            self.outside += int(unseen.sum())
            self.progress(unseen.size)


def begins(start: int, count: int) -> range:
    """Where the tiles begin that so many rows or columns from ``start`` lie in."""
    return range(start // SIDE * SIDE, start + count, SIDE)
