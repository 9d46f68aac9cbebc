"""Square windows of a chart: what a view in training shows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panogen.geometry.centres import pixel_centres

if TYPE_CHECKING:
    from panogen.geometry.charts.cylinder import Cylinder

Array = NDArray[np.float64]
Change = Callable[[Array], Array]


@dataclass(frozen=True)
class Windows:
    """A batch of square windows of a cylinder, B of them.

    ``azimuth_rad`` (B,) and ``height`` (B,) are those of their centres. ``side`` (B,) is their side in radii of the
    cylinder, which is radians along the azimuth, and ``footprint`` (B,) that of the square which a real pixel averages:
    the distance between pixels in a crop, less in a strided patch.
    """

    chart: "Cylinder"
    azimuth_rad: Array
    height: Array
    side: Array
    footprint: Array

    def __len__(self) -> int:
        return len(self.side)

    def __getitem__(self, span: slice) -> "Windows":
        return self._each(lambda values: values[span])

    def repeat(self, count: int) -> "Windows":
        """Each window ``count`` times in a row."""
        return self._each(lambda values: np.repeat(values, count))

    def _each(self, change: Change) -> "Windows":
        fields = (self.azimuth_rad, self.height, self.side, self.footprint)
        return Windows(self.chart, *map(change, fields))

    def centres(self, resolution: int) -> tuple[Array, Array]:
        """Azimuths of the pixels' columns, not wrapped, and heights of their rows: (B, resolution) each."""
        offset = (pixel_centres(resolution) - 0.5) * self.side[:, None]
        return self.azimuth_rad[:, None] + offset, self.height[:, None] - offset

    def unrolled(self, resolution: int) -> Array:
        """Azimuths and heights (B, resolution^2, 2) of the pixels, row after row."""
        azimuth, height = self.centres(resolution)
        pairs = np.broadcast_arrays(azimuth[:, None, :], height[:, :, None])
        return np.stack(pairs, axis=-1).reshape(len(self), -1, 2)

    @property
    def relative_height(self) -> Array:
        """Return the heights of the centres (B,), from -1 at the lower edge of the chart to 1 at the upper one."""
        return self.height / self.chart.max_height

    @property
    def halvings(self) -> Array:
        """Return how often the largest window is halved for each of them (B,)."""
        return np.log2(self.chart.side / self.side)
