"""Square windows of the cylinder: what a crop shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panogen.geometry.chart import Cylinder
from panogen.geometry.pixels import pixel_centres

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Windows:
    """A batch of square windows of the cylinder, B of them.

    ``azimuth_rad`` (B,) and ``height`` (B,) are those of their centres; ``side`` (B,) is their side in radii of the
    cylinder, which is radians along the azimuth. ``footprint`` (B,) is the side of the square that a pixel averages.
    """

    azimuth_rad: Array
    height: Array
    side: Array
    footprint: Array

    @classmethod
    def draw(
        cls, rng: np.random.Generator, count: int, chart: Cylinder, scale_jitter: float, pixels: int = 1
    ) -> "Windows":
        """Windows at uniform azimuth that fill the band from edge to edge, less a share of up to ``scale_jitter``.

        What a window leaves free of the band's height it is shifted by at random, so that no point of the cylinder is
        always seen at the centre of a pixel.
        """
        band = 2 * chart.max_height
        azimuth_rad = rng.uniform(-np.pi, np.pi, count)
        side = band * rng.uniform(1 - scale_jitter, 1, count)
        height = rng.uniform(-0.5, 0.5, count) * (band - side)
        return cls(azimuth_rad, height, side, side / pixels)

    def __getitem__(self, span: slice) -> "Windows":
        return Windows(self.azimuth_rad[span], self.height[span], self.side[span], self.footprint[span])

    def repeat(self, count: int) -> "Windows":
        """Each window ``count`` times in a row."""
        return Windows(
            *(np.repeat(values, count) for values in (self.azimuth_rad, self.height, self.side, self.footprint))
        )

    def centres(self, resolution: int) -> tuple[Array, Array]:
        """Azimuths of the pixels' columns, not wrapped, and heights of their rows: (B, resolution) each."""
        offset = (pixel_centres(resolution) - 0.5) * self.side[:, None]
        return self.azimuth_rad[:, None] + offset, self.height[:, None] - offset

    def coordinates(self, resolution: int) -> Array:
        """Chart coordinates (B, resolution^2, 3) of the pixels, row after row."""
        azimuth, height = self.centres(resolution)
        shape = (len(azimuth), resolution, resolution)
        columns = [np.broadcast_to(f(azimuth)[:, None, :], shape) for f in (np.cos, np.sin)]
        rows = np.broadcast_to(height[:, :, None], shape)
        return np.stack([*columns, rows], axis=-1).reshape(len(azimuth), -1, 3)
