"""The real pictures that a model is measured against, and two halves of them for the floor."""

import math
from dataclasses import dataclass

import numpy as np

from panogen.base.arrays import Array, Pixels
from panogen.data import Source
from panogen.geometry import Cylinder


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
        """Return the pictures of a source as they are for a chart. Raises JobError."""
        real = source.fitted(chart).held_out()
        return cls(real.halves(), real.description, real.fingerprint())

    @property
    def panoramic(self) -> bool:
        """Whether the pictures go once around."""
        return all(half.extent_rad(0) >= 2 * math.pi for half in self.halves)

    def panoramas(self, count: int) -> list[tuple[Source, int]]:
        """Up to ``count`` pictures, from the halves in turn: the source and the index of each."""
        longest = max(len(half) for half in self.halves)
        turns = [(half, index) for index in range(longest) for half in self.halves if index < len(half)]
        return turns[:count]


def real_panorama(source: Source, index: int, chart: Cylinder, rows: int, columns: int) -> Pixels:
    """Return the band (rows, columns, 3) of a panorama, averaged down from twice the density."""
    band = source.band(index, 2 * rows, 2 * columns, chart)
    means: Array = band.reshape(rows, 2, columns, 2, 3).mean((1, 3))
    return means.round().astype(np.uint8)
