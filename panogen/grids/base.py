"""What a grid is: a finite sequence of viewing directions, the angle that each stands for, and the shape to lay their
colours out in."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from typing_extensions import override

from panogen.base.arguments import settle
from panogen.base.arrays import Doubles, Floats, Integers
from panogen.base.errors import UsageError
from panogen.geometry import Chart, azimuth_elevation, circle_azimuths_rad, rotate, rotation

LARGEST_SIDE = 1_000_000  # the longest side that common readers of PNG take


@dataclass(frozen=True)
class Camera:
    """Where a picture looks, in degrees: yaw to the right, pitch up, roll clockwise as seen."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    def __post_init__(self) -> None:
        settle(self)
        for name, value in vars(self).items():
            if not np.isfinite(value):
                raise UsageError(f"{name} must be a finite number of degrees, got {value}")
        if abs(self.pitch_deg) > 90:
            raise UsageError(
                f"pitch_deg must be in [-90, 90], got {self.pitch_deg:g}; to look behind, add 180 to yaw_deg"
            )

    @property
    def yaw_rad(self) -> float:
        """Yaw in radians, within half a turn of forward."""
        return math.radians(math.remainder(self.yaw_deg, 360))

    @property
    def level(self) -> bool:
        """Whether the horizon stays a straight line in the middle."""
        return self.pitch_deg == 0 and math.remainder(self.roll_deg, 360) == 0

    @cached_property
    def matrix(self) -> Doubles:
        """Rotation (3, 3) from the camera's directions to the world's."""
        return rotation(self.yaw_rad, math.radians(self.pitch_deg), math.radians(math.remainder(self.roll_deg, 360)))

    def turned(self, yaw_deg: float, pitch_deg: float) -> "Camera":
        """Return the camera that looks so far to the right and up from here, whichever way up this one is."""
        matrix = self.matrix @ rotation(math.radians(yaw_deg), math.radians(pitch_deg))
        yaw_rad, pitch_rad = azimuth_elevation(matrix[:, 2])
        # What is left is the roll. Where a camera looks to a pole, the yaw may be anything, and the roll goes with it.
        roll = rotation(float(yaw_rad), float(pitch_rad)).T @ matrix
        return Camera(*np.degrees([yaw_rad, pitch_rad, np.arctan2(roll[0, 1], roll[0, 0])]).tolist())


AHEAD_CAMERA = Camera()


