"""Charts: the coordinates in which a network sees directions."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from panogen.geometry.directions import azimuth_elevation

# How a height on the cylinder follows from an elevation, and back.
PROFILES = {
    "equirectangular": (lambda elevation: elevation, lambda height: height),
    "central": (np.tan, np.arctan),
}


@dataclass(frozen=True)
class Cylinder:
    """A band of the sphere around the horizon, rolled out as a cylinder of radius 1.

    ``profile`` says what a height is: the elevation itself (``equirectangular``, for panoramas) or its tangent
    (``central``, the projection of a photo). ``vertical_fov_deg`` is the full angle from the lower edge to the upper.
    """

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
        return np.abs(azimuth_elevation(directions)[1]) <= self.max_elevation_rad + 1e-12

    def natural_height(self, width: int) -> int:
        """Rows of a picture once around the cylinder in ``width`` columns, so that pixels are square."""
        return max(1, round(width * self.max_height / np.pi))

    def natural_width(self, height: int) -> int:
        """Columns once around the cylinder in ``height`` rows, so that pixels are square."""
        return max(1, round(height * np.pi / self.max_height))
