"""A part of another grid: the very same directions and footprints, so the very same colours."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles, Integers
from panogen.base.errors import UsageError
from panogen.grids.base import Camera, Grid


class Window(NamedTuple):
    """Rows ``top`` to ``top + height - 1`` and columns ``left`` to ``left + width - 1`` of a picture."""

    top: int
    left: int
    height: int
    width: int

    def scaled(self, count: int) -> "Window":
        """Return the same window of a picture with ``count`` times as many pixels each way."""
        return Window(*(side * count for side in self))


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
    def camera(self) -> Camera:  # type: ignore[override]
        """The whole grid's."""
        return self.whole.camera

    @property
    @override
    def columns_are_meridians(self) -> bool:
        return self.whole.columns_are_meridians

    def _in_whole(self, samples: Integers) -> Integers:
        row, column = np.divmod(samples, self.width)
        return (row + self.top) * self.whole.shape[1] + column + self.left

    @override
    def at(self, samples: Integers) -> Doubles:
        return self.whole.at(self._in_whole(samples))

    @override
    def footprints(self, samples: Integers) -> Doubles:
        return self.whole.footprints(self._in_whole(samples))

    @override
    def finer(self, times: int) -> "GridWindow":
        sides = (side * times for side in (self.top, self.left, self.height, self.width))
        return GridWindow(self.whole.finer(times), *sides)
