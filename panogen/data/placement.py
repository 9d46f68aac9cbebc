"""Where the pixels of a picture lie on the cylinder that crops are cut from."""

from abc import ABC, abstractmethod

from panogen.base.arrays import Colours
from panogen.geometry import Cylinder


class Placement(ABC):
    """A picture's place on a chart."""

    @abstractmethod
    def extent_rad(self, chart: Cylinder) -> float:
        """Return the azimuth in which the picture fills the chart's band from edge to edge: 2 pi if it closes."""

    @abstractmethod
    def native_rad(self, chart: Cylinder) -> float:
        """Return the side of the picture's pixels on the chart."""

    @abstractmethod
    def why_unfit(self, chart: Cylinder, nadir_deg: float = 0.0) -> str | None:
        """Return why square crops of the chart's band, but for what is within ``nadir_deg`` of the nadir, cannot be cut
        from the picture; or None."""

    @abstractmethod
    def band(self, pixels: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        """Return the pixels (height, width, 3) as the part of the chart's band that they fill: (rows, columns, 3)."""
