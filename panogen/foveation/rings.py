"""Pictures of which the fovea is computed pixel by pixel, and what surrounds it on rings."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import cv2
import numpy as np
from typing_extensions import override

from panogen.base.arrays import LONGEST_REMAP, Booleans, Doubles, Floats, Integers, Reals
from panogen.base.errors import UsageError
from panogen.foveation.eye import Gaze
from panogen.foveation.laws import Law, Spacing
from panogen.geometry import Chart
from panogen.grids import Grid

BEFORE, AFTER = 1, 2  # samples that a cubic needs before and after the one that a pixel follows
MOST_CONTRAST = 4.0
DETAIL = 1.0  # samples, the deviation of the Gaussian beside whose mean a sample is a detail
MARGIN = 4  # samples that it is taken from on either side
RISE = 16  # rings over which details gain their contrast


@dataclass(frozen=True, eq=False)
class Rings(Grid):
    """The samples of a foveated picture: pixels of the fovea, then points on rings, as many as the picture needs.

    Where that would be as many as it has pixels, or more, or rings have more points than OpenCV interpolates, all of
    these are the fovea, and there are no rings. A pixel of the fovea has the very direction and footprint that it has
    in the whole picture, so also its colour, to the bit.
    A point on a ring stands for the cell between the rings and the points around it.
    ``chart`` is that of the network. Where ``outside``, as in ``View``, is black, points beyond it only help to
    interpolate, and are moved to its edge. ``contrast`` is how much of what is left of details around the fovea is
    added to them. Raises UsageError.
    """

    scattered: ClassVar[bool] = True
    name = "rings"
    gaze: Gaze
    law: Law
    chart: Chart
    contrast: float = 0.0
    outside: str = "black"

    def __post_init__(self) -> None:
        if not 0 <= self.contrast <= MOST_CONTRAST:
            raise UsageError(f"contrast must be in [0, {MOST_CONTRAST:g}], got {self.contrast:g}")
        longest = max(self.gaze.grid.shape)
        if longest > LONGEST_REMAP:
            raise UsageError(f"a foveated picture has at most {LONGEST_REMAP} pixels a side, got {longest}")

    @property
    def shape(self) -> tuple[int, int]:
        """A row of all samples."""
        return 1, len(self.fovea) + len(self.around[0])

    @cached_property
    def spacing(self) -> Spacing:
        """The law, fitted to the picture."""
        farthest = float(self.gaze.eccentricity_rad.max())
        return self.law.fit(self.gaze.pitch_rad, farthest, self.gaze.grid.shape)

    @cached_property
    def positions(self) -> tuple[Floats, Floats]:
        """The pixels (rows, columns) on the rings: positions between the rings, from 0 at the edge of the fovea and
        inside, and between the points of a ring, from 0 to their number."""
        eccentricity = np.maximum(self.gaze.eccentricity_rad.numpy(), np.float32(self.spacing.fovea_rad))
        points = np.float32(self.spacing.points)
        across = np.maximum(self.spacing.position(eccentricity), 0).astype(np.float32, copy=False)
        return across, self.gaze.turns.numpy() * points + points / 2

    @cached_property
    def _parts(self) -> tuple[Integers, Booleans]:
        # The fovea, and the points on rings that are needed. Rings begin before the fovea ends and end behind the
        # picture, so of a small picture they may have more points than it has pixels there.
        shown = ~self.gaze.blank
        near = shown & (self.gaze.eccentricity_rad.numpy() <= self.spacing.fovea_rad)
        # Whether OpenCV takes them is asked first: rings that fit have cells that int32 counts, others may have more.
        rings = int(self.positions[0].max()) + 1
        if max(rings + BEFORE + AFTER, self.spacing.points) + BEFORE + AFTER + 1 <= LONGEST_REMAP:
            needed = self._needed_beyond(near, rings)
            if near.sum() + needed.sum() < shown.sum():
                return np.flatnonzero(near), needed
        return np.flatnonzero(shown), np.zeros((0, 0), bool)

    @property
    def fovea(self) -> Integers:
        """Numbers of its pixels."""
        return self._parts[0]

    @property
    def needed(self) -> Booleans:
        """Tell which points of rings, from ring -BEFORE on, the pixels beyond the fovea are interpolated from."""
        return self._parts[1]

    def _needed_beyond(self, fovea: Booleans, rings: int) -> Booleans:
        points, (across, along) = self.spacing.points, self.positions
        cells = across.astype(np.int32) * points + along.astype(np.int32) % points
        cells[fovea | self.gaze.blank] = rings * points
        followed = np.bincount(cells.ravel(), minlength=rings * points)[: rings * points] > 0
        needed = np.zeros((rings + BEFORE + AFTER, points), bool)
        needed[BEFORE : BEFORE + rings] = followed.reshape(rings, points)
        for axis in (0, 1):
            # No ring wraps around: the first and last ones are empty as far as they would.
            shifts = [np.roll(needed, shift, axis) for shift in range(-BEFORE, AFTER + 1)]
            needed = np.logical_or.reduce(shifts)
        return needed

    @cached_property
    def at_eye(self) -> tuple[Reals, Doubles]:
        """Positions (n,) of those points between the rings, and their directions (n, 3) around the gaze."""
        ring, point = np.nonzero(self.needed)
        position = ring - float(BEFORE)
        eccentricity = self.spacing.eccentricity_rad(position)
        angle = 2 * np.pi * (point / self.spacing.points - 0.5)
        away = np.sin(eccentricity)
        return position, np.stack([away * np.cos(angle), away * np.sin(angle), np.cos(eccentricity)], 1)

    @cached_property
    def around(self) -> tuple[Doubles, bool]:
        """Directions (n, 3) of those points, and whether any had to be moved."""
        seen = self.gaze.world(self.at_eye[1])
        if self.outside != "black":
            return seen, False
        shown = self.chart.clamped(seen)
        return shown, not np.array_equal(shown, seen)

    @override
    def at(self, samples: Integers) -> Doubles:
        directions = np.empty((len(samples), 3))
        central = samples < len(self.fovea)
        directions[central] = self.gaze.grid.at(self.fovea[samples[central]])
        directions[~central] = self.around[0][samples[~central] - len(self.fovea)]
        return directions

    def cells(self, position: Reals) -> Reals:
        """Solid angles at the eye of cells, a ring high and a point of it wide, at positions (...) between rings."""
        # On the sphere a solid angle is sin(eccentricity) deccentricity dangle.
        away = np.abs(np.sin(self.spacing.eccentricity_rad(position)))
        return away * self.spacing.step_rad(position) * (2 * np.pi / self.spacing.points)

    @cached_property
    def footprints_around(self) -> Doubles:
        """Footprints (n,) of the points on rings: of their cells, in the world."""
        position, around = self.at_eye
        footprints: Doubles = self.gaze.world_scale(around) * np.sqrt(self.cells(position))
        return footprints

    @override
    def footprints(self, samples: Integers) -> Doubles:
        """Return, for a pixel of the fovea, that of the whole picture, to the bit."""
        footprints = np.empty(len(samples))
        central = samples < len(self.fovea)
        footprints[central] = self.gaze.grid.footprints(self.fovea[samples[central]])
        footprints[~central] = self.footprints_around[samples[~central] - len(self.fovea)]
        return footprints

    @cached_property
    def density(self) -> Floats:
        """Samples per pixel (rows, columns): 1 in the fovea, 0 where nothing is shown."""
        density: Floats = np.minimum(self.gaze.pitch_rad**2 / self.cells(self.positions[0]), 1).astype(np.float32)
        density.flat[self.fovea] = 1
        density[self.gaze.blank] = 0
        return density

    @property
    def sampled(self) -> Booleans:
        """The pixels (rows, columns) of the fovea, and around it the pixel nearest to each sample."""
        points, (across, along) = self.spacing.points, self.positions
        ring, point = np.rint(across), np.rint(along)
        label = ring.astype(np.int64) * points + point.astype(np.int64) % points
        order = np.lexsort((np.hypot(across - ring, along - point).ravel(), label.ravel()))
        _, first = np.unique(label.ravel()[order], return_index=True)
        sampled = np.zeros(label.shape, bool)
        sampled.flat[order[first]] = True
        sampled[self.gaze.blank] = False
        sampled.flat[self.fovea] = True
        return sampled

    def reconstruct(self, colours: Floats, blank: float) -> Floats:
        """Return the picture (rows, columns, 3) of the samples' colours (n, 3): those of the fovea, and bicubic ones
        around.

        Pixels that show nothing have the colour ``blank``, and so has what is black beyond the chart.
        """
        if self.needed.any():
            picture = self._interpolated(colours[len(self.fovea) :])
            picture[self.gaze.unseen(self.chart) if self.around[1] else self.gaze.blank] = blank
        else:
            picture = np.full((*self.gaze.grid.shape, 3), blank, np.float32)
        picture.reshape(-1, 3)[self.fovea] = colours[: len(self.fovea)]
        return picture

    def _interpolated(self, colours: Floats) -> Floats:
        # The picture (rows, columns, 3) of the points on rings (n, 3).
        rings = np.zeros((*self.needed.shape, 3), np.float32)
        rings[self.needed] = colours
        if self.contrast:
            rings = restored(rings, self.needed, self.contrast)
        rings = np.concatenate([rings[:, -BEFORE:], rings, rings[:, : AFTER + 1]], 1)
        across, along = self.positions
        picture: Floats = cv2.remap(rings, along + BEFORE, across + BEFORE, cv2.INTER_CUBIC)  # type: ignore[assignment]
        return picture


def restored(rings: Floats, needed: Booleans, contrast: float) -> Floats:
    """Colours of rings (n, points, 3) with the details enhanced that interpolation weakens (Patney et al. 2016).

    A detail is what a sample differs by from the mean around it. That is taken among the samples, which lie as densely
    everywhere on the rings, so it is as coarse as they are, and costs nothing beside the picture.
    """
    weights = needed.astype(np.float32)[..., None]

    def around(values: Floats) -> Floats:
        closed = np.pad(values, ((0, 0), (MARGIN, MARGIN), (0, 0)), mode="wrap")
        blurred = cv2.GaussianBlur(closed, (0, 0), DETAIL, borderType=cv2.BORDER_REPLICATE)
        return np.asarray(blurred, np.float32).reshape(closed.shape)[:, MARGIN:-MARGIN]

    mean = around(rings * weights) / np.maximum(around(weights), np.finfo(np.float32).tiny)
    rise = np.clip(np.arange(len(rings)) / RISE, 0, 1).astype(np.float32)[:, None, None]
    return np.where(needed[..., None], rings + contrast * rise * (rings - mean), rings)
