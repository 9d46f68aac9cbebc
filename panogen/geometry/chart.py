"""Charts: the coordinates in which a network sees directions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from panogen.geometry.directions import azimuth_elevation, from_azimuth_elevation
from panogen.geometry.pixels import pixel_centres

# How a height on the cylinder follows from an elevation, and back.
PROFILES = {
    "equirectangular": (lambda elevation: elevation, lambda height: height),
    "central": (np.tan, np.arctan),
}


EDGE = 1e-12  # how far beyond its edge a chart still shows directions: what rounding may cost
SINGLE_EDGE = 1e-6  # and where they are in single precision


class Chart(Protocol):
    """What a network was trained on: which directions it knows, and the coordinates in which it sees them."""

    axes: ClassVar[int]  # how many coordinates a direction has
    closed: ClassVar[bool]  # whether its left edge is its right one
    natural_projection: ClassVar[str]  # the name of the grid that lays it out

    @property
    def vertical_fov_deg(self) -> float:
        """Degrees from its lower edge to its upper one, in the middle."""
        ...

    @property
    def extent(self) -> str:
        """What a network knows of the world, in words."""
        ...

    def coordinates(self, directions: ArrayLike) -> NDArray[np.float64]:
        """What the network sees of directions (..., 3): (..., axes) float64."""
        ...

    def valid(self, directions: ArrayLike) -> NDArray[np.bool_]:
        """Which directions (..., 3) it shows; shape (...)."""
        ...

    def hides(self, world: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which directions (3, ...) of any length it does not show, with the tolerance of single precision; NaN is
        none."""
        ...

    def clamped(self, directions: ArrayLike) -> NDArray[np.float64]:
        """The nearest directions (..., 3) that it shows: those that it shows as they are, to the bit."""
        ...

    def mirrored(self, directions: ArrayLike) -> NDArray[np.float64]:
        """Directions (..., 3), reflected at its edges as often as it takes: those that it shows as they are."""
        ...

    def places(self, directions: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where directions (..., 3) lie in its picture, as shares of the width from the left and of the height from the
        top; beyond its edges as if they were at them."""
        ...

    def row_elevations_rad(self, count: int) -> NDArray[np.float64]:
        """Elevations of the middles of ``count`` rows of its picture, straight ahead, the upper one first."""
        ...

    def natural_height(self, width: int) -> int:
        """Rows of its picture in ``width`` columns, so that pixels are square."""
        ...


@dataclass(frozen=True)
class Cylinder:
    """A band of the sphere around the horizon, rolled out as a cylinder of radius 1.

    ``profile`` says what a height is: the elevation itself (``equirectangular``, for panoramas) or its tangent
    (``central``, the projection of a photo). ``vertical_fov_deg`` is the full angle from the lower edge to the upper.
    """

    axes: ClassVar[int] = 3
    closed: ClassVar[bool] = True
    natural_projection: ClassVar[str] = "cylindrical"
    vertical_fov_deg: float = 90.0
    profile: str = "equirectangular"

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {self.profile!r}")
        limit_deg = 180.0
        inside = 0 < self.vertical_fov_deg < limit_deg or (
            self.profile == "equirectangular" and self.vertical_fov_deg == limit_deg
        )
        if not inside:
            raise ValueError(f"vertical_fov_deg must be in (0, {limit_deg:g}), got {self.vertical_fov_deg}")

    @property
    def extent(self) -> str:
        """See ``Chart``."""
        return f"the {self.vertical_fov_deg:g} degrees"

    @cached_property
    def max_elevation_rad(self) -> float:
        """Elevation of the upper edge; the lower one is its negative."""
        return float(np.radians(self.vertical_fov_deg)) / 2

    @cached_property
    def max_height(self) -> float:
        """Height of the upper edge, in radii of the cylinder."""
        return float(self.height(self.max_elevation_rad))

    def height(self, elevation_rad: ArrayLike) -> NDArray[np.float64]:
        """Height on the cylinder at which an elevation appears."""
        to_height: Any = PROFILES[self.profile][0]
        return to_height(np.asarray(elevation_rad, np.float64))

    def elevation_rad(self, height: ArrayLike) -> NDArray[np.float64]:
        """Elevation that appears at a height; the inverse of ``height``."""
        to_elevation: Any = PROFILES[self.profile][1]
        return to_elevation(np.asarray(height, np.float64))

    def coordinates(self, directions: ArrayLike) -> NDArray[np.float64]:
        """What the network sees of directions (..., 3): (cos azimuth, sin azimuth, height), shape (..., 3)."""
        directions = np.asarray(directions, np.float64)
        x, z = directions[..., 0], directions[..., 2]
        radius = np.hypot(x, z)
        with np.errstate(invalid="ignore", divide="ignore"):
            cos, sin = z / radius, x / radius
        pole = radius == 0  # the azimuth of a pole is 0 by convention
        cos, sin = np.where(pole, 1.0, cos), np.where(pole, 0.0, sin)
        return np.stack([cos, sin, self.height(azimuth_elevation(directions)[1])], axis=-1)

    def valid(self, directions: ArrayLike) -> NDArray[np.bool_]:
        """Which directions (..., 3) lie on the band; shape (...)."""
        return np.abs(azimuth_elevation(directions)[1]) <= self.max_elevation_rad + EDGE

    def hides(self, world: NDArray[np.float32]) -> NDArray[np.bool_]:
        """See ``Chart``."""
        sine = np.abs(world[1]) / np.sqrt(np.einsum("i...,i...->...", world, world))
        return np.asarray(~(sine <= np.sin(self.max_elevation_rad) + SINGLE_EDGE))

    def clamped(self, directions: ArrayLike) -> NDArray[np.float64]:
        """See ``Chart``: those at the same azimuth."""
        limit = self.max_elevation_rad
        return self._at_elevations(directions, lambda elevation: elevation.clip(-limit, limit))

    def mirrored(self, directions: ArrayLike) -> NDArray[np.float64]:
        """See ``Chart``: elevations are reflected, whatever the profile."""
        return self._at_elevations(directions, lambda elevation: reflected(elevation, self.max_elevation_rad))

    def _at_elevations(self, directions: ArrayLike, change: Any) -> NDArray[np.float64]:
        # Directions beyond the band, at other elevations.
        directions = np.array(directions, np.float64)
        beyond = ~self.valid(directions)
        azimuth, elevation = azimuth_elevation(directions[beyond])
        directions[beyond] = from_azimuth_elevation(azimuth, change(elevation))
        return directions

    def places(self, directions: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """See ``Chart``."""
        azimuth, elevation = azimuth_elevation(directions)
        height = self.height(elevation.clip(-self.max_elevation_rad, self.max_elevation_rad))
        return azimuth / (2 * np.pi) + 0.5, (1 - height / self.max_height) / 2

    def row_elevations_rad(self, count: int) -> NDArray[np.float64]:
        """See ``Chart``: the same at all azimuths."""
        return self.elevation_rad(self.max_height * (1 - 2 * pixel_centres(count)))

    def natural_height(self, width: int) -> int:
        """Rows of a picture once around the cylinder in ``width`` columns, so that pixels are square."""
        return max(1, round(width * self.max_height / np.pi))

    def natural_width(self, height: int) -> int:
        """Columns once around the cylinder in ``height`` rows, so that pixels are square."""
        return max(1, round(height * np.pi / self.max_height))


def reflected(values: ArrayLike, edge: float) -> NDArray[np.float64]:
    """Values as mirrors at ``-edge`` and ``edge`` show them, again and again: all within."""
    period = 4 * edge
    turned = np.mod(np.asarray(values, np.float64) + edge, period)
    return np.minimum(turned, period - turned) - edge
