"""What the network is asked at: points of its chart."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.geometry import Chart, Windows, pixel_centres

Array = NDArray[np.float64]
HEIGHT_DECIMALS = 12  # to which the heights of a row are the same in all columns


@dataclass(frozen=True)
class ChartPoints:
    """Points of a chart, n of them: their coordinates (n, axes), where those lie unrolled (n, axes of that), and the
    sides (n,) of the squares on it that they stand for, all float64.

    With ``rows`` they are columns of so many points, one column after the other: those of a column have one azimuth,
    and all columns the heights and footprints of the first.
    """

    coordinates: Tensor
    unrolled: Tensor
    footprints: Tensor
    rows: int | None = None

    @classmethod
    def of(
        cls,
        chart: Chart,
        directions: Array,
        footprints_rad: Array,
        rows: int | None = None,
        shown: Array | None = None,
    ) -> "ChartPoints":
        """Points that directions (n, 3) are seen at, for samples of such footprints (n,) in the sky; or those of other
        directions that are ``shown`` in their places."""
        coordinates = chart.coordinates(directions if shown is None else shown)
        unrolled, sides = chart.unrolled(coordinates), footprints_rad * chart.stretch(directions)
        return cls(torch.from_numpy(coordinates), torch.from_numpy(unrolled), torch.from_numpy(sides), rows)

    @classmethod
    def of_window(cls, windows: Windows, pixels: int) -> "ChartPoints":
        """Return the pixels of one window, row after row."""
        return cls.of_unrolled(windows.chart, windows.unrolled(pixels)[0], windows.footprint[0])

    @classmethod
    def of_band(cls, chart: Chart, rows: int, columns: int) -> "ChartPoints":
        """Return the pixels of a whole closed chart, row after row."""
        azimuth_rad = (pixel_centres(columns) - 0.5) * (2 * np.pi)
        height = chart.side * (0.5 - pixel_centres(rows))
        unrolled = np.stack(np.meshgrid(azimuth_rad, height), -1).reshape(-1, 2)
        return cls.of_unrolled(chart, unrolled, chart.side / rows)

    @classmethod
    def of_unrolled(cls, chart: Chart, unrolled: Array, footprint: float) -> "ChartPoints":
        """Points by where they lie unrolled (n, axes of that), each for a square of one side."""
        sides = torch.full((len(unrolled),), footprint, dtype=torch.float64)
        return cls(torch.from_numpy(chart.rolled(unrolled)), torch.from_numpy(unrolled), sides)

    @property
    def heights(self) -> Tensor:
        """Heights (rows,) of the points of every column, which have the same but for the last bits."""
        return self.unrolled[: self.rows, 1].round(decimals=HEIGHT_DECIMALS)

    def __len__(self) -> int:
        return len(self.coordinates)

    def __getitem__(self, chosen: Tensor | slice) -> "ChartPoints":
        return ChartPoints(self.coordinates[chosen], self.unrolled[chosen], self.footprints[chosen])

    def to(self, device: str | torch.device) -> "ChartPoints":
        """Return the same points on a device."""
        coordinates, unrolled, footprints = self.coordinates, self.unrolled, self.footprints
        return ChartPoints(coordinates.to(device), unrolled.to(device), footprints.to(device), self.rows)
