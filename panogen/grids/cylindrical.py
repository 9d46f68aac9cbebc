"""Cylinders, rolled out: 360 degrees by the field of view that the network was trained on."""

from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any, ClassVar, Self

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles
from panogen.base.errors import UsageError
from panogen.geometry import Chart, Cylinder
from panogen.grids.base import AHEAD_CAMERA, Camera, CircleGrid, check_positive
from panogen.grids.equirectangular import gpano_band


@dataclass(frozen=True)
class Cylindrical(CircleGrid):
    """The chart itself: rows at equal heights of the cylinder. Pixels are square where ``height`` is None."""

    name = "cylindrical"
    profile: ClassVar[str | None] = None  # of the cylinder that is laid out, None for the chart's own
    width: int
    chart: Cylinder
    camera: Camera = AHEAD_CAMERA
    height: int | None = None
    tall: bool = False

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        if self.profile == "central" and self.chart.vertical_fov_deg >= 180:
            raise UsageError(
                f"a {self.name} picture cannot reach the poles, got {self.chart.vertical_fov_deg:g} degrees of "
                "elevation; use projection equirectangular or mercator"
            )
        check_positive("height", self.shape[0])

    @classmethod
    @override
    def _laid_out(cls, chart: Chart, camera: Camera, width: int, height: int | None, fov_deg: float | None) -> Self:
        # The only height is the one of square pixels.
        grid = cls(width, chart.band, camera, tall=chart.poles)
        if height not in (None, grid.shape[0]):
            raise UsageError(
                f"height must be {grid.shape[0]} for a {cls.name} picture {width} wide of {chart.vertical_fov_deg:g} "
                f"degrees, got {height}; leave it out, or use projection equirectangular"
            )
        return grid

    @cached_property
    def cylinder(self) -> Cylinder:
        """Return the cylinder that is laid out: the band of the chart, with the profile of this projection."""
        return self.chart if self.profile is None else replace(self.chart, profile=self.profile)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.cylinder.natural_height(self.width) if self.height is None else self.height, self.width

    @property
    def row_elevations_rad(self) -> Doubles:
        """Elevations of the rows before pitch and roll."""
        return self.cylinder.row_elevations_rad(self.shape[0])

    @property
    @override
    def row_steps_rad(self) -> Doubles:
        # Rows are 2 max_height / H apart; delevation/dheight = cos^2(elevation) of a tangent, and 1 of the elevation.
        slopes = np.square(np.cos(self.row_elevations_rad)) if self.cylinder.profile == "central" else 1.0
        return np.full(self.shape[0], 2 * self.cylinder.max_height / self.shape[0]) * slopes

    @property
    def metadata(self) -> dict[str, Any]:
        """GPano fields where the cylinder is an equirectangular band, else none: viewers would bend it."""
        height = self.shape[0]
        square = height * 360 == self.width * self.chart.vertical_fov_deg
        centred = self.width % 2 == 0 and (self.width // 2 - height) % 2 == 0
        if self.cylinder.profile != "equirectangular" or not square or not centred:
            return {}
        return gpano_band(self.width, height)

    @property
    @override
    def sidecar(self) -> dict[str, Any]:
        """Tell whether heights on the cylinder are elevations or their tangents, and where it ends."""
        if self.metadata:
            return {}
        rows, columns = self.shape
        return {
            "projection": "cylindrical",
            "profile": self.cylinder.profile,
            "width": columns,
            "height": rows,
            "horizontal_fov_deg": 360.0,
            "vertical_fov_deg": self.cylinder.vertical_fov_deg,
            **asdict(self.camera),
        }


class CylindricalCentral(Cylindrical):
    """A height is the tangent of an elevation, as on a photo that is rolled up: verticals and proportions are right."""

    name = "cylindrical-central"
    profile = "central"


class CylindricalEquirectangular(Cylindrical):
    """A height is an elevation, whatever the network was trained on."""

    name = "cylindrical-equirectangular"
    profile = "equirectangular"
