"""Colours of samples that several tiles ask for, from one network."""

import math
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from panogen.base.arrays import Floats, Integers
from panogen.geometry import Chart
from panogen.grids import Grid
from panogen.networks import ChartPoints
from panogen.rendering.plans.plan import Plan


@dataclass(eq=False)
class Query:
    """Samples that wait for their colours (n, 3), how many of which are asked for and how many are not there yet, and
    who is told when all are."""

    samples: Integers
    then: Callable[[Floats], None]
    taken: int = 0

    def __post_init__(self) -> None:
        self.colours = np.empty((len(self.samples), 3), np.float32)
        self.missing = len(self.samples)

    def take(self, most: int) -> slice:
        """Return the next samples, at most so many."""
        span = slice(self.taken, min(self.taken + most, len(self.samples)))
        self.taken = span.stop
        return span

    def deliver(self, span: slice, colours: Floats) -> None:
        """Hand over colours of some."""
        self.colours[span] = colours
        self.missing -= len(colours)
        if not self.missing:
            self.then(self.colours)


class Evaluator:
    """Colours of samples that are asked for here and there, in blocks of one constant shape, some in flight."""

    def __init__(self, pool: ThreadPoolExecutor, plan: Plan, chart: Chart, grid: Grid, workers: int):
        self.pool, self.plan, self.chart, self.grid, self.workers = pool, plan, chart, grid, workers
        self.points = math.prod(plan.tile)
        self._queries: deque[Query] = deque()  # of which samples wait
        self._waiting = 0
        self._free: deque[Any] = deque(plan.scratch(self.points) for _ in range(workers))
        self._pending: deque[tuple[Future[Floats], list[tuple[Query, slice]]]] = deque()

    def ask(self, samples: Integers, then: Callable[[Floats], None]) -> None:
        """Have ``then`` called with the colours (n, 3) of samples (n,), at least one."""
        self._queries.append(Query(samples, then))
        self._waiting += len(samples)

    def step(self) -> int:
        """Wait for a block, the oldest, and hand over its colours. Returns how many. One that is not full is computed
        only when no other is."""
        while self._waiting >= self.points and len(self._pending) < 2 * self.workers:
            self._send()
        if not self._pending:
            self._send()
        future, parts = self._pending.popleft()
        colours, start = future.result(), 0
        for query, span in parts:
            stop = start + span.stop - span.start
            query.deliver(span, colours[start:stop])
            start = stop
        return start

    def cancel(self) -> None:
        """Give up what has not begun."""
        for future, _ in self._pending:
            future.cancel()

    def _send(self) -> None:
        parts, room = [], self.points
        while room and self._queries:
            query = self._queries[0]
            parts.append((query, query.take(room)))
            room -= parts[-1][1].stop - parts[-1][1].start
            if query.taken == len(query.samples):
                self._queries.popleft()
        samples = np.concatenate([query.samples[span] for query, span in parts])
        self._waiting -= len(samples)
        padded = np.pad(samples, (0, self.points - len(samples)), mode="edge")
        self._pending.append((self.pool.submit(self._colours, padded), parts))

    def _colours(self, samples: Integers) -> Floats:
        scratch = self._free.popleft()
        try:
            directions = self.grid.at(samples)
            points = ChartPoints.of(self.chart, directions, self.grid.footprints(samples))
            return np.array(self.plan(points.to(self.plan.device), directions, scratch).cpu().numpy())
        finally:
            self._free.append(scratch)
