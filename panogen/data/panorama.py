"""Panoramas on the cylinder: equirectangular ones, whole, cut or tilted, and sweeps that close around."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from typing_extensions import override

from panogen.base.arrays import Colours, Doubles, Floats
from panogen.data.placement import Placement
from panogen.decoding import Part
from panogen.geometry import Cylinder, azimuth_elevation, from_azimuth_elevation, pixel_centres, rotation

EDGE = 1e-6  # relative
LEVEL_WIDTH = 256  # pixels at which is tried how a picture is tilted
AT_ONCE = 256  # rows
BELIEVED = 0.98  # of how different a row's pixels are as it stands, for a tilt to be believed


@dataclass(frozen=True)
class Panorama(Placement):
    """Pixels of an equirectangular panorama, ``width`` x ``height``, that are a part of it."""

    width: int
    height: int
    part: Part

    @property
    def top_rad(self) -> float:
        """Elevation of the upper edge."""
        return math.pi * (0.5 - self.part.top / self.part.full_height)

    @property
    def bottom_rad(self) -> float:
        """Elevation of the lower edge."""
        return math.pi * (0.5 - (self.part.top + self.height) / self.part.full_height)

    @property
    def pixel_rad(self) -> float:
        """Height of a pixel."""
        return math.pi / self.part.full_height

    @property
    def closed(self) -> bool:
        """Whether it goes once around, but for a pixel."""
        return self.part.full_width - self.width < 1

    @property
    def around_rad(self) -> float:
        """Azimuth that the picture covers."""
        return 2 * math.pi * (1.0 if self.closed else self.width / self.part.full_width)

    @override
    def extent_rad(self, chart: Cylinder) -> float:
        return self.around_rad

    @override
    def native_rad(self, chart: Cylinder) -> float:
        return 2 * math.pi / self.part.full_width

    @override
    def why_unfit(self, chart: Cylinder, nadir_deg: float = 0.0) -> str | None:
        lowest = max(-chart.max_elevation_rad, math.radians(nadir_deg) - math.pi / 2)
        reached = (chart.max_elevation_rad - self.top_rad, self.bottom_rad - lowest)
        if max(reached) > self.pixel_rad:
            return (
                f"shows elevations of {math.degrees(self.bottom_rad):.1f} to {math.degrees(self.top_rad):.1f} degrees "
                f"only, the chart has {math.degrees(lowest):.1f} to {math.degrees(chart.max_elevation_rad):.1f}"
            )
        if self.around_rad < min(chart.side, 2 * math.pi):
            return (
                f"shows {math.degrees(self.around_rad):.1f} degrees of azimuth only, "
                f"a square crop takes {math.degrees(chart.side):.1f}"
            )
        return None

    @override
    def band(self, pixels: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        elevations = chart.row_elevations_rad(rows)
        if self.part.pitch_deg or self.part.roll_deg:
            return self._levelled(pixels, elevations, columns)
        share, offset = self.height / self.part.full_height, 0.5 - self.part.top / self.part.full_height
        around = self.around_rad / (2 * math.pi)
        reduced = cv2.resize(pixels, (columns, max(2, int(columns * share / around / 2))), interpolation=cv2.INTER_AREA)
        return rows_at(reduced, (offset - elevations / np.pi) / share)

    def _levelled(self, pixels: Colours, elevations: Doubles, columns: int) -> Colours:
        # Only of whole spheres.
        reduced = np.asarray(cv2.resize(pixels, (columns, max(2, columns // 2)), interpolation=cv2.INTER_AREA))
        return turned(reduced, elevations, columns, self.part.pitch_deg, self.part.roll_deg)

    def upright(self, pixels: Colours) -> Part:
        """Return the part as the picture is tilted: as its file says, or the other way round, or not at all.

        Programs disagree on the signs of pose angles, and on whether they are of the picture or of the camera whose
        picture was levelled since. Of all readings that one holds under which the rows are the most alike, as sky and
        ground make them; the first where no other is clearly better.
        """
        small = np.asarray(cv2.resize(pixels, (LEVEL_WIDTH, LEVEL_WIDTH // 2), interpolation=cv2.INTER_AREA))
        elevations = np.pi * (0.5 - pixel_centres(len(small)))
        pitch, roll = self.part.pitch_deg, self.part.roll_deg
        readings = dict.fromkeys([(pitch, roll), (-pitch, -roll), (pitch, -roll), (-pitch, roll), (0.0, 0.0)])
        uneven = [_unevenness(turned(small, elevations, LEVEL_WIDTH, *one), elevations) for one in readings]
        best = int(np.argmin(uneven))
        chosen = list(readings)[best if uneven[best] < BELIEVED * uneven[0] else 0]
        return replace(self.part, pitch_deg=chosen[0], roll_deg=chosen[1])


@dataclass(frozen=True)
class Sweep(Placement):
    """A picture once around a cylinder, ``width`` x ``height``, the horizon in the middle: a phone's whole turn."""

    width: int
    height: int

    @property
    def top_rad(self) -> float:
        """Elevation of the upper edge."""
        return math.atan(math.pi * self.height / self.width)

    @override
    def extent_rad(self, chart: Cylinder) -> float:
        return 2 * math.pi

    @override
    def native_rad(self, chart: Cylinder) -> float:
        return 2 * math.pi / self.width

    @override
    def why_unfit(self, chart: Cylinder, nadir_deg: float = 0.0) -> str | None:
        if chart.max_elevation_rad > self.top_rad * (1 + EDGE):
            return f"only {2 * math.degrees(self.top_rad):.1f} degrees high, the chart has {chart.vertical_fov_deg:g}"
        return None

    @override
    def band(self, pixels: Colours, rows: int, columns: int, chart: Cylinder) -> Colours:
        reduced = cv2.resize(
            pixels, (columns, max(2, round(columns * self.height / self.width))), interpolation=cv2.INTER_AREA
        )
        height = 2 * math.pi * self.height / self.width  # in radii
        return rows_at(reduced, 0.5 - np.tan(chart.row_elevations_rad(rows)) / height)


