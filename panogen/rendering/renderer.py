"""Blocks of one constant shape, some in flight at a time, in order."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from panogen.geometry import Cylinder
from panogen.grids import Grid
from panogen.rendering.plan import Plan
from panogen.runtime import torch_threads

# Matrix products of this many points are as fast as any here, and every pixel of every picture is computed in a block
# of this very shape: its value then does not depend on its neighbours, on the picture or on the number of threads.
BLOCK_POINTS = 2048
AHEAD = np.array([0.0, 0.0, 1.0])  # the direction that fills up the last block
OUTSIDE = -1.0  # the colour, black, of directions that the chart does not show


def default_workers() -> int:
    """Blocks in flight: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass
class Renderer:
    """Colours of a grid's samples, as blocks in order. Touches no files."""

    plan: Plan
    chart: Cylinder
    grid: Grid
    workers: int = field(default_factory=default_workers)
    outside: int = field(default=0, init=False)  # samples handed out so far that the chart does not show

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Arrays (n, 3) float32, RGB nominally in [-1, 1], that follow one another through the whole grid.

        Each worker runs torch on a thread of its own: on a busy machine a block that waits holds up no other. While
        the iteration lasts, torch operations elsewhere in the process are single-threaded too.
        """
        self.outside = 0
        free: deque[Any] = deque(self.plan.scratch(BLOCK_POINTS) for _ in range(self.workers))
        starts = iter(range(0, len(self.grid), BLOCK_POINTS))
        pending: deque[Future[tuple[NDArray[np.float32], int]]] = deque()

        def run(start: int) -> tuple[NDArray[np.float32], int]:
            scratch = free.popleft()
            try:
                return self._block(start, scratch)
            finally:
                free.append(scratch)

        def finished() -> NDArray[np.float32]:
            colours, outside = pending.popleft().result()
            self.outside += outside
            return colours

        with torch_threads(1), ThreadPoolExecutor(self.workers) as pool:
            try:
                for start in starts:
                    pending.append(pool.submit(run, start))
                    if len(pending) > 2 * self.workers:
                        yield finished()
                while pending:
                    yield finished()
            finally:
                for future in pending:
                    future.cancel()

    def _block(self, start: int, scratch: Any) -> tuple[NDArray[np.float32], int]:
        stop = min(start + BLOCK_POINTS, len(self.grid))
        directions = self.grid.directions(start, stop)
        valid = self.chart.valid(directions)
        directions = np.concatenate([directions, np.tile(AHEAD, (BLOCK_POINTS - len(directions), 1))])
        coords = torch.from_numpy(self.chart.coordinates(directions))
        rgb = self.plan(coords.to(self.plan.device), directions, scratch)
        colours = rgb[: stop - start].cpu().numpy().copy()
        colours[~valid] = OUTSIDE
        return colours, int(np.sum(~valid))


def quantize(colours: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RGB in [-1, 1], clipped, as 8-bit samples: rounded to the nearest of 256 levels."""
    return np.round(np.clip(colours, -1, 1) * 127.5 + 127.5).astype(np.uint8)
