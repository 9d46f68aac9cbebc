"""Many anchors side by side: styles that vary within a window of the sphere, and one anchor for all around it."""

import math
from dataclasses import asdict, dataclass, field

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles, Integers
from panogen.base.errors import UsageError
from panogen.base.records import LEFT_OUT
from panogen.geometry.directions import azimuth_elevation, pitched
from panogen.latents.kernels import BLENDS
from panogen.latents.weights import Weights

NARROWEST_DEG = 1e-9  # of a margin: an edge


@dataclass(frozen=True)
class Mosaic(Weights):
    """A lattice of ``rows`` x ``columns`` anchors from edge to edge of a window in azimuth and elevation.

    Within the window a direction takes from the four anchors around it, bilinearly. Beyond its edges the nearest ones
    give way, over ``margin_deg``, to anchor 0, which is everywhere else; the lattice's own follow row after row from
    the upper left.

    Towards a pole azimuths come together, and a window that is laid out in them tears. So azimuth and elevation are
    those of directions that are turned level first: down by ``pitch_deg`` from azimuth ``yaw_deg``, where the middle of
    the window then lies near the horizon. Raises UsageError.
    """

    kind = "mosaic"
    azimuthal = False
    azimuth_deg: float
    elevation_deg: float
    width_deg: float
    height_deg: float
    rows: int
    columns: int
    margin_deg: float
    yaw_deg: float = field(default=0.0, kw_only=True, metadata=LEFT_OUT)
    pitch_deg: float = field(default=0.0, kw_only=True, metadata=LEFT_OUT)

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if not math.isfinite(value):
                raise UsageError(f"{name} must be a finite number, got {value}")
        if not (0 < self.width_deg <= 360 and 0 < self.height_deg <= 180 and self.margin_deg >= 0):
            raise UsageError(
                "a window must be at most 360 by 180 degrees with a margin of at least 0, "
                f"got {self.width_deg:g} by {self.height_deg:g} and {self.margin_deg:g}"
            )
        if min(self.rows, self.columns) < 1:
            raise UsageError(f"a lattice must have at least 1 x 1 anchors, got {self.rows} x {self.columns}")

    @property
    @override
    def count(self) -> int:
        return 1 + self.rows * self.columns

    @override
    def __call__(self, directions: Doubles) -> Doubles:
        level = pitched(directions, math.radians(self.yaw_deg), -math.radians(self.pitch_deg))
        azimuth, elevation = (np.degrees(angle) for angle in azimuth_elevation(level))
        across = np.mod(azimuth - self.azimuth_deg + 180, 360) - 180
        down = self.elevation_deg - elevation
        weights = np.zeros((len(across), self.count))
        column, to_right, within = self._along(across, self.width_deg, self.columns)
        row, to_below, inside = self._along(down, self.height_deg, self.rows)
        within = within * inside
        points = np.arange(len(across))
        for step_down, share_down in ((0, 1 - to_below), (1, to_below)):
            for step_right, share_right in ((0, 1 - to_right), (1, to_right)):
                node = np.minimum(row + step_down, self.rows - 1) * self.columns
                node = node + np.minimum(column + step_right, self.columns - 1)
                np.add.at(weights, (points, 1 + node), within * share_down * share_right)
        weights[:, 0] = 1 - within
        return weights

    def _along(self, offset: Doubles, side: float, nodes: int) -> tuple[Integers, Doubles, Doubles]:
        """Along one axis: the node before each offset, how far on to the next one it is, and the window's own share."""
        position = ((offset / side + 0.5) * (nodes - 1)).clip(0, nodes - 1)
        before = np.floor(position).astype(np.int64).clip(0, max(0, nodes - 2))
        beyond = np.maximum(np.abs(offset) - side / 2, 0)
        gone = (beyond / max(self.margin_deg, NARROWEST_DEG)).clip(0, 1)
        return before, position - before, 1 - BLENDS["smoothstep"](gone)
