"""Pictures within a tolerance: the network is asked only where interpolation would not do.

A picture is cut into square tiles, which lie in the whole grid whatever part of it is drawn, and each is worked out on
its own: its colours depend on the grid, its place and the tolerance alone. So pictures are the same to the bit however
they are cut and for any number of workers.
"""

import contextlib
import itertools
import math
from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from panogen.errors import UsageError
from panogen.geometry import Cylinder
from panogen.grids import Grid, GridWindow
from panogen.rendering.lattice import SIDE, Colours, Mask
from panogen.rendering.plan import Plan
from panogen.rendering.refinement import Points, refined
from panogen.rendering.renderer import HANDED_OUT, OUTSIDE, Progress, default_workers
from panogen.rendering.visibility import seen_samples
from panogen.runtime import torch_threads

STEP = 1 / 127.5  # of 8 bits, in units of colours
TILES_AT_ONCE = 8  # share the steps of their bookkeeping

Samples = NDArray[np.int64]


@dataclass(eq=False)
class Request:
    """Samples that wait for their colours (n, 3), how many of which are asked for and how many are not there yet, and
    who is told when all are."""

    samples: Samples
    then: Callable[[Colours], None]
    taken: int = 0

    def __post_init__(self) -> None:
        self.colours = np.empty((len(self.samples), 3), np.float32)
        self.missing = len(self.samples)

    def take(self, most: int) -> slice:
        """The next samples, at most so many."""
        span = slice(self.taken, min(self.taken + most, len(self.samples)))
        self.taken = span.stop
        return span

    def deliver(self, span: slice, colours: Colours) -> None:
        """Hand over colours of some."""
        self.colours[span] = colours
        self.missing -= len(colours)
        if not self.missing:
            self.then(self.colours)


class Evaluator:
    """Colours of samples that are asked for here and there, in blocks of one constant shape, some in flight."""

    def __init__(self, pool: ThreadPoolExecutor, plan: Plan, chart: Cylinder, grid: Grid, workers: int):
        self.pool, self.plan, self.chart, self.grid, self.workers = pool, plan, chart, grid, workers
        self.points = math.prod(plan.tile)
        self.evaluated = 0
        self._requests: deque[Request] = deque()  # of which samples wait
        self._waiting = 0
        self._free: deque[Any] = deque(plan.scratch(self.points) for _ in range(workers))
        self._pending: deque[tuple[Future[Colours], list[tuple[Request, slice]]]] = deque()

    def ask(self, samples: Samples, then: Callable[[Colours], None]) -> None:
        """Have ``then`` called with the colours (n, 3) of samples (n,), at least one."""
        self._requests.append(Request(samples, then))
        self._waiting += len(samples)

    def step(self) -> None:
        """Wait for a block, the oldest, and hand over its colours. One that is not full goes off only when no other
        does."""
        while self._waiting >= self.points and len(self._pending) < 2 * self.workers:
            self._send()
        if not self._pending:
            self._send()
        future, parts = self._pending.popleft()
        colours, start = future.result(), 0
        for request, span in parts:
            stop = start + span.stop - span.start
            request.deliver(span, colours[start:stop])
            start = stop
        self.evaluated += start

    def cancel(self) -> None:
        """Give up what has not begun."""
        for future, _ in self._pending:
            future.cancel()

    def _send(self) -> None:
        parts, room = [], self.points
        while room and self._requests:
            request = self._requests[0]
            parts.append((request, request.take(room)))
            room -= parts[-1][1].stop - parts[-1][1].start
            if request.taken == len(request.samples):
                self._requests.popleft()
        samples = np.concatenate([request.samples[span] for request, span in parts])
        self._waiting -= len(samples)
        padded = np.pad(samples, (0, self.points - len(samples)), mode="edge")
        self._pending.append((self.pool.submit(self._colours, padded), parts))

    def _colours(self, samples: Samples) -> Colours:
        scratch = self._free.popleft()
        try:
            directions = self.grid.at(samples)
            coords = torch.from_numpy(self.chart.coordinates(directions))
            return np.array(self.plan(coords.to(self.plan.device), directions, scratch).cpu().numpy())
        finally:
            self._free.append(scratch)


@dataclass(eq=False)
class Batch:
    """Some tiles of a row of them, by where they begin in the whole grid, at work."""

    tops: Samples
    lefts: Samples
    seen: Mask
    work: Generator[Points, Colours, Colours]
    colours: Colours | None = None  # (n, 3, SIDE, SIDE) when done

    def advance(self, evaluator: Evaluator, columns: int, answer: Colours | None = None) -> None:
        """Go on with the colours that were asked for, until there is more to ask."""
        points = np.empty((3, 0), np.int64)
        try:
            while not points.shape[1]:
                points = self.work.send(answer)
                answer = np.empty((0, 3), np.float32)
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
        whole, top, left = self.frame
        rows, columns = self.grid.shape
        strips = len(range(left // SIDE * SIDE, left + columns, SIDE))
        with torch_threads(1), ThreadPoolExecutor(self.workers) as pool:
            batches = self._in_order(pool)
            with contextlib.closing(batches):
                for strip_top in range(top // SIDE * SIDE, top + rows, SIDE):
                    first, last = max(strip_top, top), min(strip_top + SIDE, top + rows)
                    strip = np.empty((last - first, columns, 3), np.float32)
                    for batch in itertools.islice(batches, -(-strips // TILES_AT_ONCE)):
                        self._lay(batch, strip, first, left)
                    finished = strip.reshape(-1, 3)
                    for start in range(0, len(finished), HANDED_OUT):
                        yield finished[start : start + HANDED_OUT]

    @property
    def frame(self) -> tuple[Grid, int, int]:
        """The whole grid, and the row and column in it at which the picture begins."""
        whole, top, left = self.grid, 0, 0
        while isinstance(whole, GridWindow):
            whole, top, left = whole.whole, top + whole.top, left + whole.left
        return whole, top, left

    def _in_order(self, pool: ThreadPoolExecutor) -> Generator[Batch]:
        # Finished batches, strip after strip, while some more are at work.
        whole, _, _ = self.frame
        evaluator = Evaluator(pool, self.plan, self.chart, whole, self.workers)
        begun: deque[Batch] = deque()
        try:
            for batch in self._batches(whole):
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
            evaluator.step()
            self.evaluated = evaluator.evaluated
            self.progress(0)
        return begun.popleft()

    def _batches(self, whole: Grid) -> Iterator[Batch]:
        _, top, left = self.frame
        rows, columns = self.grid.shape
        for strip_top in range(top // SIDE * SIDE, top + rows, SIDE):
            all_lefts = np.arange(left // SIDE * SIDE, left + columns, SIDE)
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
            target[:] = colours[:, *part].transpose(1, 2, 0)
            unseen = ~seen[part]
            target[unseen] = OUTSIDE
            self.outside += int(unseen.sum())
            self.progress(unseen.size)
