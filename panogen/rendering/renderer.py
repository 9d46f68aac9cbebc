"""Blocks of one constant shape, some in flight at a time; windows of a picture in order."""

import contextlib
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from panogen.base.arrays import Booleans, Floats, Integers, Pixels
from panogen.base.runtime import default_workers, torch_threads, workers_of
from panogen.geometry import Chart
from panogen.grids import Grid, GridWindow, Window
from panogen.networks import ChartPoints
from panogen.rendering.plans.plan import Plan

STRIP = 2**18  # pixels of a picture handed out at a time
OUTSIDE = -1.0  # the colour, black, of directions that the chart does not show, and of samples that show nothing
OPAQUE, CLEAR = 1.0, -1.0
FORWARD = (0.0, 0.0, 1.0)  # computed where a grid shows nothing

Progress = Callable[[int], None]  # hears of how many more are done: pixels, where nothing else is said
Done = tuple[int, int]  # samples of the picture that a block computed, and how many of those the chart does not show


@dataclass(eq=False)
class Piece:
    """A window of a picture: where it lies, its own grid, its colours (rows, columns, channels) float32, and how many
    of its samples the chart does not show."""

    window: Window
    grid: Grid
    colours: Floats
    unseen: int = 0

    def spans(self, tile: tuple[int, int]) -> list[tuple[int, int]]:
        """Return where its blocks begin: row and column, or 0 and a number for blocks of successive samples."""
        (tall, wide), (rows, columns) = tile, self.grid.shape
        if tall == 1:
            return [(0, start) for start in range(0, len(self.grid), wide)]
        return [(top, left) for top in range(0, rows, tall) for left in range(0, columns, wide)]

    def samples(self, tile: tuple[int, int], top: int, left: int) -> Integers:
        """Return a block's samples, column after column; where it overhangs the window, its last ones again."""
        tall, wide = tile
        if tall == 1:
            return np.minimum(np.arange(left, left + wide), len(self.grid) - 1)
        rows, columns = self.grid.shape
        row, column = np.arange(top, top + tall), np.arange(left, left + wide)[:, None]
        return (np.minimum(row, rows - 1) * columns + np.minimum(column, columns - 1)).ravel()

    def fill(self, tile: tuple[int, int], top: int, left: int, colours: Floats, unseen: Booleans) -> Done:
        """Take a block's colours (points, channels), and say what they were."""
        (tall, wide), (rows, columns) = tile, self.grid.shape
        if tall == 1:
            target = self.colours.reshape(-1, colours.shape[1])[left : left + wide]
            target[:] = colours[: len(target)]
            return len(target), int(unseen[: len(target)].sum())
        inside = np.s_[: columns - left, : rows - top]
        block = colours.reshape(wide, tall, -1)[inside]
        self.colours[top : top + tall, left : left + wide] = block.transpose(1, 0, 2)
        return block.shape[0] * block.shape[1], int(unseen.reshape(wide, tall)[inside].sum())