class Grid:
    """A sequence of directions. Subclasses are frozen dataclasses of numbers and know nothing of networks."""

    name: ClassVar[str]
    natural_width: ClassVar[int] = 1024  # where none is asked for
    has_fov: ClassVar[bool] = False  # whether it may be asked for a field of view
    scattered: ClassVar[bool] = False  # whether its samples make no picture: neighbours in it are none in the sky
    camera: Camera

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns: of a dataclass of a width and a height; others have a shape of their own."""
        grid: Any = self
        return grid.height, grid.width

    @classmethod
    def lay_out(
        cls, chart: Chart, camera: Camera, width: int, height: int | None = None, fov_deg: float | None = None
    ) -> Self:
        """Return the grid for a request; ``height`` and ``fov_deg`` None mean its natural ones. Raises UsageError.

        No side may be longer than files hold. That of a finer one, of samples within pixels, may be.
        """
        if not cls.has_fov:
            refuse_fov(cls.name, fov_deg)
        check_side("width", width)
        if height is not None:
            check_side("height", height)
        grid = cls._laid_out(chart, camera, width, height, fov_deg)
        check_side("height", grid.shape[0])  # the natural one
        return grid

    @classmethod
    def _laid_out(cls, chart: Chart, camera: Camera, width: int, height: int | None, fov_deg: float | None) -> Self:
        raise NotImplementedError

    def __len__(self) -> int:
        return self.shape[0] * self.shape[1]

    def directions(self, start: int, stop: int) -> Doubles:
        """Unit vectors (stop - start, 3) float64 of the samples ``start`` to ``stop`` - 1, row after row."""
        return self.at(np.arange(start, stop))

    def at(self, samples: Integers) -> Doubles:
        """Unit vectors (n, 3) float64 of samples by their numbers (n,), in any order.

        A sample that shows nothing, such as a corner beside a round picture, has the direction (NaN, NaN, NaN).
        """
        raise NotImplementedError

    def footprints(self, samples: Integers) -> Doubles:
        """Footprints (n,) float64, in radians, of samples by their numbers (n,), in any order: the square roots of the
        solid angles that they stand for, or the longer side where long samples count as squares of that.

        That of a square pixel seen straight on is the angle of its side. A sample that shows nothing has NaN.
        """
        raise NotImplementedError

    def finer(self, times: int) -> Self:
        """Return the same picture with ``times`` as many rows and columns: those of pixel (r, c) are rows ``times`` r
        to ``times`` (r + 1) - 1 and columns ``times`` c to ``times`` (c + 1) - 1. Raises UsageError."""
        rows, columns = self.shape
        grid: Any = self  # a dataclass of a width and a height, but for those that have a method of their own
        finer: Self = replace(grid, width=columns * times, height=rows * times)
        return finer

    @cached_property
    def camera_directions(self) -> Floats:
        """Directions (3, rows, columns) of all samples as the camera sees them, right, up and ahead, of any length, or
        NaN: for what need not be exact."""
        seen = rotate(self.directions(0, len(self)), self.camera.matrix.T)
        return np.ascontiguousarray(seen.T, np.float32).reshape(3, *self.shape)

    @property
    def columns_are_meridians(self) -> bool:
        """Whether all samples of a column have one azimuth."""
        return False

    @property
    def metadata(self) -> dict[str, Any]:
        """Return what a file says about the picture: GPano fields by name, where a viewer can use them."""
        return {}

    @property
    def sidecar(self) -> dict[str, Any]:
        """Return what a JSON file beside the picture says of how it lies on the sphere. It is empty where GPano has
        words for that, or a camera says all."""
        return {}


class CircleGrid(Grid):
    """Rows of equal elevation and columns of equal azimuth, once around the circle.

    Towards the poles its samples are taller than wide. Where ``tall``, they stand for as much across: in the noise in
    space of a whole sphere, detail finer than that would be a star around the pole.
    """

    tall: bool = False

    @property
    def row_elevations_rad(self) -> Doubles:
        """Elevations of the rows before pitch and roll."""
        raise NotImplementedError

    @property
    def row_steps_rad(self) -> Doubles:
        """Return how fast the elevation falls at the centres of the rows, (rows,), in radians a row."""
        raise NotImplementedError

    @cached_property
    def _tables(self) -> tuple[Doubles, Doubles, Doubles, Doubles]:
        # A level yaw is a roll of the columns, exact to the bit; any other rotation is a matrix.
        azimuth = circle_azimuths_rad(self.shape[1], self.camera.yaw_rad if self.camera.level else 0.0)
        elevation = self.row_elevations_rad
        return np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)

    @cached_property
    @override
    def camera_directions(self) -> Floats:
        azimuth = circle_azimuths_rad(self.shape[1]).astype(np.float32)
        elevation = self.row_elevations_rad.astype(np.float32)
        rows, columns = np.cos(elevation)[:, None], np.ones_like(azimuth)
        return np.stack([rows * np.sin(azimuth), np.sin(elevation)[:, None] * columns, rows * np.cos(azimuth)])

    @property
    @override
    def columns_are_meridians(self) -> bool:
        return self.camera.level

    @override
    def at(self, samples: Integers) -> Doubles:
        row, column = np.divmod(samples, self.shape[1])
        sin_azimuth, cos_azimuth, sin_elevation, cos_elevation = self._tables
        level = cos_elevation[row]
        camera = np.stack([level * sin_azimuth[column], sin_elevation[row], level * cos_azimuth[column]], -1)
        return camera if self.camera.level else rotate(camera, self.camera.matrix)

    @cached_property
    def _row_footprints(self) -> Doubles:
        # On the sphere a solid angle is cos(elevation) dazimuth delevation, and columns are 2 pi / W apart.
        across = 2 * np.pi / self.shape[1] * np.cos(self.row_elevations_rad)
        return np.maximum(across, self.row_steps_rad) if self.tall else np.sqrt(across * self.row_steps_rad)

    @override
    def footprints(self, samples: Integers) -> Doubles:
        """Return the same number, to the bit, for all samples of a row."""
        return self._row_footprints[samples // self.shape[1]]


def from_middle(samples: Integers, shape: tuple[int, int]) -> tuple[Doubles, Doubles]:
    """Return how far samples (n,) of a picture (rows, columns) lie right and up of its middle, in pixels."""
    row, column = np.divmod(samples, shape[1])
    return column + 0.5 - shape[1] / 2, shape[0] / 2 - 0.5 - row


def check_positive(name: str, value: int) -> None:
    """Raise UsageError unless a side of a grid is a whole number of samples."""
    if value < 1:
        raise UsageError(f"{name} must be at least 1, got {value}")


def check_side(name: str, value: int) -> None:
    """Raise UsageError unless a side of a picture is a whole number of pixels that a file can hold."""
    if not 1 <= value <= LARGEST_SIDE:
        raise UsageError(f"{name} must be in [1, {LARGEST_SIDE}] pixels, got {value}")


def refuse_fov(projection: str, fov_deg: float | None) -> None:
    """Raise UsageError where a field of view is given to a projection that has its own."""
    if fov_deg is not None:
        raise UsageError(
            f"fov_deg has no meaning for projection {projection}, got {fov_deg:g}; leave it out, or use perspective"
        )


def refuse_height(projection: str, height: int | None, natural: int, width: int) -> None:
    """Raise UsageError where a height is given to a projection that has only its own."""
    if height not in (None, natural):
        raise UsageError(
            f"height must be {natural} for a {projection} picture {width} wide, got {height}; leave it out"
        )
