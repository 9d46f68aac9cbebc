"""The chart of networks that were trained on flat square pictures."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from panogen.base.arrays import Booleans, Doubles, Floats
from panogen.base.errors import UsageError
from panogen.geometry.charts.chart import EDGE, SINGLE_EDGE, Chart, reflected
from panogen.geometry.charts.cylinder import Cylinder
from panogen.geometry.charts.windows import Windows
from panogen.geometry.directions import pixel_centres

BEHIND = 1e-12  # the least depth that is told from none


@dataclass(frozen=True)
class Plane(Chart):
    """A square picture at distance 1 ahead, from ``-edge`` to ``edge`` both ways.

    A point of it has two coordinates: x to the right and y down, as pictures count their rows.
    """

    kind = "plane"
    axes: ClassVar[int] = 2
    upright: ClassVar[int] = 1
    periods: ClassVar[tuple[int, ...]] = (0, 0)
    apart: ClassVar[bool] = False
    closed: ClassVar[bool] = False
    natural_projection: ClassVar[str] = "perspective"
    edge: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.edge < math.inf:
            raise ValueError(f"edge must be a positive number, got {self.edge}")

    @property
    def vertical_fov_deg(self) -> float:
        """Degrees from its lower edge to its upper one, and from its left one to its right one."""
        return math.degrees(2 * math.atan(self.edge))

    @property
    @override
    def band(self) -> Cylinder:
        raise UsageError(f"this needs a model that knows the whole circle, got one that knows {self.extent} ahead")

    @property
    @override
    def extent(self) -> str:
        return f"the square of {self.vertical_fov_deg:.1f} degrees"

    def coordinates(self, directions: ArrayLike) -> Doubles:
        """Return what the network sees of directions (..., 3): (x / z, -y / z), shape (..., 2).

        Those that are not ahead have none that mean anything, but finite ones.
        """
        x, y, z = np.moveaxis(np.asarray(directions, np.float64), -1, 0)
        z = np.where(z > BEHIND, z, 1.0)
        return np.stack([x / z, -y / z], axis=-1)

    @override
    def unrolled(self, coordinates: ArrayLike) -> Doubles:
        """Return the coordinates themselves."""
        return np.asarray(coordinates, np.float64)

    @override
    def stretch(self, directions: ArrayLike) -> Doubles:
        """Return z^-1.5 for a direction ahead by z, where an area is seen at z^3 of its size."""
        return np.maximum(np.asarray(directions, np.float64)[..., 2], BEHIND) ** -1.5

    def valid(self, directions: ArrayLike) -> Booleans:
        """Tell which directions (..., 3) are ahead and on the square: (...)."""
        farthest = np.abs(self.coordinates(directions)).max(-1)
        shown: Booleans = (np.asarray(directions)[..., 2] > BEHIND) & (farthest <= self.edge + EDGE)
        return shown

    @override
    def hides(self, world: Floats) -> Booleans:
        limit = world[2] * np.float32(self.edge + SINGLE_EDGE)  # behind it is negative, and nothing is below it
        return np.asarray(~((np.abs(world[0]) <= limit) & (np.abs(world[1]) <= limit)))

    @override
    def clamped(self, directions: ArrayLike) -> Doubles:
        """Return the nearest on the plane, as if the picture's border went on; behind, those at its corners."""
        return self._at_coordinates(directions, lambda z: z, lambda x: x.clip(-self.edge, self.edge))

    @override
    def mirrored(self, directions: ArrayLike) -> Doubles:
        """Reflect them in a pattern of squares on the plane; behind is what a mirror shows of ahead."""
        return self._at_coordinates(directions, np.abs, lambda x: reflected(x, self.edge))

    def _at_coordinates(self, directions: ArrayLike, depth: Any, change: Any) -> Doubles:
        # Directions beyond the square, at other coordinates.
        directions = np.array(directions, np.float64)
        beyond = ~self.valid(directions)
        x, y, z = np.moveaxis(directions[beyond], -1, 0)
        z = np.maximum(depth(z), BEHIND)
        x, y = change(x / z), change(y / z)
        directions[beyond] = np.stack([x, y, np.ones_like(x)], -1) / np.sqrt(x * x + y * y + 1)[:, None]
        return directions

    @override
    def picture_positions(self, directions: ArrayLike) -> tuple[Doubles, Doubles]:
        x, y = np.moveaxis(self.coordinates(self.clamped(directions)) / self.edge, -1, 0)
        return ((1 + x) / 2).clip(0, 1), ((1 + y) / 2).clip(0, 1)

    @override
    def row_elevations_rad(self, count: int) -> Doubles:
        return np.arctan(self.edge * (1 - 2 * pixel_centres(count)))

    @override
    def azimuths_deg(self, count: int) -> tuple[float, ...]:
        """Return those of the middles of ``count`` columns of its picture, from left to right."""
        return tuple(np.degrees(-self.row_elevations_rad(count)).tolist())

    @override
    def natural_height(self, width: int) -> int:
        """Return the side of a square."""
        return width

    @override
    def natural_width(self, height: int) -> int:
        """Return the side of a square."""
        return height

    @override
    def natural_lens(self, width: int) -> tuple[int, float]:
        """Return what shows all of it."""
        return width, self.vertical_fov_deg

    @property
    @override
    def side(self) -> float:
        return 2 * self.edge

    @override
    def windows(self, rng: np.random.Generator, side: Doubles, footprint: Doubles, nadir_rad: float = 0.0) -> Windows:
        raise UsageError(f"training needs a chart that goes around the circle, got {self.extent} ahead")