@dataclass
class Renderer:
    """Colours of a grid's samples, RGB nominally in [-1, 1]. Touches no files.

    ``outside`` is what directions show that the chart does not: ``black``; ``transparent``, nothing (a fourth channel
    of colours is their opacity, from -1 to 1); ``edge``, what is at the edge of the chart; ``mirror``, what lies as far
    inside it. Samples without a direction are black, or nothing.
    """

    plan: Plan
    chart: Chart
    grid: Grid
    workers: int = field(default_factory=default_workers)
    progress: Progress = lambda pixels: None
    outside: str = "black"

    @property
    def unit(self) -> tuple[int, int]:
        """Rows and columns that are made together: windows had best begin and end at multiples of them."""
        return self.plan.tile[0], 1

    @property
    def channels(self) -> int:
        """Return the number of values of a colour: red, green, blue, and its opacity where it may be transparent."""
        return 4 if self.outside == "transparent" else 3

    def blocks(self) -> Iterator[Floats]:
        """Yield arrays (n, channels) float32 that follow one another through the whole grid."""
        for piece in self.windows(strips(self.grid.shape, self.unit[0])):
            yield piece.colours.reshape(-1, self.channels)

    def windows(self, windows: Iterable[Window]) -> Iterator[Piece]:
        """Windows of the picture, one after the other.

        Each worker runs torch on a thread of its own: on a busy machine a block that waits holds up no other. While
        the iteration lasts, torch operations of the thread that iterates are single-threaded too.
        """
        with torch_threads(1), workers_of(self.workers) as pool:
            blocks = self._in_flight(windows, pool)
            with contextlib.closing(blocks):
                for (samples, unseen), piece, finished in blocks:
                    piece.unseen += unseen
                    self.progress(samples)
                    if finished:
                        yield piece

    def _in_flight(self, windows: Iterable[Window], pool: ThreadPoolExecutor) -> Generator[tuple[Done, Piece, bool]]:
        # Blocks in order, a few of them on their way, each with its window and whether it is the last one there.
        tile = self.plan.tile
        free: deque[Any] = deque(self.plan.scratch(tile[0] * tile[1]) for _ in range(self.workers))
        pending: deque[tuple[Future[Done], Piece, bool]] = deque()

        def run(piece: Piece, top: int, left: int) -> Done:
            scratch = free.popleft()
            try:
                colours, unseen = self._colours(piece.grid, piece.samples(tile, top, left), scratch)
                return piece.fill(tile, top, left, colours, unseen)
            finally:
                free.append(scratch)

        try:
            for window in windows:
                colours = np.empty((window.height, window.width, self.channels), np.float32)
                piece = Piece(window, GridWindow(self.grid, *window), colours)
                spans = piece.spans(tile)
                for number, span in enumerate(spans, 1):
                    pending.append((pool.submit(run, piece, *span), piece, number == len(spans)))
                    if len(pending) > 2 * self.workers:
                        future, of, finished = pending.popleft()
                        yield future.result(), of, finished
            for future, of, finished in pending:
                yield future.result(), of, finished
        finally:
            for future, *_ in pending:
                future.cancel()

    def _colours(self, grid: Grid, samples: Integers, scratch: Any) -> tuple[Floats, Booleans]:
        # Colours (points, channels) of a block's samples, and which of them the chart does not show.
        directions, footprints = grid.at(samples), grid.footprints(samples)
        nowhere = np.isnan(directions[:, 0])
        directions[nowhere], footprints[nowhere] = FORWARD, 0.0
        unseen = ~self.chart.valid(directions)
        blank, shown = nowhere | unseen, directions
        if self.outside in ("edge", "mirror"):
            blank, shown = nowhere, directions.copy()
            moved = self.chart.clamped if self.outside == "edge" else self.chart.mirrored
            shown[unseen] = moved(directions[unseen])
        rows = self.plan.tile[0] if self.plan.apart else None
        points = ChartPoints.of(self.chart, directions, footprints, rows, shown)
        colours = self.plan(points.to(self.plan.device), shown, scratch).cpu().numpy()
        colours[blank] = OUTSIDE
        if self.channels == 4:
            colours = np.column_stack([colours, np.where(blank, CLEAR, OPAQUE).astype(np.float32)])
        return colours, unseen


def strips(shape: tuple[int, int], tall: int) -> Iterator[Window]:
    """Windows that follow one another through a picture, row after row: as many rows as fit, in multiples of ``tall``;
    of a wider picture, parts of a row."""
    rows, columns = shape
    if tall == 1 and columns > STRIP:
        for row in range(rows):
            yield from (Window(row, left, 1, min(STRIP, columns - left)) for left in range(0, columns, STRIP))
        return
    height = max(1, STRIP // (columns * tall)) * tall
    for top in range(0, rows, height):
        yield Window(top, 0, min(height, rows - top), columns)


def quantize(colours: Floats) -> Pixels:
    """Colours in [-1, 1], clipped, as 8-bit samples: rounded to the nearest of 256 levels."""
    levels = np.clip(colours, -1, 1)
    levels *= 127.5
    levels += 127.5
    return np.rint(levels, out=levels).astype(np.uint8)
