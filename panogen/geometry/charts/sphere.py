"""The chart of networks that know the whole sphere: directions themselves, so there is neither a seam nor a pole."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from panogen.base.arrays import Booleans, Doubles, Floats
from panogen.geometry.charts.chart import Chart
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
    def coordinates(self, directions: ArrayLike) -> Doubles:
        return np.asarray(directions, np.float64)

    @override
    def unrolled(self, coordinates: ArrayLike) -> Doubles:
        """Return coordinates (..., 3) as they are: lattices lie in space."""
        return np.asarray(coordinates, np.float64)

    @override
    def stretch(self, directions: ArrayLike) -> Doubles:
        return np.ones(np.shape(directions)[:-1])

    @override
    def valid(self, directions: ArrayLike) -> Booleans:
        return np.ones(np.shape(directions)[:-1], bool)

    @override
    def hides(self, world: Floats) -> Booleans:
        """Return which vectors (3, ...) are no directions."""
        return np.asarray(np.isnan(world).any(0))

    @override
    def clamped(self, directions: ArrayLike) -> Doubles:
        return np.array(directions, np.float64)

    mirrored = clamped

    @override
    def windows(
        self, rng: np.random.Generator, side: Doubles, footprint: Doubles, nadir_rad: float = 0.0
    ) -> LensWindows:
        """Return lens views: a share ``HORIZON_SHARE`` shows the horizon, the others are uniform on the sphere."""
        count, half = len(side), np.arctan(side / 2)
        azimuth_rad = rng.uniform(-np.pi, np.pi, count)
        lowest = (half + nadir_rad) * (nadir_rad > 0) - np.pi / 2
        anywhere = np.arcsin(rng.uniform(np.sin(lowest), 1, count))
        lower = np.maximum(-half, lowest)
        level = (half + lower) / 2 + rng.uniform(-1, 1, count) * (half - lower) / 2
        pitch_rad = np.where(rng.random(count) < HORIZON_SHARE, level, anywhere)
        return LensWindows(self.band, azimuth_rad, pitch_rad, side, footprint)
