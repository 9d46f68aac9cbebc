"""Crops of the places of a model and of real panoramas, cut at the same azimuths and heights, at any scale.

All are of the 90 degrees around the horizon, whatever chart a model has.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from figures import MEASURING_SEED
from numpy.typing import NDArray
from tqdm import tqdm

from panogen.api import PLAIN, Panogen
from panogen.base.arrays import Pixels
from panogen.base.errors import UsageError
from panogen.data import Reading
from panogen.data.folder import CHART, Folder
from panogen.data.scan import current_manifest
from panogen.data.source import digest
from panogen.evaluation.stages import STATISTICS, Stages
from panogen.grids import Grid, GridWindow
from panogen.grids.view import View
from panogen.latents import LatentField

SIDE = 64  # pixels of a crop
CROPS = 6  # of each panorama
NARROWEST = CHART.natural_width(SIDE)  # of the panoramas whose band is as high as a crop


def places(number: int, width: int, count: int = CROPS) -> list[tuple[int, int]]:
    """Top and left of the crops of panorama ``number``, real or a seed's, in a band of so many columns. One that begins
    near the right edge goes on at the left one."""
    rng = np.random.default_rng([MEASURING_SEED, width, number])
    tops = rng.integers(0, CHART.natural_height(width) - SIDE + 1, count)
    return list(zip(tops.tolist(), rng.integers(0, width, count).tolist(), strict=True))


def crops_of(band: Pixels, number: int, count: int = CROPS) -> list[Pixels]:
    """The crops (SIDE, SIDE, 3) of a band (rows, columns, 3)."""
    width = band.shape[1]
    return [band[top : top + SIDE, np.arange(left, left + SIDE) % width] for top, left in places(number, width, count)]


def generated_crops(shown: Panogen, width: int, seeds: int, look: View = PLAIN, count: int = CROPS) -> Pixels:
    """Those of the first seeds' bands (n, SIDE, SIDE, 3), computed without the rest of these. The look says how places
    are truncated and pixels sampled."""
    crops = []
    for seed in followed(range(seeds), f"{shown.name}, crops at {width}"):
        place = shown.field(seed)
        for top, left in places(seed, width, count):
            turned = View(width=width, yaw_deg=360 * left / width).grid(CHART)  # by whole columns: it begins at left
            crops.append(rendered(shown, place, GridWindow(turned, top, 0, SIDE, SIDE), look))
    return np.stack(crops)


def generated_bands(shown: Panogen, width: int, seeds: int, look: View = PLAIN) -> Pixels:
    """The bands (seeds, rows, columns, 3) of the first seeds, with a look as above."""
    grid = View(width=width).grid(CHART)
    made = followed(range(seeds), f"{shown.name}, panoramas at {width}")
    return np.stack([rendered(shown, shown.field(seed), grid, look) for seed in made])


def rendered(shown: Panogen, place: LatentField, grid: Grid, look: View = PLAIN) -> Pixels:
    """What a grid shows of a place (rows, columns, 3), computed by one thread."""
    made = shown.pixel_renderer(place, look, grid=grid)
    made.renderer.workers = 1
    return made.picture()


def followed(items: Sequence[int], what: str) -> Iterator[int]:
    """Items one by one, with progress on a terminal."""
    yield from tqdm(items, desc=what, disable=None, leave=False)


def check_shows_band(shown: Panogen) -> None:
    """Raise UsageError unless a model knows all the 90 degrees."""
    grid, chart = View(width=NARROWEST).grid(CHART), shown.model.chart
    if not chart.valid(grid.directions(0, len(grid))).all():
        raise UsageError(f"{shown.name}: must show 90 degrees all around, got {chart.extent}")


@dataclass(frozen=True)
class RealPlaces:
    """The panoramas of a folder. What is made of them is kept in the folder of the stages. ``true_widths`` are those of
    files that have been enlarged, by name."""

    source: Folder
    stages: Stages
    true_widths: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, data: Path, names: Path | None, kept: Path) -> "RealPlaces":
        """Those of a folder, or the named ones. Raises JobError, UsageError."""
        source = Folder(data, current_manifest(data, Reading("panoramas"), remember=False))
        (kept / STATISTICS).mkdir(parents=True, exist_ok=True)
        if names is None:
            return cls(source, Stages(kept))
        widths = named_widths(names, source)
        entries = tuple(entry for entry in source.entries if entry.name in widths)
        true_widths = {name: width for name, width in widths.items() if width is not None}
        return cls(Folder(data, replace(source.manifest, entries=entries)), Stages(kept), true_widths)

    def indices(self, width: int) -> list[int]:
        """Which panoramas are not narrower than a width."""
        entries = enumerate(self.source.entries)
        return [index for index, entry in entries if width <= self.true_widths.get(entry.name, entry.width)]

    def crops(self, width: int, count: int = CROPS) -> Pixels:
        """Crops (n, SIDE, SIDE, 3), so many of a panorama, one after the other."""

        def make() -> Pixels:
            bands = enumerate(self._bands(width))
            return np.stack([crop for number, band in bands for crop in crops_of(band, number, count)])

        return self.kept(f"crops-{count}", width, make)

    def turned_bands(self, width: int) -> Pixels:
        """Bands (n, rows, columns, 3), each turned at random: places have no preferred azimuth, photographers do."""

        def make() -> Pixels:
            rng = np.random.default_rng([MEASURING_SEED, width])
            return np.stack([np.roll(band, rng.integers(width), 1) for band in self._bands(width)])

        return self.kept("bands", width, make)

    def kept(self, what: str, width: int, make: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """What is made of the panoramas at a width, or has been of the same files."""
        used = [self.source.entries[index] for index in self.indices(width)]
        made_of = digest([self.source.folder.resolve(), MEASURING_SEED, SIDE, *used])
        return self.stages.array(f"{what}-{width}-{made_of[:16]}", make)

    def _bands(self, width: int) -> Iterator[Pixels]:
        # Averaged down, in the order of their names.
        rows = CHART.natural_height(width)
        for index in followed(self.indices(width), f"real panoramas at {width}"):
            yield self.source.band(index, rows, width, CHART)


def named_widths(names: Path, source: Folder) -> dict[str, int | None]:
    """The panoramas that a file names, one a line, with their true widths where it has them. Raises UsageError."""
    known = {key: entry.name for entry in source.entries for key in (entry.name, Path(entry.name).stem)}
    widths = {}
    for line in filter(None, map(str.strip, names.read_text(encoding="utf-8").splitlines())):
        name, _, width = (part.strip() for part in line.partition(","))
        if name not in known or not (width.isdecimal() or not width):
            raise UsageError(
                f"{names}: a line must be NAME or NAME,WIDTH of a usable panorama of {source.folder}, got {line!r}"
            )
        widths[known[name]] = int(width) if width else None
    return widths
