"""What the network is asked at: points of its chart."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from panogen.base.arrays import Doubles
from panogen.geometry import Chart, Windows, circle_azimuths_rad, from_azimuth_elevation

HEIGHT_DECIMALS = 12  # to which the heights of a row are the same in all columns


@dataclass(frozen=True)
class ChartPoints:
    """Points of a chart, n of them: the directions (n, 3) that they are, their coordinates (n, axes), where those lie
    unrolled (n, axes of that), and the sides (n,) of the squares that they stand for, in the sky and on the chart, all
    float64.

    With ``rows`` they are columns of so many points, one column after the other: those of a column have one azimuth,
    and all columns the heights and footprints of the first.
    """

    directions: Tensor
    coordinates: Tensor
    unrolled: Tensor
    footprints_rad: Tensor
    footprints: Tensor
    rows: int | None = None

    @classmethod
    def of(
        cls,
        chart: Chart,
        directions: Doubles,
        footprints_rad: Doubles,
        rows: int | None = None,
        shown: Doubles | None = None,
    ) -> "ChartPoints":
        """Points that directions (n, 3) are seen at, for samples of such footprints (n,) in the sky; or those of other
        directions that are ``shown`` in their places."""
        seen = np.asarray(directions if shown is None else shown, np.float64)
        coordinates, sides = chart.coordinates(seen), footprints_rad * chart.stretch(directions)
        return cls(
            torch.from_numpy(seen),
            torch.from_numpy(coordinates),
            torch.from_numpy(chart.unrolled(coordinates)),
            torch.from_numpy(footprints_rad),
            torch.from_numpy(sides),
            rows,
        )

    @classmethod
    def of_window(cls, chart: Chart, window: Windows, pixels: int) -> "ChartPoints":
        """The pixels of one window, row after row."""
        return cls.of(chart, window.directions(pixels)[0], window.footprints(pixels)[0])

    @classmethod
    def of_band(cls, chart: Chart, rows: int, columns: int) -> "ChartPoints":
        """The pixels of the whole band of a chart, row after row."""
        azimuth_rad, band = circle_azimuths_rad(columns), chart.band
        directions = from_azimuth_elevation(azimuth_rad, band.row_elevations_rad(rows)[:, None]).reshape(-1, 3)
        return cls.of(chart, directions, band.side / rows / band.stretch(directions))

    @property
    def heights(self) -> Tensor:
        """Heights (rows,) of the points of every column, which have the same but for the last bits."""
        return self.unrolled[: self.rows, 1].round(decimals=HEIGHT_DECIMALS)

    def __len__(self) -> int:
        return len(self.coordinates)

    def __getitem__(self, chosen: Tensor | slice) -> "ChartPoints":
        return self._changed(lambda values: values[chosen], None)

    def to(self, device: str | torch.device) -> "ChartPoints":
        """Return the same points on a device."""
        return self._changed(lambda values: values.to(device), self.rows)

    def _changed(self, change: Callable[[Tensor], Tensor], rows: int | None) -> "ChartPoints":
        # With another tensor in place of each.
        return ChartPoints(
            change(self.directions),
            change(self.coordinates),
            change(self.unrolled),
            change(self.footprints_rad),
            change(self.footprints),
            rows,
        )
