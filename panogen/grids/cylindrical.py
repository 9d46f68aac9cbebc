"""The chart itself, laid out: 360 degrees by the field of view that the network was trained on."""

from dataclasses import dataclass
from typing import Any, Self

from panogen.errors import UsageError
from panogen.geometry import Cylinder, pixel_centres
from panogen.grids.base import AHEAD, Array, Camera, CircleGrid, check_side, refuse_fov
from panogen.grids.equirectangular import gpano_band


@dataclass(frozen=True)
class Cylindrical(CircleGrid):
    """Rows at equal heights of the cylinder, square pixels."""

    name = "cylindrical"
    width: int
    chart: Cylinder
    camera: Camera = AHEAD

    def __post_init__(self) -> None:
        check_side("width", self.width)

    @classmethod
    def lay_out(
        cls, chart: Cylinder, camera: Camera, width: int, height: int | None = None, fov_deg: float | None = None
    ) -> Self:
        """See ``Grid``. The only height is the one of square pixels."""
        refuse_fov(cls.name, fov_deg)
        grid = cls(width, chart, camera)
        if height not in (None, grid.shape[0]):
            raise UsageError(
                f"height must be {grid.shape[0]} for a cylindrical picture {width} wide of {chart.vertical_fov_deg:g} "
                f"degrees, got {height}; leave it out, or use projection equirectangular"
            )
        return grid

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.chart.natural_height(self.width), self.width

    @property
    def row_elevations_rad(self) -> Array:
        """Elevations of the rows before pitch and roll."""
        return self.chart.elevation_rad(self.chart.max_height * (1 - 2 * pixel_centres(self.shape[0])))

    @property
    def metadata(self) -> dict[str, Any]:
        """GPano fields where the cylinder is an equirectangular band, else none: viewers would bend it."""
        height = self.shape[0]
        square = height * 360 == self.width * self.chart.vertical_fov_deg
        centred = self.width % 2 == 0 and (self.width // 2 - height) % 2 == 0
        if self.chart.profile != "equirectangular" or not square or not centred:
            return {}
        return gpano_band(self.width, height)