def rows_at(picture: Colours, down: Doubles) -> Colours:
    """Return rows of a picture (H, W, 3) at shares (rows,) of its height, interpolated."""
    position = np.clip(down * len(picture) - 0.5, 0, len(picture) - 1)
    above = np.minimum(position.astype(int), len(picture) - 2)
    share = (position - above).astype(np.float32)[:, None, None]
    band: Colours = picture[above] * (1 - share) + picture[above + 1] * share
    return np.round(band).astype(np.uint8) if picture.dtype == np.uint8 else band


def turned(picture: Colours, elevations_rad: Doubles, columns: int, pitch_deg: float, roll_deg: float) -> Colours:
    """Return rows at elevations of a whole sphere (H, W, 3) that a camera of such a pose has taken, levelled."""
    rows, width = picture.shape[:2]
    around = np.concatenate([picture[:, -1:], picture, picture[:, :1]], axis=1)
    matrix = rotation(0.0, math.radians(pitch_deg), math.radians(roll_deg))
    azimuths = 2 * np.pi * (pixel_centres(columns) - 0.5)
    level = np.empty((len(elevations_rad), columns, 3), picture.dtype)
    for top in range(0, len(level), AT_ONCE):
        directions = from_azimuth_elevation(azimuths, elevations_rad[top : top + AT_ONCE, None])
        azimuth, elevation = azimuth_elevation(directions @ matrix)
        x = ((azimuth / (2 * np.pi) + 0.5) * width + 0.5).astype(np.float32)
        y = ((0.5 - elevation / np.pi) * rows - 0.5).astype(np.float32)
        level[top : top + AT_ONCE] = cv2.remap(around, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return level


def _unevenness(picture: Colours, elevations_rad: Doubles) -> float:
    """Mean variance within rows (H, W, 3), by how much of the sphere each covers."""
    grey: Floats = picture.astype(np.float32).mean(2)
    return float(np.average(grey.var(1), weights=np.cos(elevations_rad)))
