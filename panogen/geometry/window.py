"""Square windows of the cylinder: what a crop shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panogen.geometry.pixels import pixel_centres

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Windows:
    """A batch of square windows of the cylinder, B of them.

    ``azimuth_rad`` (B,) and ``height`` (B,) are those of their centres. ``side`` (B,) is their side in radii of the
    cylinder, which is radians along the azimuth, and ``footprint`` (B,) that of the square which a real pixel averages:
    the distance between pixels in a crop, less in a strided patch.
    """

    azimuth_rad: Array
    height: Array
    side: Array
    footprint: Array

    def __getitem__(self, span: slice) -> "Windows":
        return Windows(self.azimuth_rad[span], self.height[span], self.side[span], self.footprint[span])

    def repeat(self, count: int) -> "Windows":
        """Each window ``count`` times in a row."""
        fields = (self.azimuth_rad, self.height, self.side, self.footprint)
        return Windows(*(np.repeat(values, count) for values in fields))

    def centres(self, resolution: int) -> tuple[Array, Array]:
        """Azimuths of the pixels' columns, not wrapped, and heights of their rows: (B, resolution) each."""
        offset = (pixel_centres(resolution) - 0.5) * self.side[:, None]
        return self.azimuth_rad[:, None] + offset, self.height[:, None] - offset

    def coordinates(self, resolution: int) -> Array:
        """Chart coordinates (B, resolution^2, 3) of the pixels, row after row."""
        azimuth, height = self.centres(resolution)
        return np.stack([lattice(a, h) for a, h in zip(azimuth, height, strict=True)])


def lattice(azimuth_rad: Array, height: Array) -> Array:
    """Chart coordinates (rows * columns, 3) of all pairs of heights (rows,) and azimuths (columns,), row after row."""
    shape = (len(height), len(azimuth_rad))
    columns = [np.broadcast_to(f(azimuth_rad), shape) for f in (np.cos, np.sin)]
    rows = np.broadcast_to(height[:, None], shape)
    return np.stack([*columns, rows], axis=-1).reshape(-1, 3)
