"""How an eye sees a picture: at which angles its pixels lie."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from panogen.base.arrays import Booleans, Doubles
from panogen.base.errors import UsageError
from panogen.geometry import Chart, azimuth_elevation, rotate, rotation
from panogen.grids import Grid, Perspective

BESIDE = 1.5  # pixels from the nearest one at which a gaze no longer meets the picture


@dataclass(frozen=True)
class Gaze:
    """A picture as an eye sees it that looks at a place of it.

    ``right_deg`` and ``up_deg`` are the azimuth and elevation of that place from the middle of the picture. A flat
    picture is seen on a display ``display_fov_deg`` wide, None for one as wide as the picture's own field of view; a
    panorama is seen from its middle. Raises UsageError.
    """

    grid: Grid
    right_deg: float = 0.0
    up_deg: float = 0.0
    display_fov_deg: float | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.right_deg) and np.isfinite(self.up_deg) and abs(self.up_deg) <= 90):
            raise UsageError(f"gaze must be degrees right and up, at most 90 up, got {self.right_deg}, {self.up_deg}")
        if not self.nearest_rad <= BESIDE * self.pitch_rad:  # NaN where the picture shows nothing at all
            raise UsageError(f"gaze must meet the picture, got {self.right_deg:g}, {self.up_deg:g} degrees")

    @classmethod
    def at_pixel(cls, grid: Grid, column: float, row: float, display_fov_deg: float | None = None) -> "Gaze":
        """Return the gaze that meets a pixel, counted from 0, 0 at the upper left. Raises UsageError."""
        rows, columns = grid.shape
        if not (0 <= column < columns and 0 <= row < rows):
            raise UsageError(f"gaze must be a pixel of the picture, {columns} x {rows}, got {column:g}, {row:g}")
        seen = rotate(grid.at(np.array([int(row) * columns + int(column)])), grid.camera.matrix.T)
        magnified = magnification(grid, display_fov_deg)
        azimuth, elevation = azimuth_elevation(seen * [magnified, magnified, 1.0])
        if np.isnan(azimuth[0]):
            raise UsageError(f"gaze must be a pixel that shows something, got {column:g}, {row:g}")
        return cls(grid, float(np.degrees(azimuth[0])), float(np.degrees(elevation[0])), display_fov_deg)

    @cached_property
    def magnification(self) -> float:
        """Return the display's magnification of the tangents of angles from the middle of the picture."""
        return magnification(self.grid, self.display_fov_deg)

    @cached_property
    def rotation(self) -> Doubles:
        """Matrix (3, 3) from directions around the gaze, (right, up, ahead), to those of the head."""
        return rotation(np.radians(self.right_deg), np.radians(self.up_deg))

    @cached_property
    def pinhole(self) -> Doubles:
        """Matrix (3, 3) from directions of the head to those of the camera, of any length."""
        return np.diag([1 / self.magnification, 1 / self.magnification, 1.0])

    def world(self, around: Doubles) -> Doubles:
        """Unit vectors (n, 3) of the world that are seen at directions (n, 3) around the gaze."""
        seen = rotate(around, self.grid.camera.matrix @ self.pinhole @ self.rotation)
        return np.asarray(seen / np.linalg.norm(seen, axis=1, keepdims=True))

    def world_scale(self, around: Doubles) -> Doubles:
        """Return how many times larger footprints are in the world than at the eye: (n,), at unit vectors (n, 3) around
        the gaze."""
        # A matrix A takes a solid angle around a unit vector v to one |det A| / |A v|^3 times as large.
        length = np.linalg.norm(rotate(around, self.pinhole @ self.rotation), axis=1)
        return np.asarray(1 / (self.magnification * length * np.sqrt(length)))

    @cached_property
    def blank(self) -> Booleans:
        """The pixels (rows, columns) that show nothing."""
        blank: Booleans = np.isnan(self.grid.camera_directions[0])
        return blank

    @cached_property
    def around(self) -> Tensor:
        """Directions (3, rows, columns) float32, of any length, of the pixels around the gaze.

        A pixel that shows nothing has that of the farthest one that does: it is never near, and takes no samples.
        """
        display = np.diag([self.magnification, self.magnification, 1.0])
        matrix = torch.from_numpy((self.rotation.T @ display).astype(np.float32))
        seen = torch.from_numpy(self.grid.camera_directions)
        around = matrix @ seen.flatten(1)
        if self.blank.any():
            right, up, ahead = around
            farthest = torch.atan2(torch.hypot(right, up), ahead).nan_to_num(nan=-1.0).argmax()
            around[:, self.blank.ravel()] = around[:, farthest, None]
        return around.view(seen.shape)

    @cached_property
    def eccentricity_rad(self) -> Tensor:
        """Return the eccentricities of the pixels: (rows, columns) float32."""
        right, up, ahead = self.around
        return torch.atan2(torch.hypot(right, up), ahead)

    @cached_property
    def turns(self) -> Tensor:
        """Angles of the pixels around the gaze, (rows, columns) float32 in [-1/2, 1/2] of a turn."""
        right, up, _ = self.around
        return torch.atan2(up, right).mul_(0.5 / np.pi)

    @cached_property
    def nearest(self) -> tuple[int, int]:
        """Row and column of the pixel that the gaze meets."""
        row, column = divmod(int(self.eccentricity_rad.argmin()), self.grid.shape[1])
        return row, column

    @property
    def nearest_rad(self) -> float:
        """Return the angle between the gaze and the nearest pixel."""
        return float(self.eccentricity_rad[self.nearest])

    @cached_property
    def pitch_rad(self) -> float:
        """The larger of the distances of that pixel to the nearer neighbours in its row and in its column: the other
        one may belong to another face of a cube."""
        row, column = self.nearest
        here = self.around[:, row, column].double()

        def nearer(line: Tensor, place: int) -> float:
            # Of the pixels (3, n) of a row or a column; 0 where there is one alone.
            beside = [line[:, at].double() for at in (place - 1, place + 1) if 0 <= at < line.shape[1]]
            crosses = ((torch.linalg.cross(here, there).norm(), here @ there) for there in beside)
            return min((float(torch.atan2(*cross)) for cross in crosses), default=0.0)

        return max(nearer(self.around[:, row], column), nearer(self.around[:, :, column], row))

    def unseen(self, chart: Chart) -> Booleans:
        """Tell which pixels (rows, columns) show nothing, or nothing that a chart shows."""
        matrix = torch.from_numpy(self.grid.camera.matrix.astype(np.float32))
        world = matrix @ torch.from_numpy(self.grid.camera_directions).flatten(1)
        return chart.hides(world.numpy()).reshape(self.grid.shape)


def magnification(grid: Grid, display_fov_deg: float | None) -> float:
    """Return a display's magnification of a picture's own field of view; see ``Gaze``. Raises UsageError."""
    if display_fov_deg is None:
        return 1.0
    if not isinstance(grid, Perspective):
        raise UsageError(f"display_fov_deg is for flat pictures, projection perspective, got {display_fov_deg:g}")
    if not 0 < display_fov_deg < 180:
        raise UsageError(f"display_fov_deg must be in (0, 180), got {display_fov_deg:g}")
    return float(np.tan(np.radians(display_fov_deg) / 2) / np.tan(np.radians(grid.fov_deg) / 2))
