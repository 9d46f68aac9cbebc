"""The chart of networks that were trained on panoramas: a band around the horizon."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from panogen.base.arrays import Booleans, Doubles, Floats
from panogen.geometry.charts.chart import EDGE, SINGLE_EDGE, Chart, reflected
from panogen.geometry.charts.windows import BandWindows
from panogen.geometry.directions import azimuth_elevation, from_azimuth_elevation, pixel_centres

LENS_FOV_DEG = 90.0  # of a lens view for which none is asked
# How a height on the cylinder follows from an elevation, and back.
PROFILES: dict[str, tuple[Callable[[Doubles], Doubles], Callable[[Doubles], Doubles]]] = {
    "equirectangular": (lambda elevation: elevation, lambda height: height),
    "central": (np.tan, np.arctan),
}


@dataclass(frozen=True)
class Cylinder(Chart):
    """A band of the sphere around the horizon, rolled out as a cylinder of radius 1.

    ``profile`` says what a height is: the elevation itself (``equirectangular``, for panoramas) or its tangent
    (``central``, the projection of a photo). ``vertical_fov_deg`` is the full angle from the lower edge to the upper.
    """

    kind = "cylinder"
    axes: ClassVar[int] = 3
    upright: ClassVar[int] = 2
    periods: ClassVar[tuple[int, ...]] = (4, 0)
    apart: ClassVar[bool] = True
    closed: ClassVar[bool] = True
    natural_projection: ClassVar[str] = "cylindrical"
    vertical_fov_deg: float = 90.0
    profile: str = "equirectangular"

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise ValueError(f"profile must be one of {', '.join(PROFILES)}, got {self.profile!r}")
        whole = self.vertical_fov_deg == 180 and self.profile == "equirectangular"
        if not (0 < self.vertical_fov_deg < 180 or whole):
            raise ValueError(f"vertical_fov_deg must be in (0, 180), got {self.vertical_fov_deg}")

    @property
    @override
    def band(self) -> "Cylinder":
        return self

    @property
    @override
    def extent(self) -> str:
        return f"the {self.vertical_fov_deg:g} degrees"

    @cached_property
    def max_elevation_rad(self) -> float:
        """Elevation of the upper edge; the lower one is its negative."""
        return float(np.radians(self.vertical_fov_deg)) / 2

    @cached_property
    def max_height(self) -> float:
        """Height of the upper edge, in radii of the cylinder."""
        return float(self.height(self.max_elevation_rad))

    def height(self, elevation_rad: ArrayLike) -> Doubles:
        """Height on the cylinder at which an elevation appears."""
        to_height, _ = PROFILES[self.profile]
        return to_height(np.asarray(elevation_rad, np.float64))

    def elevation_rad(self, height: ArrayLike) -> Doubles:
        """Elevation that appears at a height; the inverse of ``height``."""
        _, to_elevation = PROFILES[self.profile]
        return to_elevation(np.asarray(height, np.float64))

    def coordinates(self, directions: ArrayLike) -> Doubles:
        """Return what the network sees of directions (..., 3): (cos azimuth, sin azimuth, height), shape (..., 3)."""
        directions = np.asarray(directions, np.float64)
        x, z = directions[..., 0], directions[..., 2]
        radius = np.hypot(x, z)
        with np.errstate(invalid="ignore", divide="ignore"):
            cos, sin = z / radius, x / radius
        pole = radius == 0  # the azimuth of a pole is 0 by convention
        cos, sin = np.where(pole, 1.0, cos), np.where(pole, 0.0, sin)
        return np.stack([cos, sin, self.height(azimuth_elevation(directions)[1])], axis=-1)

    @override
    def unrolled(self, coordinates: ArrayLike) -> Doubles:
        """Return azimuth and height."""
        cos, sin, height = np.moveaxis(np.asarray(coordinates, np.float64), -1, 0)
        return np.stack([np.arctan2(sin, cos), height], axis=-1)

    @override
    def stretch(self, directions: ArrayLike) -> Doubles:
        """Return the root of 1 / cos(elevation), around the circle, times what the profile stretches up and down."""
        directions = np.asarray(directions, np.float64)
        level: Doubles = np.hypot(directions[..., 0], directions[..., 2])  # the cosine
        with np.errstate(divide="ignore"):
            return level ** (-0.5 if self.profile == "equirectangular" else -1.5)

    def valid(self, directions: ArrayLike) -> Booleans:
        """Tell which directions (..., 3) lie on the band: (...)."""
        return np.abs(azimuth_elevation(directions)[1]) <= self.max_elevation_rad + EDGE

    @override
    def hides(self, world: Floats) -> Booleans:
        sine = np.abs(world[1]) / np.sqrt(np.einsum("i...,i...->...", world, world))
        return np.asarray(~(sine <= np.sin(self.max_elevation_rad) + SINGLE_EDGE))

    @override
    def clamped(self, directions: ArrayLike) -> Doubles:
        """Return the nearest at the same azimuth."""
        limit = self.max_elevation_rad
        return self._at_elevations(directions, lambda elevation: elevation.clip(-limit, limit))

    @override
    def mirrored(self, directions: ArrayLike) -> Doubles:
        """Reflect elevations, whatever the profile."""
        return self._at_elevations(directions, lambda elevation: reflected(elevation, self.max_elevation_rad))

    def _at_elevations(self, directions: ArrayLike, change: Callable[[Doubles], Doubles]) -> Doubles:
        # Directions beyond the band, at other elevations.
        directions = np.array(directions, np.float64)
        beyond = ~self.valid(directions)
        azimuth, elevation = azimuth_elevation(directions[beyond])
        directions[beyond] = from_azimuth_elevation(azimuth, change(elevation))
        return directions

    @override
    def picture_positions(self, directions: ArrayLike) -> tuple[Doubles, Doubles]:
        azimuth, elevation = azimuth_elevation(directions)
        height = self.height(elevation.clip(-self.max_elevation_rad, self.max_elevation_rad))
        return azimuth / (2 * np.pi) + 0.5, (1 - height / self.max_height) / 2

    @override
    def row_elevations_rad(self, count: int) -> Doubles:
        """Return elevations that are the same at all azimuths."""
        return self.elevation_rad(self.max_height * (1 - 2 * pixel_centres(count)))

    def natural_height(self, width: int) -> int:
        """Rows of a picture once around the cylinder in ``width`` columns, so that pixels are square."""
        return max(1, round(width * self.max_height / np.pi))

    def natural_width(self, height: int) -> int:
        """Columns once around the cylinder in ``height`` rows, so that pixels are square."""
        return max(1, round(height * np.pi / self.max_height))

    @override
    def azimuths_deg(self, count: int) -> tuple[float, ...]:
        """Return azimuths around the whole circle, the first one ahead."""
        return tuple(360.0 * k / count for k in range(count))

    @override
    def natural_lens(self, width: int) -> tuple[int, float]:
        """Return 9/16 of the width, and the usual field of view."""
        return max(1, round(width * 9 / 16)), LENS_FOV_DEG

    @property
    @override
    def side(self) -> float:
        """Return the height of the band."""
        return 2 * self.max_height

    @override
    def windows(
        self, rng: np.random.Generator, side: Doubles, footprint: Doubles, nadir_rad: float = 0.0
    ) -> BandWindows:
        """Draw windows at random azimuths, and at random heights within the band."""
        azimuth_rad = rng.uniform(-np.pi, np.pi, len(side))
        height = rng.uniform(-0.5, 0.5, len(side)) * (self.side - side)
        return BandWindows(self, azimuth_rad, height, side, footprint)
