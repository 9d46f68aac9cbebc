"""Mercator's map: small things keep their shape, at every elevation."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles
from panogen.base.errors import UsageError
from panogen.geometry import Chart
from panogen.grids.base import AHEAD_CAMERA, Camera, CircleGrid, check_positive


@dataclass(frozen=True)
class Mercator(CircleGrid):
    """``height`` rows at equal Mercator heights, asinh(tan(elevation)), around the horizon; square pixels.

    A square one reaches up and down to 85.05 degrees, and none goes farther: the poles are infinitely far.
    """

    name = "mercator"
    width: int
    height: int
    camera: Camera = AHEAD_CAMERA

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        if not 1 <= self.height <= self.width:
            raise UsageError(
                f"height must be in [1, {self.width}] for a mercator picture {self.width} wide, got {self.height}; "
                "leave it out for the band that the model knows"
            )

    @classmethod
    @override
    def _laid_out(cls, chart: Chart, camera: Camera, width: int, height: int | None, fov_deg: float | None) -> Self:
        # The natural height is the largest that stays within the chart's band.
        if height is None:
            top = np.arcsinh(np.tan(chart.band.max_elevation_rad))
            height = int(np.clip(np.floor(width * top / np.pi + 1e-9), 1, width))
        return cls(width, height, camera)

    @property
    def row_elevations_rad(self) -> Doubles:
        """Elevations of the rows before pitch and roll."""
        rows = np.arange(self.height, dtype=np.float64)
        return np.arctan(np.sinh(2 * np.pi / self.width * (self.height / 2 - 0.5 - rows)))

    @property
    @override
    def row_steps_rad(self) -> Doubles:
        # elevation = atan(sinh m), delevation/dm = 1 / cosh m = cos(elevation), and rows are 2 pi / W of m apart.
        return 2 * np.pi / self.width * np.cos(self.row_elevations_rad)
