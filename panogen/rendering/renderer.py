"""Blocks of one constant shape, some in flight at a time, in order."""

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator
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
HANDED_OUT = 2**16  # pixels at a time, of rows that are finished together
OUTSIDE = -1.0  # the colour, black, of directions that the chart does not show

Progress = Callable[[int], None]  # hears of the number of pixels just computed


def default_workers() -> int:
    """Blocks in flight: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Block:
    """Samples (n,) that a block computed, their colours (n, 3), and how many of them the chart does not show."""

    samples: NDArray[np.int64]
    colours: NDArray[np.float32]
    outside: int


@dataclass
class Renderer:
    """Colours of a grid's samples, in order. Touches no files."""

    plan: Plan
    chart: Cylinder
    grid: Grid
    workers: int = field(default_factory=default_workers)
    progress: Progress = lambda pixels: None
    outside: int = field(default=0, init=False)  # samples computed so far that the chart does not show

    @property
    def layout(self) -> tuple[int, int]:
        """Rows and columns that blocks are cut from: the picture's, or rows of one block each, where the plan has no
        wish."""
        return self.grid.shape if self.plan.tile_rows > 1 else (-(-len(self.grid) // BLOCK_POINTS), BLOCK_POINTS)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Arrays (n, 3) float32, RGB nominally in [-1, 1], that follow one another through the whole grid.

        Each worker runs torch on a thread of its own: on a busy machine a block that waits holds up no other. While
        the iteration lasts, torch operations elsewhere in the process are single-threaded too.
        """
        self.outside = 0
        rows, columns = self.layout
        tall = self.plan.tile_rows
        with torch_threads(1), ThreadPoolExecutor(self.workers) as pool:
            blocks = self._in_flight(pool)
            with contextlib.closing(blocks):
                for top in range(0, rows, tall):
                    first, end = top * columns, min((top + tall) * columns, len(self.grid))
                    strip = np.empty((end - first, 3), np.float32)
                    for block in itertools.islice(blocks, -(-columns // (BLOCK_POINTS // tall))):
                        strip[block.samples - first] = block.colours
                        self.outside += block.outside
                        self.progress(len(block.samples))
                    yield from (strip[start : start + HANDED_OUT] for start in range(0, len(strip), HANDED_OUT))

    def _in_flight(self, pool: ThreadPoolExecutor) -> Generator[Block]:
        # Blocks in order, strip after strip of the plan's rows, a few of them on their way.
        free: deque[Any] = deque(self.plan.scratch(BLOCK_POINTS) for _ in range(self.workers))
        pending: deque[Future[Block]] = deque()
        rows, columns = self.layout

        def run(top: int, left: int) -> Block:
            scratch = free.popleft()
            try:
                return self._block(top, left, scratch)
            finally:
                free.append(scratch)

        try:
            for top in range(0, rows, self.plan.tile_rows):
                for left in range(0, columns, BLOCK_POINTS // self.plan.tile_rows):
                    pending.append(pool.submit(run, top, left))
                    if len(pending) > 2 * self.workers:
                        yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()

    def _block(self, top: int, left: int, scratch: Any) -> Block:
        # Column after column; where it overhangs the picture, its last samples are computed again.
        rows, columns = self.layout
        column, row = np.divmod(np.arange(BLOCK_POINTS), self.plan.tile_rows)
        row, column = row + top, column + left
        samples = np.minimum(row, rows - 1) * columns + np.minimum(column, columns - 1)
        inside = (row < rows) & (column < columns) & (samples < len(self.grid))
        directions = self.grid.at(np.minimum(samples, len(self.grid) - 1))
        coords = torch.from_numpy(self.chart.coordinates(directions))
        colours = self.plan(coords.to(self.plan.device), directions, scratch).cpu().numpy()[inside]
        unseen = ~self.chart.valid(directions)[inside]
        colours[unseen] = OUTSIDE
        return Block(samples[inside], colours, int(np.sum(unseen)))


def quantize(colours: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RGB in [-1, 1], clipped, as 8-bit samples: rounded to the nearest of 256 levels."""
    return np.round(np.clip(colours, -1, 1) * 127.5 + 127.5).astype(np.uint8)
