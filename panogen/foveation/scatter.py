"""Foveation as the CIPS paper does it (Anokhin et al. 2021): pixels at random, most of them near the gaze."""

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Booleans, Doubles, Floats, Integers
from panogen.base.errors import UsageError
from panogen.base.runtime import one_blas_thread
from panogen.foveation.eye import Gaze
from panogen.geometry import Chart
from panogen.grids import Grid

DEVIATION = 0.4  # of the positions, in sides of the picture


@dataclass(frozen=True, eq=False)
class Scatter(Grid):
    """A ``share`` of the pixels that a picture shows, in its order, drawn from a Gaussian around the one at the gaze.

    Its deviation is ``DEVIATION`` of the picture's width to the sides and of its height up and down, whatever the
    angles are. Each sample has the very direction that it has in the whole picture, so also its colour, to the bit, if
    the network does not ask how large its footprint is. ``chart`` is that of the network, ``outside`` what is seen
    beyond it, as in ``View``. Raises UsageError.
    """

    scattered: ClassVar[bool] = True
    name = "scatter"
    gaze: Gaze
    share: float
    chart: Chart
    seed: int = 0
    outside: str = "black"

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise UsageError(f"share must be in (0, 1] of the pixels, got {self.share:g}")
        if self.seed < 0:
            raise UsageError(f"seed must be at least 0, got {self.seed}")

    @property
    def shape(self) -> tuple[int, int]:
        """A row of all samples."""
        return 1, len(self.pixels)

    @cached_property
    def _drawn(self) -> tuple[Integers, float]:
        # The numbers of the pixels, ascending, and the largest key that was not drawn.
        rng, shown = np.random.default_rng(self.seed), ~self.gaze.blank.ravel()
        count = max(1, round(self.share * shown.sum()))
        keys = np.where(shown, rng.gumbel(size=len(shown)) + self.log_density.ravel(), -np.inf)
        order = np.argpartition(-keys, count - 1)
        return np.sort(order[:count]), float(keys[order[count:]].max(initial=-np.inf))

    @property
    def pixels(self) -> Integers:
        """Their numbers, ascending.

        Draws are repeated until enough different pixels are among them. The first that are not repetitions are those of
        the largest keys log p + g, p the probability of a pixel and g a Gumbel variable of its own (Kool et al. 2019).
        """
        return self._drawn[0]

    @cached_property
    def chances(self) -> Doubles:
        """Return how likely each of them (n,) was to be drawn: that its own key is larger than the largest that was
        not.

        Sums over the samples, each divided by its chance, are without bias those over the picture (Kool et al. 2019).
        """
        # P(g > x) = 1 - exp(-exp(-x)).
        return -np.expm1(-np.exp(self.log_density.ravel()[self.pixels] - self._drawn[1]))

    @property
    def log_density(self) -> Doubles:
        """Logarithm of the Gaussian (rows, columns) at the pixels, up to a constant."""
        squares = (
            np.square((np.arange(side) - middle) / (DEVIATION * side))
            for side, middle in zip(self.gaze.grid.shape, self.gaze.nearest, strict=True)
        )
        return -0.5 * np.add.outer(*squares)

    @override
    def at(self, samples: Integers) -> Doubles:
        return self.gaze.grid.at(self.pixels[samples])

    @override
    def footprints(self, samples: Integers) -> Doubles:
        """Return the roots of the pixels' solid angles, each divided by its pixel's chance to be drawn.

        A sample covers what is interpolated from it: details finer than the distance between samples would be speckle.
        """
        return self.gaze.grid.footprints(self.pixels[samples]) / np.sqrt(self.chances[samples])

    @cached_property
    def density(self) -> Floats:
        """Samples per pixel (rows, columns): 1 or 0."""
        density = np.zeros(self.gaze.grid.shape, np.float32)
        density.flat[self.pixels] = 1
        return density

    @property
    def sampled(self) -> Booleans:
        """The pixels (rows, columns) that are samples."""
        return self.density > 0

    def reconstruct(self, colours: Floats, blank: float) -> Floats:
        """Return the picture (rows, columns, 3) of the samples' colours (n, 3), and cubic ones of the pixels between
        them.

        Pixels that show nothing have the colour ``blank``, and so has what is black beyond the chart.
        """
        grid, shown = self.gaze.grid, ~self.gaze.blank.ravel()
        if self.outside == "black":
            shown &= self.chart.valid(grid.directions(0, len(grid)))
        known = shown[self.pixels]
        picture = interpolated(grid.shape, self.pixels[known], colours[known])
        picture.reshape(-1, 3)[~shown] = blank
        return picture


def interpolated(shape: tuple[int, int], pixels: Integers, colours: Floats) -> Floats:
    """Return a picture (rows, columns, 3) of the colours (n, 3) of some of its pixels, by their numbers (n,).

    Between them it is the cubic of Clough and Tocher on Delaunay's triangles, a bicubic of scattered points, and beyond
    their convex hull the colour of the nearest one. Without any it is 0.
    """
    from scipy.interpolate import CloughTocher2DInterpolator, NearestNDInterpolator  # takes most of a second to load
    from scipy.spatial import QhullError

    picture = np.zeros((shape[0] * shape[1], 3), np.float32)
    picture[pixels] = colours
    missing = np.setdiff1d(np.arange(len(picture)), pixels, assume_unique=True)
    if not len(missing) or not len(pixels):
        return picture.reshape(*shape, 3)
    known, between = (np.stack(np.divmod(numbers, shape[1]), 1).astype(np.float64) for numbers in (pixels, missing))
    try:
        with one_blas_thread():  # a system of two equations for each triangle, shared out, waits for threads each time
            picture[missing] = CloughTocher2DInterpolator(known, colours)(between)
    except QhullError:  # all in one line: they have no triangles
        picture[missing] = np.nan
    beyond = missing[np.isnan(picture[missing, 0])]
    picture[beyond] = NearestNDInterpolator(known, colours)(np.stack(np.divmod(beyond, shape[1]), 1))
    return picture.reshape(*shape, 3)
