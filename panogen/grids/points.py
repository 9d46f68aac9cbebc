"""Any directions at all, from a user's own file."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tokenize import TokenError
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from panogen.base.arrays import Doubles, Integers
from panogen.base.errors import UsageError, explained
from panogen.geometry import Chart, from_azimuth_elevation, rotate
from panogen.grids.base import AHEAD_CAMERA, Camera, Grid, refuse_fov

CHECKED = 2**18  # points at a time
BROKEN = (ValueError, OverflowError, TypeError, SyntaxError, TokenError)  # what numpy raises of headers, or for objects
SAME_RAD = 1e-12  # how far apart rounding may put directions that are the same


@dataclass(frozen=True)
class Points(Grid):
    """The directions in a NumPy file ``path``, in its order, for a camera that looks ahead.

    It is an array (N, 3) or (H, W, 3) of directions of any length, (N, 4) or (H, W, 4) of directions and footprints in
    radians, or (N, 2) or (H, W, 2) of yaws and pitches in degrees. N points are a row. NaN in all numbers of a
    direction shows nothing. The file is mapped, not read, so it may be larger than the memory. Raises UsageError.
    """

    name = "points"
    path: Path
    camera: Camera = AHEAD_CAMERA

    def __post_init__(self) -> None:
        # All points are found to be directions before any are compared with their neighbours.
        for check in (self._check_directions, self._check_footprints):
            for start in range(0, len(self), CHECKED):
                check(np.arange(start, min(start + CHECKED, len(self))))

    @classmethod
    @override
    def lay_out(
        cls, chart: Chart, camera: Camera, width: int, height: int | None = None, fov_deg: float | None = None
    ) -> Self:
        raise UsageError(f"projection {cls.name} shows the directions in a file; name it with --points FILE.npy")

    @classmethod
    def of(
        cls,
        path: Path,
        camera: Camera,
        width: int | None = None,
        height: int | None = None,
        fov_deg: float | None = None,
    ) -> Self:
        """Return the grid for a request; its size is the file's. Raises UsageError."""
        refuse_fov(cls.name, fov_deg)
        grid = cls(path, camera)
        rows, columns = grid.shape
        for name, value, own, what in (("width", width, columns, "columns"), ("height", height, rows, "rows")):
            if value not in (None, own):
                raise UsageError(f"{name} must be the {own} {what} of {str(path)!r}, got {value}; leave it out")
        return grid

    @cached_property
    def table(self) -> NDArray[Any]:
        """The array, mapped."""
        name = repr(str(self.path))
        with explained(f"points {name} cannot be read", UsageError):
            try:
                table = np.lib.format.open_memmap(self.path, mode="r")
            except BROKEN as error:
                reason = str(error).partition("\n")[0]
                raise UsageError(f"points must be a .npy file of plain numbers, got {name}: {reason}") from None
        if table.ndim not in (2, 3) or table.shape[-1] not in (2, 3, 4):
            raise UsageError(
                f"points must have the shape (N, 3) or (H, W, 3) of directions, (N, 4) or (H, W, 4) of directions and "
                f"footprints, or (N, 2) or (H, W, 2) of yaws and pitches, got {table.shape} in {name}"
            )
        if not table.size:
            raise UsageError(f"points must be at least one, got the shape {table.shape} in {name}")
        if table.dtype.kind not in "fiu":
            raise UsageError(f"points must be real numbers, got {table.dtype} in {name}; save them as float64")
        return table

    def _points(self, samples: Integers) -> Doubles:
        return self.table[np.unravel_index(samples, self.table.shape[:-1])].astype(np.float64)

    def _check_directions(self, samples: Integers) -> None:
        points = self._points(samples)[:, :3]
        shown = ~np.isnan(points).all(1)
        wrong = shown & ~np.isfinite(points).all(1)
        if not wrong.any():
            wrong = shown & ((np.abs(points[:, 1]) > 90) if points.shape[1] == 2 else (points == 0).all(1))
        self._refuse(
            samples[wrong],
            "points must be directions other than 0, or yaws and pitches within 90 degrees, of finite numbers or of "
            "NaN alone",
        )

    def _check_footprints(self, samples: Integers) -> None:
        if self.given:
            footprints, shown = self.footprints(samples), ~np.isnan(self._points(samples)[:, 0])
            wrong = shown & ~(np.isfinite(footprints) & (footprints > 0))
            self._refuse(samples[wrong], "footprints of points must be finite and above 0")
            return
        # Most points lie apart from the next in their row, which is found out at a fifth of the time of estimates.
        apart = np.linalg.norm(np.diff(self._seen(samples), axis=0), axis=1) > SAME_RAD
        apart[samples[1:] % self.shape[1] == 0] = False
        doubtful = samples[~(np.append(apart, False) | np.insert(apart, 0, False))]
        self._refuse(
            doubtful[np.isinf(self.footprints(doubtful))],
            "points without footprints must lie apart from one of their neighbours",
            "; save each as x, y, z and its footprint in radians",
        )

    def _refuse(self, wrong: Integers, must: str, way_out: str = "") -> None:
        # Raises UsageError where there are points, by their numbers (n,), that are wrong.
        if len(wrong):
            point = self._points(wrong[:1])[0].tolist()
            raise UsageError(f"{must}, got {point} in {str(self.path)!r}, number {wrong[0]} from 0{way_out}")

    def __getstate__(self) -> dict[str, Any]:
        """The path and the camera; the file is mapped anew."""
        return {"path": self.path, "camera": self.camera}

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        rows, columns = (1, *self.table.shape)[-3:-1]
        return rows, columns

    @property
    def given(self) -> bool:
        """Whether the file has footprints."""
        return bool(self.table.shape[-1] == 4)

    def _seen(self, samples: Integers) -> Doubles:
        # Unit vectors (n, 3) as the camera sees them.
        points = self._points(samples)[:, :3]
        if points.shape[1] == 2:
            return from_azimuth_elevation(*np.ascontiguousarray(np.radians(points).T))
        points /= np.abs(points).max(1, keepdims=True)  # there are lengths whose squares no number holds
        points /= np.sqrt(np.square(points).sum(1, keepdims=True))
        return points

    @override
    def at(self, samples: Integers) -> Doubles:
        return rotate(self._seen(samples), self.camera.matrix)

    @override
    def footprints(self, samples: Integers) -> Doubles:
        """Return the file's own, or estimates from the neighbours in the array.

        An estimate is the square root of the area between the steps to the nearer neighbour in the row and the nearer
        one in the column. Where only one of both has a neighbour, as in a list, it is the angle to that. A neighbour
        that shows nothing does not count, nor does one in the very same direction: a row of an array may be a pole.
        A point without any neighbour has 0: nothing is known.
        """
        if self.given:
            points = self._points(samples)
            return np.where(np.isnan(points[:, 0]), np.nan, points[:, 3])
        (rows, columns), here = self.shape, self._seen(samples)
        row, column = np.divmod(samples, columns)
        across, along_row = self._nearer(here, samples, 1, column, columns)
        down, along_column = self._nearer(here, samples, columns, row, rows)
        both = np.isfinite(along_row) & np.isfinite(along_column)
        # Small steps a and b from a direction span the solid angle |a x b|.
        area = np.linalg.norm(np.cross(across, down), axis=1)
        footprints = np.where(both, np.sqrt(area), np.fmin(along_row, along_column))
        footprints[np.isnan(footprints)] = 0
        footprints[np.isnan(here[:, 0])] = np.nan
        return footprints

    def _nearer(
        self, here: Doubles, samples: Integers, step: int, place: Integers, count: int
    ) -> tuple[Doubles, Doubles]:
        # Steps (n, 3) from the directions ``here`` (n, 3) to the nearer of the neighbours ``step`` before and after, of
        # which ``place`` (n,) of ``count`` says whether they exist, and their angles (n,): NaN where neither shows
        # anything, infinite where those that do are in the very same direction.
        steps = np.full((2, *here.shape), np.nan)
        for to, away, exists in zip(steps, (-step, step), (place > 0, place < count - 1), strict=True):
            to[exists] = self._seen(samples[exists] + away) - here[exists]
        angles = 2 * np.arcsin(np.minimum(np.linalg.norm(steps, axis=2) / 2, 1))
        angles[angles <= SAME_RAD] = np.inf
        nearer = np.fmin(*angles)
        return np.where((angles[0] == nearer)[:, None], steps[0], steps[1]), nearer

    @override
    def finer(self, times: int) -> Self:
        """Raise UsageError for more than one time: there is nothing between points."""
        if times == 1:
            return self
        raise UsageError(
            f"a picture of points cannot be made {times} times finer; put more points into {str(self.path)!r}"
        )
