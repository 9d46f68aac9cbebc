"""What crops are drawn from."""

import hashlib
from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from panogen.geometry import Cylinder

Pixels = NDArray[np.uint8]
Light = NDArray[np.floating[Any]]  # linear RGB, any scale
Colours = NDArray[Any]  # either of the two


class Source(Protocol):
    """A finite collection of pictures of the cylinder that can be drawn at any size.

    ``chart_profile`` names the profile of the chart that a model of them is trained on.
    """

    description: str
    licence: str

    def __len__(self) -> int: ...

    def extent_rad(self, index: int) -> float:
        """Azimuth that picture ``index`` covers: 2 pi where it is a panorama."""
        ...

    def band(self, index: int, rows: int, columns: int, chart: Cylinder) -> Pixels:
        """The chart's band of picture ``index``: (rows, columns, 3) uint8, upper edge first.

        Its columns cover the picture's extent, the middle of them at yaw 0.
        """
        ...

    def fingerprint(self) -> str:
        """SHA-256 of what the pictures are; another one means that the data are others."""
        ...


class UnusableError(Exception):
    """Why a file cannot be used."""


def digest(parts: Iterable[object]) -> str:
    """SHA-256 of values, in their order."""
    return hashlib.sha256("\n".join(map(repr, parts)).encode()).hexdigest()
