"""Lens views: the pinhole camera, straight from the network."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles, Floats, Integers
from panogen.base.errors import UsageError
from panogen.geometry import Chart, rotate
from panogen.grids.base import AHEAD_CAMERA, Camera, Grid, check_positive, from_middle


@dataclass(frozen=True)
class Perspective(Grid):
    """A flat picture ``fov_deg`` wide from edge to edge, square pixels."""

    name = "perspective"
    has_fov = True
    width: int
    height: int
    fov_deg: float = 90.0
    camera: Camera = AHEAD_CAMERA

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        check_positive("height", self.height)
        if not 0 < self.fov_deg < 180:
            raise UsageError(
                f"fov_deg must be in (0, 180), got {self.fov_deg:g}; for wider views use projection fisheye"
            )

    @classmethod
    @override
    def _laid_out(cls, chart: Chart, camera: Camera, width: int, height: int | None, fov_deg: float | None) -> Self:
        # The natural height and field of view are the chart's.
        natural_height, natural_fov_deg = chart.natural_lens(width)
        height = natural_height if height is None else height
        return cls(width, height, natural_fov_deg if fov_deg is None else fov_deg, camera)

    @property
    def pitch(self) -> float:
        """Return the distance of the pixels, at distance 1."""
        return 2 * float(np.tan(np.radians(self.fov_deg) / 2)) / self.width

    @cached_property
    @override
    def camera_directions(self) -> Floats:
        x = ((np.arange(self.width) + 0.5 - self.width / 2) * self.pitch).astype(np.float32)
        y = ((self.height / 2 - 0.5 - np.arange(self.height)) * self.pitch).astype(np.float32)
        shape = self.shape
        return np.stack([np.broadcast_to(x, shape), np.broadcast_to(y[:, None], shape), np.ones(shape, np.float32)])

    @override
    def at(self, samples: Integers) -> Doubles:
        x, y = (offset * self.pitch for offset in from_middle(samples, self.shape))
        length = np.sqrt(x * x + y * y + 1)
        return rotate(np.stack([x / length, y / length, 1 / length], -1), self.camera.matrix)

    @override
    def footprints(self, samples: Integers) -> Doubles:
        """Return pitch * cos^1.5 of the angle off axis."""
        # The solid angle of an area of the plane, 1 / cos away and tilted by the angle, is cos^2 * cos of it.
        x, y = (offset * self.pitch for offset in from_middle(samples, self.shape))
        square = x * x + y * y + 1  # 1 / cos^2
        return self.pitch / np.sqrt(square * np.sqrt(square))
