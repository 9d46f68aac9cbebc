"""The chart of networks that know the whole sphere: directions themselves, so there is neither a seam nor a pole."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from panogen.geometry.charts.chart import Array, Chart
from panogen.geometry.charts.cylinder import Cylinder
from panogen.geometry.charts.windows import LensWindows

WIDEST = 2.0  # side of the widest lens view in training, at distance 1: 90 degrees
HORIZON_SHARE = 0.25  # of views in training, those that show the horizon


@dataclass(frozen=True)
class Sphere(Chart):
    """All directions, as points (x, y, z) of the sphere of radius 1. Their height is y, the sine of the elevation."""

    kind = "sphere"
    axes: ClassVar[int] = 3
    upright: ClassVar[int] = 1
    periods: ClassVar[tuple[int, ...]] = (0, 0, 0)
    apart: ClassVar[bool] = False
    closed: ClassVar[bool] = True
    poles: ClassVar[bool] = True
    natural_projection: ClassVar[str] = "equirectangular"
    vertical_fov_deg: ClassVar[float] = 180.0
    extent: ClassVar[str] = "the whole sphere"
    side: ClassVar[float] = WIDEST

    @cached_property
    def band(self) -> Cylinder:
        """Return all of it, rolled out."""
        return Cylinder(self.vertical_fov_deg)

    @override
    def coordinates(self, directions: ArrayLike) -> Array:
        """Return directions (..., 3) as they are."""
        return np.asarray(directions, np.float64)

    @override
    def unrolled(self, coordinates: ArrayLike) -> Array:
        """Return coordinates (..., 3) as they are: lattices lie in space."""
        return np.asarray(coordinates, np.float64)

    @override
    def stretch(self, directions: ArrayLike) -> Array:
        """Return 1 for each of directions (..., 3)."""
        return np.ones(np.shape(directions)[:-1])

    @override
    def valid(self, directions: ArrayLike) -> NDArray[np.bool_]:
        """Return that it shows all directions (..., 3)."""
        return np.ones(np.shape(directions)[:-1], bool)

    @override
    def hides(self, world: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which vectors (3, ...) are no directions."""
        return np.asarray(np.isnan(world).any(0))

    @override
    def clamped(self, directions: ArrayLike) -> Array:
        """Return directions (..., 3) as they are."""
        return np.array(directions, np.float64)

    @override
    def mirrored(self, directions: ArrayLike) -> Array:
        """Return directions (..., 3) as they are."""
        return np.array(directions, np.float64)

    @override
    def picture_positions(self, directions: ArrayLike) -> tuple[Array, Array]:
        """Return where directions (..., 3) lie in the equirectangular picture."""
        return self.band.picture_positions(directions)

    @override
    def row_elevations_rad(self, count: int) -> Array:
        """Return those of the rows of the equirectangular picture."""
        return self.band.row_elevations_rad(count)

    @override
    def azimuths_deg(self, count: int) -> tuple[float, ...]:
        """Return azimuths evenly around the circle, the first one ahead."""
        return self.band.azimuths_deg(count)

    @override
    def natural_height(self, width: int) -> int:
        """Return half the width."""
        return self.band.natural_height(width)

    @override
    def natural_width(self, height: int) -> int:
        """Return twice the height."""
        return self.band.natural_width(height)

    @override
    def natural_lens(self, width: int) -> tuple[int, float]:
        """Return that of a band."""
        return self.band.natural_lens(width)

    @override
    def windows(self, rng: np.random.Generator, side: Array, footprint: Array, nadir_rad: float = 0.0) -> LensWindows:
        """Return lens views: a share ``HORIZON_SHARE`` shows the horizon, the others are uniform on the sphere."""
        count, half = len(side), np.arctan(side / 2)
        azimuth_rad = rng.uniform(-np.pi, np.pi, count)
        lowest = (half + nadir_rad) * (nadir_rad > 0) - np.pi / 2
        anywhere = np.arcsin(rng.uniform(np.sin(lowest), 1, count))
        level = np.maximum(rng.uniform(-1, 1, count) * half, lowest)
        pitch_rad = np.where(rng.random(count) < HORIZON_SHARE, level, anywhere)
        return LensWindows(self.band, azimuth_rad, pitch_rad, side, footprint)
