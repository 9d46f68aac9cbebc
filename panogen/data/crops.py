"""Crops of panoramas: square windows of the cylinder at any azimuth, height and scale."""

from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.geometry import Cylinder
from panogen.geometry.window import Windows

OVERSAMPLING = 2  # panoramas are kept this much denser than the crops, which are averaged down

Pixels = NDArray[np.uint8]


class Source(Protocol):
    """A finite collection of panoramas that can be drawn at any size."""

    description: str
    licence: str

    def __len__(self) -> int: ...

    def band(self, index: int, rows: int, columns: int, chart: Cylinder) -> Pixels:
        """The chart's band of panorama ``index``: (rows, columns, 3) uint8, upper edge first, centre at yaw 0."""
        ...


class CropCache:
    """Draws crops from a source, and keeps the bands it has drawn them from in memory.

    One array of ``len(source)`` bands at the present resolution, filled as bands are first used; a new resolution
    begins a new array.
    """

    def __init__(self, source: Source, chart: Cylinder):
        self.source, self.chart = source, chart
        self.bands = np.empty((0, 0, 0, 3), np.uint8)
        self.filled = np.zeros(len(source), bool)

    def batch(self, rng: np.random.Generator, windows: Windows, pixels: int, rows: int) -> Pixels:
        """Crops (B, resolution, resolution, 3) of random panoramas turned by a random yaw, seen through the windows."""
        resolution = rows
        count = len(windows.azimuth_rad)
        indices = rng.integers(len(self.source), size=count)
        yaws = rng.uniform(-np.pi, np.pi, count)
        azimuths, heights = windows.centres(pixels * OVERSAMPLING)
        return np.stack(
            [
                crop(self.band(index, resolution), azimuth - yaw, height / self.chart.max_height)
                for index, yaw, azimuth, height in zip(indices, yaws, azimuths, heights, strict=True)
            ]
        )

    def bands(self, rng: np.random.Generator, count: int, rows: int, columns: int) -> Pixels:
        out = []
        for index in rng.integers(len(self.source), size=count):
            band = self.source.band(index, rows, columns, self.chart)
            out.append(np.roll(band, rng.integers(columns), 1))
        return np.stack(out)

    def band(self, index: int, resolution: int) -> Pixels:
        """A panorama's band, dense enough for crops of ``resolution`` pixels a side."""
        rows = resolution * OVERSAMPLING
        if self.bands.shape[1] != rows:
            columns = self.chart.natural_width(rows)
            self.bands = np.empty((len(self.source), rows, columns, 3), np.uint8)
            self.filled[:] = False
        if not self.filled[index]:
            self.bands[index] = self.source.band(index, self.bands.shape[1], self.bands.shape[2], self.chart)
            self.filled[index] = True
        return self.bands[index]


def crop(band: Pixels, azimuths_rad: NDArray[np.float64], heights: NDArray[np.float64]) -> Pixels:
    """A window of a band, from ``OVERSAMPLING`` times as many samples a side as it gets pixels.

    The samples lie at azimuths (n,), any multiple of a turn away, and heights (n,) in [-1, 1] of the band; they are
    interpolated, around the seam where need be, and averaged: (n/2, n/2, 3).
    """
    rows, columns = band.shape[:2]
    x = np.mod(azimuths_rad / (2 * np.pi) + 0.5, 1.0) * columns - 0.5
    y = np.clip((1 - heights) / 2 * rows - 0.5, 0, rows - 1)
    grid_x = np.broadcast_to(x.astype(np.float32), (len(y), len(x)))
    grid_y = np.broadcast_to(y.astype(np.float32)[:, None], (len(y), len(x)))
    samples = cv2.remap(band, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    side = len(x) // OVERSAMPLING
    return np.asarray(cv2.resize(samples, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
