from dataclasses import dataclass

import numpy as np
import pytest

from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, Equirectangular, Grid, Perspective
from panogen.rendering.adaptive.mesh import SIDE
from panogen.rendering.adaptive.visibility import seen_samples

CHART = Cylinder()


@dataclass(frozen=True)
class Disc(Grid):
    """A view in which a disc alone shows anything."""

    view: Perspective

    @property
    def shape(self):
        return self.view.shape

    def at(self, samples):
        directions = self.view.at(samples)
        row, column = np.divmod(samples, self.shape[1])
        centre = np.array(self.shape) / 2
        beyond = np.hypot(row + 0.5 - centre[0], column + 0.5 - centre[1]) > centre.min()
        return np.where(beyond[:, None], np.nan, directions)

    def footprints(self, samples):
        return self.view.footprints(samples)


GRIDS = [
    Cylindrical(700, CHART),
    Cylindrical(700, CHART, Camera(10, 12, 5)),
    Cylindrical(600, Cylinder(70, "central")),
    Equirectangular(700, 350),
    Equirectangular(512, 256, Camera(0, 70, 0)),
    Perspective(700, 500, 100.0, Camera(30, 40, 5)),
    Perspective(300, 300, 150.0, Camera(0, 88, 0)),
    Perspective(40, 31, 170.0, Camera(0, -60, 0)),
    Perspective(1, 5),
    Disc(Perspective(520, 400, 60.0)),
    Disc(Perspective(90, 333, 120.0, Camera(0, 30, 0))),
]


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_as_if_every_sample_had_been_looked_at(grid):
    rows, columns = grid.shape
    tops, lefts = (at.ravel() for at in np.meshgrid(range(0, rows, SIDE), range(0, columns, SIDE)))
    seen = seen_samples(grid, CHART, tops, lefts)
    everywhere = np.zeros((rows + 2 * SIDE, columns + 2 * SIDE), bool)
    everywhere[:rows, :columns] = CHART.valid(grid.directions(0, len(grid))).reshape(grid.shape)
    for tile, top, left in zip(seen, tops, lefts, strict=True):
        np.testing.assert_array_equal(tile, everywhere[top : top + SIDE + 1, left : left + SIDE + 1])
