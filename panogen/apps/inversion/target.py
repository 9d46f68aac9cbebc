"""The photo that a model is to show: its colours, where they lie on the sphere, and which of them count."""

import hashlib
import math
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from panogen.base.arguments import at_home
from panogen.base.arrays import Booleans, Doubles, Floats, Pixels
from panogen.base.errors import UsageError
from panogen.data.picture import examine
from panogen.data.scan import as_panorama
from panogen.decoding import decode, displayed, levels, mask_refused
from panogen.geometry import Chart, pixel_centres
from panogen.geometry.directions import azimuth_elevation, from_azimuth_elevation, pitched
from panogen.grids import Camera, Perspective
from panogen.grids.base import AHEAD_CAMERA
from panogen.latents import Mosaic
from panogen.weights.checkpoint import Model

LARGEST_SIDE = 96  # pixels of the photo that is compared
ASPECT_TOLERANCE = 0.01  # relative: what rounding a mask's side to whole pixels may cost
WHITE = 0.5  # the least level of a mask that counts
NEEDED = 0.5  # share of a pixel's area that must count

SURROUNDINGS_PIXELS = 2  # of the photo between two directions around it


@dataclass(frozen=True, eq=False)
class Target:
    """A photo as the model could see it: colours (rows, columns, 3) float32 in [-1, 1] on a lens view's ``grid``.

    ``counts`` (rows, columns) says which of them count: what the mask leaves, on the model's chart. ``photo`` is the
    whole picture and ``about`` what was asked for.
    """

    grid: Perspective
    colours: Floats
    counts: Booleans
    photo: Pixels
    about: dict[str, Any]

    @cached_property
    def directions(self) -> Doubles:
        """Directions (n, 3) of the pixels that count."""
        return self.grid.directions(0, len(self.grid))[self.counts.ravel()]

    @cached_property
    def wanted(self) -> Floats:
        """Colours (n, 3) of the pixels that count."""
        return self.colours[self.counts]

    @property
    def footprints(self) -> Doubles:
        """Return the footprints of the pixels that count, in radians."""
        return self.grid.footprints(np.flatnonzero(self.counts))

    def shows(self, directions: Doubles) -> Booleans:
        """Tell which directions (n, 3) lie on a pixel that counts."""
        right, up, ahead = (directions @ self.grid.camera.matrix).T
        in_front = ahead > 0
        pixels = self.grid.width / 2 / math.tan(math.radians(self.grid.fov_deg) / 2) / np.where(in_front, ahead, 1)
        row = np.floor(self.grid.height / 2 - up * pixels).astype(int)
        column = np.floor(self.grid.width / 2 + right * pixels).astype(int)
        on = in_front & (row >= 0) & (row < self.grid.height) & (column >= 0) & (column < self.grid.width)
        counted: Booleans = on & self.counts[np.where(on, row, 0), np.where(on, column, 0)]
        return counted

    def surroundings(self, mosaic: Mosaic, chart: Chart) -> Doubles:
        """Directions (n, 3) on the chart, a few pixels apart, that a mosaic changes and the photo does not show."""
        step_deg = SURROUNDINGS_PIXELS * self.grid.fov_deg / self.grid.width
        sides = (mosaic.width_deg + 2 * mosaic.margin_deg, mosaic.height_deg + 2 * mosaic.margin_deg)
        across, up = (
            side * (pixel_centres(math.ceil(side / step_deg)) - 0.5)
            for side in (min(sides[0], 360), min(sides[1], 180))
        )
        azimuth, elevation = np.radians(mosaic.azimuth_deg + across), np.radians(mosaic.elevation_deg + up)
        level = from_azimuth_elevation(azimuth, elevation[:, None]).reshape(-1, 3)
        directions = pitched(level, math.radians(mosaic.yaw_deg), math.radians(mosaic.pitch_deg))
        return directions[chart.valid(directions) & ~self.shows(directions)]

    def mosaic(self, rows: int, columns: int, margin_deg: float) -> Mosaic:
        """Return a lattice of anchors over the pixels that count, from the outer edges of the outermost ones.

        It is laid out about the camera's horizon, and its margin ends short of the poles that belong to that.
        """
        camera = self.grid.camera
        level = pitched(self.directions, math.radians(camera.yaw_deg), -math.radians(camera.pitch_deg))
        azimuth, elevation = np.degrees(azimuth_elevation(level))
        across = np.mod(azimuth - camera.yaw_deg + 180, 360) - 180
        pixel = math.degrees(2 * math.tan(math.radians(self.grid.fov_deg) / 2) / self.grid.width)
        left, right = across.min() - pixel / 2, across.max() + pixel / 2
        lower, upper = max(elevation.min() - pixel / 2, -90), min(elevation.max() + pixel / 2, 90)
        return Mosaic(
            azimuth_deg=float(camera.yaw_deg + (left + right) / 2),
            elevation_deg=float((lower + upper) / 2),
            width_deg=float(min(right - left, 360)),
            height_deg=float(upper - lower),
            rows=rows,
            columns=columns,
            margin_deg=float(min(margin_deg, 90 - upper, 90 + lower)),
            yaw_deg=camera.yaw_deg,
            pitch_deg=camera.pitch_deg,
        )


