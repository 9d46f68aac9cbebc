"""What crops are drawn from."""

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Iterable

import numpy as np

from panogen.base.arrays import Colours, Doubles, Integers, Pixels
from panogen.geometry import Cylinder

ROUNDING = 1e-6  # relative, of footprints


class Source(ABC):
    """A finite collection of pictures of the cylinder that can be drawn at any size.

    ``chart`` is what a model of them is trained on where nothing else is asked. ``skipped`` says of each file that is
    not used why it is not.
    """

    description: str
    licence: str
    chart: Cylinder
    skipped: dict[str, str]

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def extent_rad(self, index: int) -> float:
        """Return the azimuth that picture ``index`` covers: 2 pi where it is a panorama."""

    def fitted(self, chart: Cylinder, nadir_deg: float | None = None) -> "Source":
        """Return the source as it is for a chart, of which nothing within ``nadir_deg`` of the nadir is wanted, or as
        much as before. Raises JobError where it has no picture for that."""
        return self

    def held_out(self) -> "Source":
        """Return what a model of the source is measured against: new pictures like its own where they can be drawn."""
        return self

    def of_detail(self, rows: float) -> "Source":
        """Return the pictures that have so many rows of their own on ``chart``, or the finest ones where none has."""
        return self

    @abstractmethod
    def halves(self) -> "tuple[Source, ...]":
        """Return the pictures in two parts that have none in common; one part alone where there is but one picture."""

    @abstractmethod
    def native_rad(self, index: int, chart: Cylinder) -> float:
        """Return the side of a pixel that picture ``index`` has itself, on the chart; 0 where it has any detail."""

    def native_rows(self, chart: Cylinder) -> float:
        """Return how many rows of its own pixels the finest picture has on the chart; infinity where one has any
        detail."""
        finest = min(self.native_rad(index, chart) for index in range(len(self)))
        return chart.side / finest if finest else math.inf

    def scene(self, index: int, rows: int, columns: int, chart: Cylinder) -> Colours:
        """Return what ``band`` gives, but of HDR pictures the exposed light, float16, which is to be tone-mapped."""
        return self.band(index, rows, columns, chart)

    @abstractmethod
    def band(self, index: int, rows: int, columns: int, chart: Cylinder) -> Pixels:
        """Return the chart's band of picture ``index``: (rows, columns, 3) uint8, upper edge first.

        Its columns cover the picture's extent, the middle of them at yaw 0.
        """

    @abstractmethod
    def fingerprint(self) -> str:
        """Return the SHA-256 of what the pictures are; another one means that the data are others."""


def fine(native: Doubles, footprint: float) -> Integers:
    """Indices of the pictures whose own pixels, of sides ``native``, are no larger than a footprint, or else of the
    finest ones."""
    return np.flatnonzero(native <= max(footprint, native.min()) * (1 + ROUNDING))


def digest(parts: Iterable[object]) -> str:
    """SHA-256 of values, in their order."""
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()
