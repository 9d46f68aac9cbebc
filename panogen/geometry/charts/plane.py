"""The chart of networks that were trained on flat square pictures."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from panogen.base.errors import UsageError
from panogen.geometry.centres import pixel_centres
from panogen.geometry.charts.chart import EDGE, SINGLE_EDGE, Array, Chart, reflected
from panogen.geometry.charts.cylinder import Cylinder
from panogen.geometry.charts.window import Windows

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
    def band(self) -> Cylinder:
        """See ``Chart``."""
        raise UsageError(f"this needs a model that knows the whole circle, got one that knows {self.extent} ahead")

    @property
    def extent(self) -> str:
        """See ``Chart``."""
        return f"the square of {self.vertical_fov_deg:.1f} degrees"

    def coordinates(self, directions: ArrayLike) -> Array:
        """What the network sees of directions (..., 3): (x / z, -y / z), shape (..., 2).

        Those that are not ahead have none that mean anything, but finite ones.
        """
        x, y, z = np.moveaxis(np.asarray(directions, np.float64), -1, 0)
        z = np.where(z > BEHIND, z, 1.0)
        return np.stack([x / z, -y / z], axis=-1)

    def unrolled(self, coordinates: ArrayLike) -> Array:
        """See ``Chart``: the coordinates themselves."""
        return np.asarray(coordinates, np.float64)

    def rolled(self, unrolled: ArrayLike) -> Array:
        """See ``Chart``."""
        return np.asarray(unrolled, np.float64)

    def stretch(self, directions: ArrayLike) -> Array:
        """See ``Chart``: an area ahead by z is seen at z^3 of its size."""
        return np.maximum(np.asarray(directions, np.float64)[..., 2], BEHIND) ** -1.5

    def valid(self, directions: ArrayLike) -> NDArray[np.bool_]:
        """Which directions (..., 3) are ahead and on the square; shape (...)."""
        farthest = np.abs(self.coordinates(directions)).max(-1)
        shown: NDArray[np.bool_] = (np.asarray(directions)[..., 2] > BEHIND) & (farthest <= self.edge + EDGE)
        return shown

    def hides(self, world: NDArray[np.float32]) -> NDArray[np.bool_]:
        """See ``Chart``."""
        limit = world[2] * np.float32(self.edge + SINGLE_EDGE)  # behind it is negative, and nothing is below it
        return np.asarray(~((np.abs(world[0]) <= limit) & (np.abs(world[1]) <= limit)))

    def clamped(self, directions: ArrayLike) -> Array:
        """See ``Chart``: the nearest on the plane, as a picture whose border goes on; behind, those at its corners."""
        return self._at_coordinates(directions, lambda z: z, lambda x: x.clip(-self.edge, self.edge))

    def mirrored(self, directions: ArrayLike) -> Array:
        """See ``Chart``: a pattern of squares on the plane; behind is what is ahead, as a mirror shows it."""
        return self._at_coordinates(directions, np.abs, lambda x: reflected(x, self.edge))

    def _at_coordinates(self, directions: ArrayLike, depth: Any, change: Any) -> Array:
        # Directions beyond the square, at other coordinates.
        directions = np.array(directions, np.float64)
        beyond = ~self.valid(directions)
        x, y, z = np.moveaxis(directions[beyond], -1, 0)
        z = np.maximum(depth(z), BEHIND)
        x, y = change(x / z), change(y / z)
        directions[beyond] = np.stack([x, y, np.ones_like(x)], -1) / np.sqrt(x * x + y * y + 1)[:, None]
        return directions

    def picture_positions(self, directions: ArrayLike) -> tuple[Array, Array]:
        """See ``Chart``."""
        x, y = np.moveaxis(self.coordinates(self.clamped(directions)) / self.edge, -1, 0)
        return ((1 + x) / 2).clip(0, 1), ((1 + y) / 2).clip(0, 1)

    def row_elevations_rad(self, count: int) -> Array:
        """See ``Chart``."""
        return np.arctan(self.edge * (1 - 2 * pixel_centres(count)))

    def azimuths_deg(self, count: int) -> tuple[float, ...]:
        """See ``Chart``: those of the middles of as many columns of its picture, from left to right."""
        return tuple(np.degrees(-self.row_elevations_rad(count)).tolist())

    def natural_height(self, width: int) -> int:
        """See ``Chart``: a square."""
        return width

    def natural_width(self, height: int) -> int:
        """See ``Chart``: a square."""
        return height

    def natural_lens(self, width: int) -> tuple[int, float]:
        """See ``Chart``: all of it."""
        return width, self.vertical_fov_deg

    @property
    def side(self) -> float:
        """See ``Chart``."""
        return 2 * self.edge

    def windows(self, rng: np.random.Generator, side: Array, footprint: Array) -> Windows:
        """See ``Chart``."""
        raise UsageError(f"training needs a chart that goes around the circle, got {self.extent} ahead")
