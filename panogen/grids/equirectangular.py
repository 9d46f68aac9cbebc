"""Equirectangular pictures: what panorama viewers take. A band around the horizon, or the whole sphere."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles
from panogen.base.errors import UsageError
from panogen.geometry import Chart
from panogen.grids.base import AHEAD_CAMERA, Camera, CircleGrid, check_positive


@dataclass(frozen=True)
class Equirectangular(CircleGrid):
    """``height`` rows in the middle of the ``width / 2`` that the whole sphere has; square pixels."""

    name = "equirectangular"
    width: int
    height: int
    camera: Camera = AHEAD_CAMERA
    tall: bool = False

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        if self.width % 2:
            raise UsageError(f"width must be even for an equirectangular picture, got {self.width}")
        full = self.width // 2
        if not 1 <= self.height <= full or (full - self.height) % 2:
            parity = "odd" if full % 2 else "even"
            raise UsageError(
                f"height must be {parity} and at most {full} for an equirectangular picture {self.width} wide, "
                f"got {self.height}; leave it out for the band that the model knows"
            )

    @classmethod
    @override
    def _laid_out(cls, chart: Chart, camera: Camera, width: int, height: int | None, fov_deg: float | None) -> Self:
        # The natural height is the largest that stays within the chart's band.
        if height is None:
            full = width // 2
            height = int(np.floor(width * chart.band.max_elevation_rad / np.pi + 1e-9))
            height = max(height - (full - height) % 2, 2 - full % 2)
        return cls(width, height, camera, chart.poles)

    @property
    def row_elevations_rad(self) -> Doubles:
        """Elevations of the rows before pitch and roll."""
        rows = np.arange(self.height, dtype=np.float64)
        return 2 * np.pi / self.width * (self.height / 2 - 0.5 - rows)

    @property
    @override
    def row_steps_rad(self) -> Doubles:
        """Return the distance of columns at the horizon for every row."""
        return np.full(self.height, 2 * np.pi / self.width)

    @property
    def metadata(self) -> dict[str, Any]:
        """GPano fields."""
        return gpano_band(self.width, self.height)


def gpano_band(width: int, height: int) -> dict[str, Any]:
    """GPano fields of ``height`` rows around the horizon of an equirectangular panorama ``width`` wide.

    https://developers.google.com/streetview/spherical-metadata
    """
    full = width // 2
    return {
        "ProjectionType": "equirectangular",
        "UsePanoramaViewer": True,
        "CroppedAreaImageWidthPixels": width,
        "CroppedAreaImageHeightPixels": height,
        "FullPanoWidthPixels": width,
        "FullPanoHeightPixels": full,
        "CroppedAreaLeftPixels": 0,
        "CroppedAreaTopPixels": (full - height) // 2,
    }
