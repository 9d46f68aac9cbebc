"""The real pictures that a model is measured against, and two halves of them for the floor."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panogen.base.errors import UsageError
from panogen.data import CropCache, Landscapes, PanoramaFolder, PhotoFolder, Source
from panogen.geometry import Cylinder

HELD_OUT = 1_000_000  # the first seed of places that no run is trained on
PLACES = 2048  # in each set of held-out places

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class RealData:
    """Real pictures in two ``halves`` that have none in common; one alone where there is but one picture.

    Of procedural landscapes they are held-out places. A folder's own pictures are taken, in turn for one half and the
    other, whether a model was trained on them or not.
    """

    halves: tuple[Source, ...]
    description: str
    fingerprint: str

    @classmethod
    def of(cls, source: Source, chart: Cylinder) -> "RealData":
        """Those of a source, as they are for a chart. Raises JobError."""
        if isinstance(source, Landscapes):
            halves: tuple[Source, ...] = (Landscapes(PLACES, HELD_OUT), Landscapes(PLACES, HELD_OUT + PLACES))
            description = f"procedural landscapes held out of training, seeds {HELD_OUT} to {HELD_OUT + 2 * PLACES - 1}"
            return cls(halves, description, " ".join(half.fingerprint() for half in halves))
        fitted = source.fitted(chart)
        if not isinstance(fitted, (PanoramaFolder, PhotoFolder)):
            raise UsageError(f"data must be procedural:landscapes or a folder of pictures, got {fitted.description}")
        return cls(folder_halves(fitted), fitted.description, fitted.fingerprint())

    @property
    def panoramic(self) -> bool:
        """Whether the pictures go once around."""
        return all(half.extent_rad(0) >= 2 * math.pi for half in self.halves)

    def caches(self, chart: Cylinder) -> list[CropCache]:
        """What crops of each half are drawn from."""
        return [CropCache(half, chart) for half in self.halves]

    def panoramas(self, count: int) -> list[tuple[Source, int]]:
        """Up to ``count`` pictures, from the halves in turn: the source and the index of each."""
        longest = max(len(half) for half in self.halves)
        turns = [(half, index) for index in range(longest) for half in self.halves if index < len(half)]
        return turns[:count]


def folder_halves(source: PanoramaFolder | PhotoFolder) -> tuple[Source, ...]:
    """A folder's usable pictures, in turn for one part and the other."""
    parts = [tuple(part) for part in (source.entries[::2], source.entries[1::2]) if part]
    manifests = [dataclasses.replace(source.manifest, entries=part) for part in parts]
    if isinstance(source, PhotoFolder):
        return tuple(PhotoFolder(source.folder, manifest, source.chart) for manifest in manifests)
    return tuple(PanoramaFolder(source.folder, manifest) for manifest in manifests)


def real_panorama(source: Source, index: int, chart: Cylinder, rows: int, columns: int) -> Pixels:
    """The band (rows, columns, 3) of a panorama, averaged down from twice the density."""
    band = source.band(index, 2 * rows, 2 * columns, chart)
    return band.reshape(rows, 2, columns, 2, 3).mean((1, 3)).round().astype(np.uint8)
