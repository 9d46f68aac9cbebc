"""A part of another grid: the very same directions, so the very same colours."""

from dataclasses import dataclass

import numpy as np

from panogen.errors import UsageError
from panogen.grids.base import Array, Grid


@dataclass(frozen=True)
class GridWindow(Grid):
    """Rows ``top`` to ``top + height - 1`` and columns ``left`` to ``left + width - 1`` of a grid."""

    name = "window"
    whole: Grid
    top: int
    left: int
    height: int
    width: int

    def __post_init__(self) -> None:
        rows, columns = self.whole.shape
        for side, start, count, limit in (
            ("rows", self.top, self.height, rows),
            ("columns", self.left, self.width, columns),
        ):
            if start < 0 or count < 1 or start + count > limit:
                raise UsageError(f"a window must lie within the grid's {limit} {side}, got {start} to {start + count}")

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.height, self.width

    def directions(self, start: int, stop: int) -> Array:
        """See ``Grid``."""
        row, column = np.divmod(np.arange(start, stop), self.width)
        columns = self.whole.shape[1]
        flat = (row + self.top) * columns + column + self.left
        # Row by row: a span of the whole that covers a row of the window is never longer than a row.
        spans = np.split(flat, np.flatnonzero(np.diff(flat) != 1) + 1)
        return np.concatenate([self.whole.directions(int(span[0]), int(span[-1]) + 1) for span in spans])
