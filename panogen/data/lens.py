"""Photos on the cylinder: what a pinhole camera with a level axis saw of the band around it."""

from dataclasses import dataclass

import cv2
import numpy as np
from typing_extensions import override

from panogen.base.arrays import LONGEST_REMAP, Colours
from panogen.data.placement import Placement
from panogen.geometry import Cylinder, pixel_centres


@dataclass(frozen=True)
class Lens(Placement):
    """A pinhole camera whose axis is level: its picture's size in pixels, and its field of view on the longer side."""

    width: int
    height: int
    fov_deg: float

    @property
    def focal_pixels(self) -> float:
        """Distance of the picture from the pinhole, in its pixels."""
        half: float = np.tan(np.radians(self.fov_deg) / 2)
        return max(self.width, self.height) / 2 / half

    @property
    def vertical_fov_deg(self) -> float:
        """Return the angle from the lower edge's middle to the upper one's."""
        return float(np.degrees(2 * np.arctan(self.height / 2 / self.focal_pixels)))

    @override
    def extent_rad(self, chart: Cylinder) -> float:
        """Return the azimuth in which the photo fills the band from edge to edge; 0 where it is not high enough.

        A photo's edges bend towards the horizon on the cylinder: at azimuth a it reaches up to the elevation whose
        tangent is cos(a) times that of half the vertical field of view.
        """
        cosine = np.tan(chart.max_elevation_rad) / (self.height / 2 / self.focal_pixels)
        if cosine > 1:
            return 0.0
        return 2 * float(min(np.arctan(self.width / 2 / self.focal_pixels), np.arccos(cosine)))

    @override
    def native_rad(self, chart: Cylinder) -> float:
        """Return the side of a pixel in the middle of the photo."""
        return 1 / self.focal_pixels

    @override
    def why_unfit(self, chart: Cylinder, nadir_deg: float = 0.0) -> str | None:
        extent_rad = self.extent_rad(chart)
        if not extent_rad:
            return f"only {self.vertical_fov_deg:.1f} degrees high, the chart has {chart.vertical_fov_deg:g}"
        if extent_rad < chart.side:
            wanted_deg = np.degrees(chart.side)
            return (
                f"fills the chart's band for {np.degrees(extent_rad):.1f} degrees of azimuth only, "
                f"a square crop takes {wanted_deg:.1f}"
            )
        return None

    @override
    def band(self, pixels: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        extent_rad = self.extent_rad(chart)
        cell = min(chart.side / rows, extent_rad / columns)
        # Averaged down first, where it is denser than the band, so that nothing aliases.
        scale = min(1.0, 1 / (cell * self.focal_pixels), LONGEST_REMAP / max(self.width, self.height))
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        reduced = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
        azimuth = extent_rad * (pixel_centres(columns) - 0.5)
        tangent = np.tan(chart.row_elevations_rad(rows))
        right = np.broadcast_to(np.tan(azimuth), (rows, columns)) * self.focal_pixels / self.width
        up = tangent[:, None] / np.cos(azimuth) * self.focal_pixels / self.height
        x = ((0.5 + right) * size[0] - 0.5).astype(np.float32)
        y = ((0.5 - up) * size[1] - 0.5).astype(np.float32)
        return np.asarray(cv2.remap(reduced, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
