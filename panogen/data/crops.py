"""Crops and bands for training, drawn at random from a source and kept decoded between draws."""

import math
import threading
from collections import OrderedDict

import cv2
import numpy as np

from panogen.base.arrays import Colours, Pixels
from panogen.base.errors import UsageError
from panogen.data.pyramid import FEWEST_ROWS, OVERSAMPLING, Pyramid, build_pyramid, crop, isotropic, level_for
from panogen.data.source import Source, fine
from panogen.decoding.tone import tone_map
from panogen.geometry import Cylinder, Windows

CACHE_MB = 2048
EXPOSURE_STOPS = 1.0  # HDR pictures are shown up to so much darker or brighter than their own exposure


class CropCache:
    """Draws crops from a source, and keeps the decoded bands that it has drawn them from.

    Bands, with their halvings, stay in memory up to ``cache_mb`` (at least one does); beyond that the one unused for
    longest goes and is read again from its file when its turn comes, which is slow: give a data set of many pictures
    the memory. HDR bands are kept as light and tone-mapped, a crop at a time, at a random exposure. Threads may share a
    cache; what they draw depends on their random generators and the data alone.
    """

    def __init__(self, source: Source, chart: Cylinder, cache_mb: int = CACHE_MB):
        if cache_mb < 0:
            raise UsageError(f"cache_mb must be at least 0, got {cache_mb}")
        self.source, self.chart, self.budget = source.fitted(chart), chart, cache_mb * 2**20
        self.native = np.array([self.source.native_rad(index, chart) for index in range(len(self.source))])
        self._kept: OrderedDict[tuple[int, int, bool], Pyramid] = OrderedDict()  # unused longest first
        self._bytes = 0
        self._lock = threading.Lock()

    def batch(self, rng: np.random.Generator, windows: Windows, pixels: int, rows: int) -> Pixels:
        """Crops (B, pixels, pixels, 3) of random pictures seen through the windows, of those that have so much detail.

        ``rows`` is the height of the whole band in pixels. Panoramas are turned by a random yaw first. Of photos the
        windows' heights and sides hold and their azimuths do not: each lies at random within its photo's edges.
        """
        count = len(windows.azimuth_rad)
        drawn = self._draw(rng, count, windows.footprint.min())
        azimuths, heights = windows.positions(pixels, OVERSAMPLING)
        top, band = self.chart.max_height, self.chart.side
        crops = []
        for k, (index, turn, stops) in enumerate(zip(*drawn, strict=True)):
            footprint, side = windows.footprint[k], windows.side[k]
            extent = self.source.extent_rad(index)
            whole = extent >= 2 * math.pi
            spare = math.pi if whole else max(0.0, (extent - side) / 2 - footprint)
            shift = turn * spare - (0.0 if whole else windows.azimuth_rad[k])
            pyramid = self._pyramid(index, rows, windows.on_band)
            level = level_for(pyramid, band / len(pyramid[0]), footprint)
            across, down = (azimuths[k] + shift) / extent + 0.5, (top - heights[k]) / band
            crops.append(_shown(crop(level, across, down, whole), stops))
        return np.stack(crops)

    def bands(self, rng: np.random.Generator, count: int, rows: int, columns: int) -> Pixels:
        """Whole bands (count, rows, columns, 3) of random panoramas turned by a random yaw.

        Raises UsageError for pictures that do not go around the circle.
        """
        bands = []
        for index, turn, stops in zip(*self._draw(rng, count), strict=True):
            if self.source.extent_rad(index) < 2 * math.pi:
                raise UsageError(f"whole bands need panoramas, got {self.source.description}; train on crops of it")
            finest = self._pyramid(index, rows, True)[0]
            turned = np.roll(finest, int(turn * finest.shape[1] / 2), axis=1)
            light = turned.astype(np.float32) if turned.dtype == np.float16 else turned
            bands.append(_shown(np.asarray(cv2.resize(light, (columns, rows), interpolation=cv2.INTER_AREA)), stops))
        return np.stack(bands)

    def _draw(
        self, rng: np.random.Generator, count: int, footprint: float = math.inf
    ) -> tuple[list[int], list[float], list[float]]:
        """Indices of pictures whose own pixels are no larger than a footprint, or else of the finest ones; turns in
        [-1, 1] of what each may be turned by; and exposures in stops."""
        able = fine(self.native, footprint)
        indices = able[rng.integers(len(able), size=count)]
        turns, exposures = rng.uniform(-1, 1, (2, count))
        return indices.tolist(), turns.tolist(), (exposures * EXPOSURE_STOPS).tolist()

    def _pyramid(self, index: int, rows: int, on_band: bool) -> Pyramid:
        """A picture's band at ``rows * OVERSAMPLING`` rows, or as many as it has, and its halvings; their cells square
        on the band or in the sky."""
        key = index, rows, on_band
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        own = self.native[index]
        most = rows * OVERSAMPLING if own == 0 else min(rows * OVERSAMPLING, math.ceil(self.chart.side / own))
        rows = max(most, FEWEST_ROWS)
        columns = max(1, round(rows * self.source.extent_rad(index) / self.chart.side))
        pyramid = build_pyramid(self.source.scene(index, rows, columns, self.chart))
        if not on_band:
            pyramid = [isotropic(level, self.chart.row_elevations_rad(len(level))) for level in pyramid]
        with self._lock:
            if key not in self._kept:
                self._kept[key] = pyramid
                self._bytes += _size(pyramid)
            while self._bytes > self.budget and len(self._kept) > 1:
                self._bytes -= _size(self._kept.popitem(last=False)[1])
        return pyramid


def _shown(colours: Colours, stops: float) -> Pixels:
    """Display colours: light is tone-mapped at an exposure, and what is 8-bit is as it is."""
    return colours if colours.dtype == np.uint8 else tone_map(colours, stops)


def _size(pyramid: Pyramid) -> int:
    return sum(level.nbytes for level in pyramid)
