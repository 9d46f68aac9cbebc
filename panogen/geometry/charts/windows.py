"""Square windows of the world: what views in training show."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles
from panogen.geometry.directions import from_azimuth_elevation, pixel_centres

if TYPE_CHECKING:
    from panogen.geometry.charts.cylinder import Cylinder

Change = Callable[[Doubles], Doubles]


@dataclass(frozen=True)
class Windows(ABC):
    """A batch of square windows of a ``band``, B of them.

    ``azimuth_rad`` (B,) and ``height`` (B,) are those of their centres. ``side`` (B,) is their side, and ``footprint``
    (B,) that of the square which a real pixel in the middle averages: the distance between pixels, less in a strided
    patch. Both are in radii of the cylinder, or, of lens views, as long as at distance 1.
    """

    band: "Cylinder"
    azimuth_rad: Doubles
    height: Doubles
    side: Doubles
    footprint: Doubles
    on_band: ClassVar[bool]  # whether pixels are squares of the band, however narrow those are in the sky

    def __len__(self) -> int:
        return len(self.side)

    def __getitem__(self, span: slice) -> Self:
        return self._each(lambda values: values[span])

    def repeat(self, count: int) -> Self:
        """Return each window ``count`` times in a row."""
        return self._each(lambda values: np.repeat(values, count))

    def _each(self, change: Change) -> Self:
        return type(self)(self.band, *map(change, (self.azimuth_rad, self.height, self.side, self.footprint)))

    def offsets(self, pixels: int, samples: int = 1) -> Doubles:
        """Return how far (B, pixels * samples) the samples of pixels lie from the middle, along one axis."""
        centres = (pixel_centres(pixels) - 0.5) * self.side[:, None]
        within = (pixel_centres(samples) - 0.5) * self.footprint[:, None]
        return (centres[:, :, None] + within[:, None, :]).reshape(len(self), -1)

    @abstractmethod
    def positions(self, pixels: int, samples: int = 1) -> tuple[Doubles, Doubles]:
        """Return azimuths, not wrapped, and heights on the band of ``samples`` x ``samples`` places of each pixel, the
        upper row first: two arrays that broadcast to (B, pixels * samples, pixels * samples)."""

    @abstractmethod
    def footprints(self, pixels: int) -> Doubles:
        """Return the angles (B, pixels^2) that pixels stand for, row after row, in radians."""

    def directions(self, pixels: int) -> Doubles:
        """Return the directions (B, pixels^2, 3) of the pixels, row after row."""
        azimuth, height = self.positions(pixels)
        return from_azimuth_elevation(azimuth, self.band.elevation_rad(height)).reshape(len(self), -1, 3)

    @property
    def relative_height(self) -> Doubles:
        """Of their centres (B,), from -1 at the lower edge of the band to 1 at the upper one."""
        return self.height / self.band.max_height


class BandWindows(Windows):
    """Squares of the band as it is rolled out: crops of its cylindrical picture."""

    on_band = True

    @override
    def positions(self, pixels: int, samples: int = 1) -> tuple[Doubles, Doubles]:
        """Return azimuths (B, 1, n) of columns and heights (B, n, 1) of rows."""
        offsets = self.offsets(pixels, samples)
        return (self.azimuth_rad[:, None] + offsets)[:, None, :], (self.height[:, None] - offsets)[:, :, None]

    @override
    def footprints(self, pixels: int) -> Doubles:
        """Return those of squares on the band, which shrink as it is stretched."""
        return self.footprint[:, None] / self.band.stretch(self.directions(pixels))


class LensWindows(Windows):
    """What a lens with a level horizon sees, ``side`` wide and high at distance 1."""

    on_band = False

    @override
    def positions(self, pixels: int, samples: int = 1) -> tuple[Doubles, Doubles]:
        """Return azimuths and heights (B, n, n)."""
        offsets = self.offsets(pixels, samples)
        right, up = offsets[:, None, :], -offsets[:, :, None]
        pitch = self.band.elevation_rad(self.height)[:, None, None]
        x, y, z = np.broadcast_arrays(right, np.sin(pitch) + up * np.cos(pitch), np.cos(pitch) - up * np.sin(pitch))
        elevation = np.arctan2(y, np.hypot(x, z))
        return np.arctan2(x, z) + self.azimuth_rad[:, None, None], self.band.height(elevation)

    @override
    def footprints(self, pixels: int) -> Doubles:
        """Return those of squares at distance 1, which are seen farther off and aslant towards the edges."""
        offsets = self.offsets(pixels)
        far = 1 + offsets[:, None, :] ** 2 + offsets[:, :, None] ** 2
        return (self.footprint[:, None, None] * far**-0.75).reshape(len(self), -1)
