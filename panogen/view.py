"""What is asked of a picture, whatever it shows: its projection, its size, where it looks."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from panogen.errors import UsageError
from panogen.geometry import Chart
from panogen.grids import GRIDS, Camera, Grid
from panogen.grids.base import CircleGrid

STRONGEST_TRUNCATION = 2.0  # farther out than any latent that the network was trained on


@dataclass(frozen=True)
class View:
    """What to show of a place: the projection, its size in pixels and where it looks. Raises UsageError.

    ``projection`` None means the one that lays out what the model was trained on, ``height`` and ``fov_deg`` None those
    natural to the projection. ``noise`` is for models that have learned how strong it is.
    """

    width: int = 1024
    height: int | None = None
    projection: str | None = None
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    fov_deg: float | None = None
    truncation: float = 1.0
    noise: bool = False

    def __post_init__(self) -> None:
        if self.projection is not None and self.projection not in GRIDS:
            raise UsageError(f"projection must be one of {', '.join(GRIDS)}, got {self.projection!r}")
        for name in ("width", "height"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, np.integer))):
                raise UsageError(f"{name} must be a whole number of pixels, got {value!r}")
        for name in ("yaw_deg", "pitch_deg", "roll_deg", "fov_deg", "truncation"):
            value = getattr(self, name)
            if not (value is None and name == "fov_deg") and not isinstance(value, (int, float, np.number)):
                raise UsageError(f"{name} must be a number, got {value!r}")
        if not isinstance(self.noise, bool):
            raise UsageError(f"noise must be true or false, got {self.noise!r}")
        if not abs(self.truncation) <= STRONGEST_TRUNCATION:
            limit = STRONGEST_TRUNCATION
            raise UsageError(f"truncation must be in [-{limit:g}, {limit:g}], got {self.truncation}")

    def grid(self, chart: Chart) -> Grid:
        """The grid that shows it on a chart. Raises UsageError."""
        camera = Camera(self.yaw_deg, self.pitch_deg, self.roll_deg)
        layout: Any = GRIDS[self.projection or chart.natural_projection]
        if issubclass(layout, CircleGrid) and not chart.closed:
            raise UsageError(
                f"projection {self.projection} goes around the circle, of which the model knows {chart.extent} ahead "
                f"alone; leave it out, or use {chart.natural_projection}"
            )
        grid: Grid = layout.lay_out(chart, camera, self.width, self.height, self.fov_deg)
        return grid
