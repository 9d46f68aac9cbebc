"""What a model is measured by: crops, panoramas and features, of a model and of real pictures.

Each is made when it is first asked for, and kept in the evaluation's folder.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.api import Panogen
from panogen.base.arrays import Doubles, Floats, Pixels
from panogen.base.runtime import mapped
from panogen.data import CropCache, Source
from panogen.data.source import ROUNDING
from panogen.evaluation.config import LAYOUT_TIMES, EvaluationConfig
from panogen.evaluation.crops import generated_crops, in_flight, real_crops
from panogen.evaluation.intervals import generator_for
from panogen.evaluation.stages import Stages
from panogen.geometry import Cylinder, Windows
from panogen.grids.view import View
from panogen.metrics.inception import Inception, exact
from panogen.rendering import Progress
from panogen.training import TrainConfig
from panogen.training.views import crop_windows

Report = Callable[[str, int, int], None]  # what is being made, how many more of it are done, how many there will be


@dataclass(frozen=True)
class RealData:
    """Real pictures, as they are for a ``chart`` and for crops of ``resolution`` rows of it.

    Of procedural landscapes they are held-out places. A folder's own pictures are taken, whether a model was trained on
    them or not; as in training, those alone that have the pixels, or the finest ones where none has.
    """

    pictures: Source
    chart: Cylinder
    resolution: int

    @classmethod
    def of(cls, source: Source, chart: Cylinder, resolution: int) -> "RealData":
        """Return the pictures of a source. Raises JobError where none fills the chart."""
        return cls(source.fitted(chart).held_out(), chart, resolution)

    @cached_property
    def for_crops(self) -> Source:
        """Pictures as fine as the smallest windows of crops."""
        return self.pictures.of_detail(self.resolution / (1 - TrainConfig.scale_jitter))

    @cached_property
    def for_panoramas(self) -> Source:
        """Pictures as fine as panoramas, which have twice as many rows as crops."""
        return self.pictures.of_detail(2 * self.resolution)

    @cached_property
    def halves(self) -> tuple[Source, ...]:
        """Those for crops, in turn for one half and the other; one half where there is but one picture."""
        return self.for_crops.halves()

    @property
    def panoramic(self) -> bool:
        """Whether the pictures go once around."""
        return all(half.extent_rad(0) >= 2 * math.pi for half in self.pictures.halves())

    @property
    def shortage(self) -> str | None:
        """Say which real pictures are enlarged, and how many do not count, for want of pixels; None where none."""
        most = self.pictures.native_rows(self.chart) * (1 + ROUNDING)
        uses = [(f"crops of {self.resolution} rows", self.resolution, self.for_crops)]
        if self.panoramic:
            uses.append((f"panoramas of {2 * self.resolution} rows", 2 * self.resolution, self.for_panoramas))
        enlarged = [what for what, rows, _ in uses if rows > most]
        partial = [f"{len(used)} for {what}" for what, _, used in uses if len(used) < len(self.pictures)]
        said = []
        if enlarged:
            said.append(
                f"real {' and '.join(enlarged)} are enlarged ones, for the pictures have {int(most)} at the most; "
                "finer pictures, or a lower --resolution, compare like with like"
            )
        if partial:
            said.append(f"of {len(self.pictures)} real pictures, {' and '.join(partial)} count: the others are coarser")
        return "; ".join(said) or None


def in_turn(pictures: Source, count: int) -> list[tuple[Source, int]]:
    """Up to ``count`` pictures, from both halves in turn: the source and the index of each."""
    halves = pictures.halves()
    longest = max(map(len, halves))
    return [(half, index) for index in range(longest) for half in halves if index < len(half)][:count]


def real_panorama(source: Source, index: int, chart: Cylinder, rows: int, columns: int) -> Pixels:
    """Return the band (rows, columns, 3) of a panorama, averaged down from twice the density."""
    band = source.band(index, 2 * rows, 2 * columns, chart)
    means: Doubles = band.reshape(rows, 2, columns, 2, 3).mean((1, 3))
    return means.round().astype(np.uint8)


@dataclass(frozen=True, eq=False)
class Samples:
    """Of one model. ``reference`` crops are real ones, one half of them from each half of the data."""

    panogen: Panogen
    data: RealData
    config: EvaluationConfig
    stages: Stages
    inception: Inception | None = None
    report: Report = lambda what, more, total: None

    @property
    def band(self) -> Cylinder:
        """Return what the model's chart shows, rolled out."""
        return self.panogen.model.chart.band

    @property
    def width(self) -> int:
        """Columns of a whole panorama as dense as the crops."""
        return self.band.natural_width(self.config.resolution)

    @property
    def seeds(self) -> range:
        """Return the seeds of the panoramas."""
        return range(self.config.seed, self.config.seed + self.config.panoramas)

    @cached_property
    def windows(self) -> Windows:
        """Draw the windows of the generated crops."""
        return self._windows("generated windows", self.config.crops)

    def _windows(self, name: str, count: int) -> Windows:
        # At uniform azimuth, each on its own: some of them look across the seam.
        rng = generator_for(self.config.seed, name)
        return crop_windows(rng, count, self.band, self.config.resolution, TrainConfig.scale_jitter)

    @cached_property
    def crops(self) -> Pixels:
        """Generated crops (n, resolution, resolution, 3), each of a seed of its own."""
        return self._generated("crops", self.windows, self.config.seed)

    def crops_at(self, name: str, azimuth_rad: float) -> Pixels:
        """Generated crops around one azimuth, half as many, of other seeds than ``crops``: sets that are compared must
        not depend on one another."""
        windows = self._windows(f"windows at {name}", self.config.crops // 2)
        windows = replace(windows, azimuth_rad=np.full(len(windows), azimuth_rad))
        return self._generated(f"crops at {name}", windows, self.config.seed + self.config.crops)

    def _generated(self, name: str, windows: Windows, first: int) -> Pixels:
        generator, config = self.panogen.model.generator, self.config
        seeds, progress = range(first, first + len(windows)), self._progress(name, len(windows))
        return self._kept(
            name, lambda: generated_crops(generator, seeds, config.resolution, windows, config.truncation, progress)
        )

    @cached_property
    def halves(self) -> list[Pixels]:
        """Draw as many crops of each half of the real pictures as are generated."""
        return [self._real(number, CropCache(half, self.band)) for number, half in enumerate(self.data.halves)]

    def _real(self, number: int, cache: CropCache) -> Pixels:
        name, count = f"real crops {number + 1}", self.config.crops
        windows, seed, progress = self._windows(name, count), self.config.seed + number, self._progress(name, count)
        return self._kept(name, lambda: real_crops(cache, self.config.resolution, windows, seed, progress))

    @property
    def reference(self) -> Pixels:
        """Return as many real crops as there are generated ones."""
        return half_of_each(self.halves)

    @cached_property
    def features(self) -> Floats:
        """Return the features (n, dims) of the generated crops."""
        return self._features("features", lambda: self.crops)

    @cached_property
    def half_features(self) -> list[Floats]:
        """Return the features of the real crops of each half."""
        return [self._half_features(number) for number in range(len(self.data.halves))]

    @property
    def reference_features(self) -> Floats:
        """Return the features of the ``reference`` crops."""
        return half_of_each(self.half_features)

    def _half_features(self, number: int) -> Floats:
        return self._features(f"features of real crops {number + 1}", lambda: self.halves[number])

    def features_at(self, name: str, azimuth_rad: float) -> Floats:
        """Return the features of crops around one azimuth."""
        return self._features(f"features at {name}", lambda: self.crops_at(name, azimuth_rad))

    def _features(self, name: str, crops: Callable[[], Pixels]) -> Floats:
        network = self.inception
        assert network is not None, "metrics that need the network are refused without it"

        def make() -> Floats:
            pictures = crops()
            with exact():
                progress = self._progress(name, len(pictures))
                return in_flight(lambda number, span: network.features(pictures[span]), len(pictures), progress)

        return self._kept(name, make)

    @cached_property
    def panoramas(self) -> Pixels:
        """Panoramas (n, rows, columns, 3) of ``seeds``, twice as dense as the crops."""
        return self._rendered("panoramas", self.seeds, 2 * self.width)

    @cached_property
    def bands(self) -> Pixels:
        """More panoramas, as dense as the crops."""
        first = self.config.seed
        return self._rendered("bands", range(first, first + LAYOUT_TIMES * self.config.panoramas), self.width)

    def _rendered(self, name: str, seeds: range, width: int) -> Pixels:
        def make() -> Pixels:
            progress = self._progress(name, len(seeds))
            made = []
            for seed in seeds:
                made.append(self.panogen.render(seed, View(width=width, truncation=self.config.truncation)))
                progress(1)
            return np.stack(made)

        return self._kept(name, make)

    @cached_property
    def real_panoramas(self) -> Pixels:
        """Real panoramas of that size, as many, or as there are: (0, ...) where the pictures do not go once around."""
        chosen = in_turn(self.data.for_panoramas, self.config.panoramas)
        return self._real_panoramas("real panoramas", chosen, 2 * self.width)

    @cached_property
    def real_bands(self) -> Pixels:
        """More of them, as dense as the crops, each turned by a random yaw: they have no azimuth of their own."""
        chosen = in_turn(self.data.for_crops, LAYOUT_TIMES * self.config.panoramas)
        bands = self._real_panoramas("real bands", chosen, self.width)
        turns = generator_for(self.config.seed, "turns").integers(0, self.width, len(bands))
        for band, turn in zip(bands, turns, strict=True):
            band[:] = np.roll(band, turn, 1)
        return bands

    def _real_panoramas(self, name: str, pictures: list[tuple[Source, int]], columns: int) -> Pixels:
        rows = self.band.natural_height(columns)
        chosen = pictures if self.data.panoramic else []

        def band(one: tuple[Source, int]) -> Pixels:
            return real_panorama(*one, self.band, rows, columns)

        def make() -> Pixels:
            progress, made = self._progress(name, len(chosen)), np.empty((len(chosen), rows, columns, 3), np.uint8)
            for number, found in enumerate(mapped(band, chosen)):
                made[number] = found
                progress(1)
            return made

        return self._kept(name, make)

    def finer(self, seed: int, view: View, factor: int) -> Pixels:
        """Render a seed's view ``factor`` times as wide and high."""
        grid = view.grid(self.panogen.model.chart).finer(factor)
        return self.panogen.render(seed, view, grid=grid)

    def _kept(self, name: str, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        return self.stages.array(name.replace(" ", "-"), make)

    def _progress(self, name: str, total: int) -> Progress:
        return lambda more: self.report(name, more, total)


def half_of_each(halves: list[NDArray[Any]]) -> NDArray[Any]:
    """Take as many rows as each half has, the first ones of both."""
    first, last = halves[0], halves[-1]
    count = len(first)
    return np.concatenate([first[: -(-count // 2)], last[: count // 2]]) if len(halves) > 1 else first
