"""Pictures within a tolerance: the network is asked only where interpolation would not do.

A picture is cut into square tiles, which lie in the whole grid whatever part of it is drawn, and each is worked out on
its own: its colours depend on the grid, its place and the tolerance alone. So pictures are the same to the bit however
they are cut and for any number of workers.
"""

import contextlib
import itertools
import math
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import cv2
import numpy as np
from typing_extensions import override

from panogen.base.arrays import Booleans, Floats, Integers
from panogen.base.errors import UsageError
from panogen.base.runtime import torch_threads, workers_of
from panogen.grids import Grid, GridWindow, Window
from panogen.rendering.adaptive.evaluator import Evaluator
from panogen.rendering.adaptive.mesh import SIDE
from panogen.rendering.adaptive.refinement import TilePoints, refined
from panogen.rendering.adaptive.visibility import seen_samples
from panogen.rendering.renderer import OUTSIDE, Piece, Renderer

STEP = 1 / 127.5  # of 8 bits, in units of colours
TILES_AT_ONCE = 8  # share the steps of their bookkeeping
NOTHING = np.empty((0, 3), np.float32)


@dataclass(eq=False)
class Batch:
    """Some tiles of a row of them, by where they begin in the whole grid, at work."""

    tops: Integers
    lefts: Integers
    seen: Booleans
    work: Generator[TilePoints, Floats, Floats]
    piece: Piece  # that it belongs to, and whether it is its last
    last: bool
    colours: Floats | None = None  # (n, 3, SIDE, SIDE) when done

    def advance(self, evaluator: Evaluator, columns: int, answer: Floats | None = None) -> None:
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
class AdaptiveRenderer(Renderer):
    """Colours within ``tolerance`` steps of 8 bits almost everywhere, from fewer evaluations.

    For charts of the circle, plans whose blocks are successive samples, and black outside. Raises UsageError.
    """

    tolerance: float = field(kw_only=True)
    evaluated: int = field(default=0, init=False)  # points that the network computed so far
    drawn: int = field(default=0, init=False)  # samples handed out so far

    def __post_init__(self) -> None:
        if not (math.isfinite(self.tolerance) and self.tolerance > 0):
            raise UsageError(
                f"tolerance must be a number of steps of 8 bits above 0, got {self.tolerance:g}; without it every "
                "pixel is computed"
            )
        if self.outside != "black":
            raise UsageError(f"with a tolerance, outside is black, got {self.outside!r}; leave one of them out")
        if self.plan.tile[0] != 1:
            raise ValueError(f"points come in any order: a block must be one row, got {self.plan.tile}")

    @property
    def unit(self) -> tuple[int, int]:
        """Return the rows and columns of a tile."""
        return SIDE, SIDE

    @override
    def windows(self, windows: Iterable[Window]) -> Iterator[Piece]:
        """Tell ``progress`` of 0 pixels when a block is done, and of all pixels of a tile together."""
        with torch_threads(1), workers_of(self.workers) as pool:
            batches = self._in_order(windows, pool)
            with contextlib.closing(batches):
                for batch in batches:
                    self._lay(batch)
                    if batch.last:
                        yield batch.piece

    @property
    def frame(self) -> tuple[Grid, int, int]:
        """The whole grid, and the row and column in it at which the picture begins."""
        whole, top, left = self.grid, 0, 0
        while isinstance(whole, GridWindow):
            top, left, whole = top + whole.top, left + whole.left, whole.whole
        return whole, top, left

    def _in_order(self, windows: Iterable[Window], pool: ThreadPoolExecutor) -> Generator[Batch]:
        # Finished batches, window after window, while some more are at work.
        whole, _, _ = self.frame
        evaluator = Evaluator(pool, self.plan, self.chart, whole, self.workers)
        begun: deque[Batch] = deque()
        try:
            for window in windows:
                for batch in self._batches(window):
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

    def _batches(self, window: Window) -> Iterator[Batch]:
        whole, top, left = self.frame
        colours = np.empty((window.height, window.width, self.channels), np.float32)
        piece = Piece(window, GridWindow(self.grid, *window), colours)
        tops, lefts = begins(top + window.top, window.height), begins(left + window.left, window.width)
        for strip_top, start in itertools.product(tops, range(0, len(lefts), TILES_AT_ONCE)):
            some = np.array(lefts[start : start + TILES_AT_ONCE])
            strip = np.full(len(some), strip_top)
            seen = seen_samples(whole, self.chart.band, strip, some)
            last = strip_top == tops[-1] and some[-1] == lefts[-1]
            yield Batch(strip, some, seen, refined(seen, self.tolerance * STEP), piece, last)

    def _lay(self, batch: Batch) -> None:
        # Into the window's colours what of the batch's tiles lies in it.
        assert batch.colours is not None
        _, top, left = self.frame
        window = batch.piece.window
        top, left = top + window.top, left + window.left
        for colours, seen, tile_top, tile_left in zip(batch.colours, batch.seen, batch.tops, batch.lefts, strict=True):
            rows, columns = common(tile_top, top, window.height), common(tile_left, left, window.width)
            target = batch.piece.colours[moved(rows, -top), moved(columns, -left)]
            inside = moved(rows, -tile_top), moved(columns, -tile_left)
            target[:] = cv2.merge([np.ascontiguousarray(channel[inside]) for channel in colours])
            unseen = ~seen[inside]
            target[unseen] = OUTSIDE
            batch.piece.unseen += int(unseen.sum())
            self.drawn += unseen.size
            self.progress(unseen.size)


def common(tile: int, start: int, count: int) -> slice:
    """Rows or columns that a tile has in common with so many from ``start``."""
    return slice(max(tile, start), min(tile + SIDE, start + count))


def moved(span: slice, by: int) -> slice:
    """Return the same rows or columns, counted from elsewhere."""
    return slice(span.start + by, span.stop + by)


def begins(start: int, count: int) -> range:
    """Return where the tiles begin that hold ``count`` rows or columns from ``start`` on."""
    return range(start // SIDE * SIDE, start + count, SIDE)