def lay_target(
    model: Model,
    photo: str | Path,
    fov_deg: float | None = None,
    camera: Camera = AHEAD_CAMERA,
    mask: str | Path | None = None,
) -> Target:
    """Return a photo, seen through a camera's lens, as a target of a model: about a pixel for the finest detail that it
    has.

    ``fov_deg`` is the field of view along the longer side, None what the photo's EXIF says. Of ``mask``, a picture
    of the photo's shape, white counts. Raises UsageError.
    """
    photo, mask = Path(at_home(photo)), None if mask is None else Path(at_home(mask))
    pixels, fov_deg = read_photo(photo, fov_deg)
    rows, columns = pixels.shape[:2]
    grid = lens_grid(rows, columns, fov_deg, camera, model.generator.finest_rad)
    white = np.ones((rows, columns), np.uint8) if mask is None else read_mask(mask, columns, rows)
    colours, counts = masked_mean(pixels, white, grid.width, grid.height)
    counts &= model.chart.valid(grid.directions(0, len(grid))).reshape(grid.shape)
    if not counts.any():
        shown = f"{model.chart.extent} that the model knows"
        raise UsageError(
            f"no pixel of photo {str(photo)!r} counts: the mask must leave some white within {shown}"
            if mask is not None
            else f"no pixel of photo {str(photo)!r} lies within {shown}, got yaw_deg {camera.yaw_deg:g} and pitch_deg "
            f"{camera.pitch_deg:g}; turn the camera towards what it knows"
        )
    about = {"photo": photo.name, "mask": mask and mask.name, "fov_deg": fov_deg, **asdict(camera)}
    digest = hashlib.sha256(colours[counts].tobytes() + counts.tobytes()).hexdigest()
    return Target(grid, colours, counts, pixels, {**about, "pixels": [grid.width, grid.height], "digest": digest})


def read_photo(path: Path, fov_deg: float | None) -> tuple[Pixels, float]:
    """Return a photo's pixels (H, W, 3) and its field of view along the longer side: the one that is given, or what its
    EXIF says. Raises UsageError."""
    entry = examine(path.parent, (path.name,))
    if entry.reason is not None:
        raise UsageError(f"photo {str(path)!r} cannot be used: {entry.reason}; give the file of a photo")
    pixels = displayed(decode(path))
    fov_deg = entry.fov_deg if fov_deg is None else fov_deg
    if fov_deg is None:
        raise UsageError(
            f"photo {str(path)!r} looks like a panorama, and only what a lens sees can be inverted; cut a view out of "
            "it, or, if it is a photo after all, give --fov"
            if as_panorama(entry).reason is None
            else f"photo {str(path)!r} does not say its field of view; give --fov, the degrees along its longer side"
        )
    if not 0 < fov_deg < 180:
        raise UsageError(
            f"fov_deg must be in (0, 180), got {fov_deg:g}; a phone's main camera has about 70 along the longer side"
        )
    return pixels, fov_deg


def lens_grid(rows: int, columns: int, fov_deg: float, camera: Camera, finest_rad: float) -> Perspective:
    """Return the grid of a photo that is averaged down: a pixel for the finest detail of a model, at most
    ``LARGEST_SIDE`` a side."""
    longer = max(rows, columns)
    half = math.tan(math.radians(fov_deg) / 2)  # of the longer side, at distance 1
    scale = min(round(2 * half / finest_rad), LARGEST_SIDE, longer) / longer
    width, height = (max(1, round(side * scale)) for side in (columns, rows))
    return Perspective(width, height, math.degrees(2 * math.atan(half * columns / longer)), camera)


def read_mask(path: Path, width: int, height: int) -> Pixels:
    """Read which pixels of a photo of ``width`` x ``height`` count: 1 or 0 (height, width). Raises UsageError."""
    with mask_refused(path):
        shares = levels(path)
    rows, columns = shares.shape[:2]
    if abs(columns * height / (rows * width) - 1) > ASPECT_TOLERANCE:
        raise UsageError(
            f"mask {str(path)!r} must have the shape of the photo, {width} x {height} pixels, got {columns} x {rows}"
        )
    white = (shares.reshape(rows, columns, -1).mean(2) >= WHITE).astype(np.uint8)
    return np.asarray(cv2.resize(white, (width, height), interpolation=cv2.INTER_NEAREST))


def masked_mean(pixels: Pixels, white: Pixels, width: int, height: int) -> tuple[Floats, Booleans]:
    """Return a photo averaged down to colours (height, width, 3) in [-1, 1] by its pixels that count alone, and where
    at least half of a pixel counts."""
    size = width, height
    share = np.asarray(cv2.resize(white.astype(np.float32), size, interpolation=cv2.INTER_AREA))
    light = np.asarray(cv2.resize(pixels * white[..., None], size, interpolation=cv2.INTER_AREA), np.float32)
    counts = share >= NEEDED
    colours = light / np.where(counts, share, 1)[..., None] / 127.5 - 1
    return np.where(counts[..., None], colours, 0).astype(np.float32), counts
