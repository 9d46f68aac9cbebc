"""Photos on the cylinder: what a pinhole camera with a level axis saw of the band around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from PIL import ExifTags

from panogen.data.noise import LONGEST_REMAP
from panogen.data.source import Colours
from panogen.geometry import Cylinder, pixel_centres

FILM_MM = 36.0  # the longer side of 35 mm film
UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # EXIF's FocalPlaneResolutionUnit
NARROWEST_DEG, WIDEST_DEG = 1.0, 170.0  # fields of view that a pinhole camera is believed to have


def exif_fov_deg(exif: Mapping[int, Any], size: tuple[int, int]) -> tuple[float | None, str | None]:
    """Field of view along the longer side from EXIF's focal length, and the tag that told; None where none does.

    ``size`` is the stored picture's (width, height). Cropped pictures are not found out: their EXIF is the camera's.
    """
    tags = {
        tag: _positive(exif.get(tag))
        for tag in (
            ExifTags.Base.FocalLengthIn35mmFilm,
            ExifTags.Base.FocalLength,
            ExifTags.Base.FocalPlaneXResolution,
            ExifTags.Base.ExifImageWidth,
        )
    }
    film, focal, dots, columns = tags.values()
    found = []
    if film:
        found.append((FILM_MM / film, "FocalLengthIn35mmFilm"))
    if focal and dots:
        unit_mm = UNIT_MM.get(exif.get(ExifTags.Base.FocalPlaneResolutionUnit, 2), 25.4)
        width_mm = (columns or size[0]) / dots * unit_mm
        found.append((width_mm * max(1.0, size[1] / size[0]) / focal, "FocalLength and FocalPlaneXResolution"))
    for ratio, tag in found:  # of the longer side to the focal length
        fov_deg = float(np.degrees(2 * np.arctan(ratio / 2)))
        if NARROWEST_DEG <= fov_deg <= WIDEST_DEG:
            return round(fov_deg, 3), f"EXIF {tag}"
    return None, None


def _positive(value: Any) -> float | None:
    """Return a tag's value as a number above 0, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < np.inf else None


@dataclass(frozen=True)
class Lens:
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

    def extent_rad(self, chart: Cylinder) -> float:
        """Azimuth in which the photo fills the chart's band from edge to edge; 0 where it is not high enough.

        A photo's edges bend towards the horizon on the cylinder: at azimuth a it reaches up to the elevation whose
        tangent is cos(a) times that of half the vertical field of view.
        """
        cosine = np.tan(chart.max_elevation_rad) / (self.height / 2 / self.focal_pixels)
        if cosine > 1:
            return 0.0
        return 2 * float(min(np.arctan(self.width / 2 / self.focal_pixels), np.arccos(cosine)))

    def why_unfit(self, chart: Cylinder) -> str | None:
        """Return why square crops of the chart's band cannot be cut from the photo, or None."""
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

    def band(self, photo: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        """Return the photo (height, width, 3) as the part of the chart's band that it fills: (rows, columns, 3)."""
        extent_rad = self.extent_rad(chart)
        cell = min(chart.side / rows, extent_rad / columns)
        # Averaged down first, where it is denser than the band, so that nothing aliases.
        scale = min(1.0, 1 / (cell * self.focal_pixels), LONGEST_REMAP / max(self.width, self.height))
        size = max(1, round(self.width * scale)), max(1, round(self.height * scale))
        photo = np.asarray(cv2.resize(photo, size, interpolation=cv2.INTER_AREA))
        azimuth = extent_rad * (pixel_centres(columns) - 0.5)
        tangent = np.tan(chart.row_elevations_rad(rows))
        right = np.broadcast_to(np.tan(azimuth), (rows, columns)) * self.focal_pixels / self.width
        up = tangent[:, None] / np.cos(azimuth) * self.focal_pixels / self.height
        x = ((0.5 + right) * size[0] - 0.5).astype(np.float32)
        y = ((0.5 - up) * size[1] - 0.5).astype(np.float32)
        return np.asarray(cv2.remap(photo, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
