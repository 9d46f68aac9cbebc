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

from panogen.geometry import Chart
from panogen.grids import Grid
from panogen.rendering.plan import Plan
from panogen.runtime import torch_threads

HANDED_OUT = 2**16  # pixels at a time, of rows that are finished together
OUTSIDE = -1.0  # the colour, black, of directions that the chart does not show

Progress = Callable[[int], None]  # hears of the number of pixels just computed


def default_workers() -> int:
    """Blocks in flight: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Block:
    """What a block computed: its first column, the colours (rows, columns, 3) that lie in the picture, of how many
    samples, and how many of those the chart does not show."""

    left: int
    colours: NDArray[np.float32]
    samples: int
    outside: int


@dataclass
class Renderer:
    """Colours of a grid's samples, in order. Touches no files."""

    plan: Plan
    chart: Chart
    grid: Grid
    workers: int = field(default_factory=default_workers)
    progress: Progress = lambda pixels: None
    outside: int = field(default=0, init=False)  # samples computed so far that the chart does not show

    @property
    def layout(self) -> tuple[int, int]:
        """Rows and columns that blocks are cut from: the picture's, or rows of one block each, where a block is a row
        of successive samples."""
        tall, wide = self.plan.tile
        return self.grid.shape if tall > 1 else (-(-len(self.grid) // wide), wide)

    def blocks(self) -> Iterator[NDArray[np.float32]]:
        """Arrays (n, 3) float32, RGB nominally in [-1, 1], that follow one another through the whole grid.

        Each worker runs torch on a thread of its own: on a busy machine a block that waits holds up no other. While
        the iteration lasts, torch operations elsewhere in the process are single-threaded too.
        """
        self.outside = 0
        (rows, columns), (tall, wide) = self.layout, self.plan.tile
        strip = np.empty((tall, columns, 3), np.float32)
        with torch_threads(1), ThreadPoolExecutor(self.workers) as pool:
            blocks = self._in_flight(pool)
            with contextlib.closing(blocks):
                for top in range(0, rows, tall):
                    for block in itertools.islice(blocks, -(-columns // wide)):
                        height, width, _ = block.colours.shape
                        strip[:height, block.left : block.left + width] = block.colours
                        self.outside += block.outside
                        self.progress(block.samples)
                    finished = strip.reshape(-1, 3)[: len(self.grid) - top * columns]
                    for start in range(0, len(finished), HANDED_OUT):
                        yield finished[start : start + HANDED_OUT].copy()  # the strip is filled anew

    def _in_flight(self, pool: ThreadPoolExecutor) -> Generator[Block]:
        # Blocks in order, strip after strip of the plan's rows, a few of them on their way.
        (rows, columns), (tall, wide) = self.layout, self.plan.tile
        free: deque[Any] = deque(self.plan.scratch(tall * wide) for _ in range(self.workers))
        pending: deque[Future[Block]] = deque()

        def run(top: int, left: int) -> Block:
            scratch = free.popleft()
            try:
                return self._block(top, left, scratch)
            finally:
                free.append(scratch)

        try:
            for top in range(0, rows, tall):
                for left in range(0, columns, wide):
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
        (rows, columns), (tall, wide) = self.layout, self.plan.tile
        row, column = np.arange(top, top + tall), np.arange(left, left + wide)[:, None]
        samples = np.minimum(row, rows - 1) * columns + np.minimum(column, columns - 1)
        directions = self.grid.at(np.minimum(samples, len(self.grid) - 1).ravel())
        coords = torch.from_numpy(self.chart.coordinates(directions))
        colours = self.plan(coords.to(self.plan.device), directions, scratch).cpu().numpy()
        unseen = ~self.chart.valid(directions)
        colours[unseen] = OUTSIDE
        inside = (row < rows) & (column < columns) & (samples < len(self.grid))
        tile = colours.reshape(wide, tall, 3)[: columns - left, : rows - top].transpose(1, 0, 2)
        return Block(left, tile.copy(), int(inside.sum()), int(np.sum(unseen & inside.ravel())))


def quantize(colours: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RGB in [-1, 1], clipped, as 8-bit samples: rounded to the nearest of 256 levels."""
    levels = np.clip(colours, -1, 1)
    levels *= 127.5
    levels += 127.5
    return np.rint(levels, out=levels).astype(np.uint8)
