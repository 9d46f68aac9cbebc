"""Any directions at all, from a user's own file."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tokenize import TokenError
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from panogen.errors import UsageError
from panogen.geometry import Cylinder, from_azimuth_elevation
from panogen.grids.base import AHEAD, Array, Camera, Grid, refuse_fov, rotate

CHECKED = 2**20  # points at a time


@dataclass(frozen=True)
class Points(Grid):
    """The directions in a NumPy file ``path``, in its order, for a camera that looks ahead.

    It is an array (N, 3) or (H, W, 3) of directions of any length, or (N, 2) or (H, W, 2) of yaws and pitches in
    degrees. N points are a row. NaN in all of a point's numbers shows nothing. The file is mapped, not read, so it may
    be larger than the memory. Raises UsageError.
    """

    name = "points"
    path: Path
    camera: Camera = AHEAD

    def __post_init__(self) -> None:
        for start in range(0, len(self), CHECKED):
            self._check(start, self._points(np.arange(start, min(start + CHECKED, len(self)))))

    @classmethod
    def lay_out(
        cls, chart: Cylinder, camera: Camera, width: int, height: int | None = None, fov_deg: float | None = None
    ) -> Self:
        """See ``Grid``."""
        raise UsageError(f"projection {cls.name} shows the directions in a file; name it with --points FILE.npy")

    @classmethod
    def of(cls, path: Path, camera: Camera, height: int | None = None, fov_deg: float | None = None) -> Self:
        """The grid for a request; its size is the file's. Raises UsageError."""
        refuse_fov(cls.name, fov_deg)
        grid = cls(path, camera)
        if height not in (None, grid.shape[0]):
            raise UsageError(f"height must be the {grid.shape[0]} rows of {str(path)!r}, got {height}; leave it out")
        return grid

    @cached_property
    def table(self) -> NDArray[Any]:
        """The array, mapped."""
        name = repr(str(self.path))
        try:
            table = np.lib.format.open_memmap(self.path, mode="r")
        except OSError as error:
            raise UsageError(f"points {name} cannot be read: {error.strerror or error}") from None
        except (
            ValueError,
            OverflowError,
            TypeError,
            SyntaxError,
            TokenError,
        ) as error:  # of a broken header, or objects
            reason = str(error).partition("\n")[0]
            raise UsageError(f"points must be a .npy file of plain numbers, got {name}: {reason}") from None
        if table.ndim not in (2, 3) or table.shape[-1] not in (2, 3) or not table.size:
            raise UsageError(
                f"points must have the shape (N, 3) or (H, W, 3) of directions, or (N, 2) or (H, W, 2) of yaws and "
                f"pitches, got {table.shape} in {name}"
            )
        if table.dtype.kind not in "fiu":
            raise UsageError(f"points must be real numbers, got {table.dtype} in {name}; save them as float64")
        return table

    def _points(self, samples: NDArray[np.int64]) -> Array:
        return self.table[np.unravel_index(samples, self.table.shape[:-1])].astype(np.float64)

    def _check(self, start: int, points: Array) -> None:
        # Raises UsageError for those, number ``start`` the first, that are no directions.
        shown = ~np.isnan(points).all(1)
        wrong = shown & ~np.isfinite(points).all(1)
        if not wrong.any():
            wrong = shown & ((np.abs(points[:, 1]) > 90) if points.shape[1] == 2 else (points == 0).all(1))
        if wrong.any():
            number = int(wrong.argmax())
            raise UsageError(
                f"points must be directions other than 0, or yaws and pitches within 90 degrees, of finite numbers or "
                f"of NaN alone, got {points[number].tolist()} in {str(self.path)!r}, number {start + number} from 0"
            )

    def __getstate__(self) -> dict[str, Any]:
        """The path and the camera; the file is mapped anew."""
        return {"path": self.path, "camera": self.camera}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        rows, columns = (1, *self.table.shape)[-3:-1]
        return rows, columns

    def at(self, samples: NDArray[np.int64]) -> Array:
        """See ``Grid``."""
        points = self._points(samples)
        if points.shape[1] == 2:
            directions = from_azimuth_elevation(*np.ascontiguousarray(np.radians(points).T))
        else:
            points /= np.abs(points).max(1, keepdims=True)  # there are lengths whose squares no number holds
            directions = points / np.sqrt(np.square(points).sum(1, keepdims=True))
        return rotate(directions, self.camera.matrix)

    def finer(self, times: int) -> Self:
        """See ``Grid``: there is nothing between points."""
        if times == 1:
            return self
        raise UsageError(
            f"a picture of points cannot be made {times} times finer; put more points into {str(self.path)!r}"
        )
