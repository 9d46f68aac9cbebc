"""Fisheyes: pictures in which the distance from the middle says how far from straight ahead a pixel looks."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles, Integers
from panogen.base.errors import UsageError
from panogen.geometry import Chart, rotate
from panogen.grids.base import AHEAD_CAMERA, Camera, Grid, check_positive, from_middle


@dataclass(frozen=True)
class Fisheye(Grid):
    """Equidistant: the angle from straight ahead is proportional to the distance from the middle.

    The circle is as wide as the picture, and ``fov_deg`` is the angle across it. Beside it nothing is shown.
    """

    name = "fisheye"
    has_fov = True
    reaches_behind: ClassVar[bool] = True  # whether it can show everything, 360 degrees
    round: ClassVar[bool] = True
    default_fov_deg: ClassVar[float] = 180.0
    width: int
    height: int
    fov_deg: float = default_fov_deg
    camera: Camera = AHEAD_CAMERA

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        check_positive("height", self.height)
        if not (0 < self.fov_deg < 360 or (self.reaches_behind and self.fov_deg == 360)):
            limits = "(0, 360]" if self.reaches_behind else "(0, 360)"
            raise UsageError(
                f"fov_deg must be in {limits} for a {self.name} picture, got {self.fov_deg:g}; leave it out for "
                f"{self.default_fov_deg:g}"
            )

    @classmethod
    @override
    def _laid_out(cls, chart: Chart, camera: Camera, width: int, height: int | None, fov_deg: float | None) -> Self:
        # The natural height is the width.
        fov_deg = cls.default_fov_deg if fov_deg is None else fov_deg
        return cls(width, width if height is None else height, fov_deg, camera)

    def _positions(self, samples: Integers) -> tuple[Doubles, Doubles, Doubles]:
        # Right and up of the middle, and the distance from it, (n,) each, in half widths; NaN beside a round picture.
        x, y = (offset * 2 / self.width for offset in from_middle(samples, self.shape))
        radius = np.sqrt(x * x + y * y)
        if self.round:
            radius[radius > 1] = np.nan
        return x, y, radius

    @override
    def at(self, samples: Integers) -> Doubles:
        return rotate(self.seen(*self._positions(samples)), self.camera.matrix)

    @override
    def footprints(self, samples: Integers) -> Doubles:
        *_, radius = self._positions(samples)
        return 2 / self.width * self.unit_footprints(radius)

    def seen(self, x: Doubles, y: Doubles, radius: Doubles) -> Doubles:
        """Directions (n, 3) as the camera sees them, right, up and ahead, at positions around a circle of radius 1."""
        angle = radius * (np.radians(self.fov_deg) / 2)
        across = np.sin(angle) / np.where(radius == 0, 1, radius)
        return np.stack([x * across, y * across, np.cos(angle)], -1)

    def unit_footprints(self, radius: Doubles) -> Doubles:
        """Footprints (n,) of areas of 1, at distances (n,) from the middle of a circle of radius 1.

        An area r dr dturn shows sin(angle) dangle dturn: the root of sin(angle) / r * dangle/dr.
        """
        # angle = r h, sin(angle) / r * dangle/dr = h^2 sin(angle) / angle; np.sinc(x) is sin(pi x) / (pi x).
        half: float = np.radians(self.fov_deg) / 2
        return half * np.sqrt(np.sinc(radius * (self.fov_deg / 360)))


class EquisolidFisheye(Fisheye):
    """Equal areas are equal solid angles: the distance is proportional to the sine of half the angle."""

    name = "fisheye-equisolid"

    @override
    def seen(self, x: Doubles, y: Doubles, radius: Doubles) -> Doubles:
        # With s the sine of half the angle, its sine is 2 s sqrt(1 - s^2), its cosine 1 - 2 s^2.
        edge = np.sin(np.radians(self.fov_deg) / 4)
        square = np.square(radius * edge)
        across = 2 * edge * np.sqrt(1 - square)
        return np.stack([x * across, y * across, 1 - 2 * square], -1)

    @override
    def unit_footprints(self, radius: Doubles) -> Doubles:
        # sin(angle / 2) = r e, sin(angle) / r = 2 e cos(angle / 2), dangle/dr = 2 e / cos(angle / 2): 4 e^2, wherever.
        edge = np.sin(np.radians(self.fov_deg) / 4)
        return np.where(np.isnan(radius), np.nan, 2 * edge)


class StereographicFisheye(Fisheye):
    """Small things keep their shape: the distance is proportional to the tangent of half the angle."""

    name = "fisheye-stereographic"
    reaches_behind = False

    @override
    def seen(self, x: Doubles, y: Doubles, radius: Doubles) -> Doubles:
        # With t the tangent of half the angle, its sine is 2 t / (1 + t^2), its cosine (1 - t^2) / (1 + t^2).
        edge = np.tan(np.radians(self.fov_deg) / 4)
        square = np.square(radius * edge)
        across = 2 * edge / (1 + square)
        return np.stack([x * across, y * across, (1 - square) / (1 + square)], -1)

    @override
    def unit_footprints(self, radius: Doubles) -> Doubles:
        # tan(angle / 2) = r e = t, sin(angle) / r = 2 e / (1 + t^2), and so is dangle/dr.
        edge: float = np.tan(np.radians(self.fov_deg) / 4)
        return 2 * edge / (1 + np.square(radius * edge))


class LittlePlanet(StereographicFisheye):
    """A stereographic picture that looks straight down, ahead at its top, and fills all of its rectangle.

    The camera's yaw spins the planet. ``fov_deg`` is the angle across the picture: at 238 degrees the horizon is a
    circle 0.59 of the width across, and the corners look up by 44.8 degrees, so that a model of 90 degrees fills them.
    """

    name = "little-planet"
    round = False
    default_fov_deg = 238.0

    @override
    def seen(self, x: Doubles, y: Doubles, radius: Doubles) -> Doubles:
        right, up, ahead = np.moveaxis(super().seen(x, y, radius), -1, 0)
        return np.stack([right, -ahead, up], -1)
