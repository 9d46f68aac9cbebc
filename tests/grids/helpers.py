"""Grids of every name in GRIDS, at any size."""

import numpy as np

from panogen.geometry import Cylinder
from panogen.grids import GRIDS, Camera, Perspective
from panogen.grids.points import Points

CHART = Cylinder()
TILTED = Camera(30, 20, 10)
LAID_OUT = [name for name in GRIDS if name != "points"]  # from a width alone


def grid_named(name, folder, camera=TILTED, width=24):
    """A grid by its name; that of points shows the directions of a lens, of any length, kept in a file."""
    if name != "points":
        return GRIDS[name].lay_out(CHART, camera, width)
    lens, path = Perspective(width, 13, 80.0), folder / f"points{width}.npy"
    lengths = np.random.default_rng(0).uniform(1e-3, 1e3, (len(lens), 1))
    np.save(path, (lens.directions(0, len(lens)) * lengths).reshape(*lens.shape, 3))
    return Points(path, camera)


def all_of(grid):
    """Its directions (rows, columns, 3)."""
    return grid.directions(0, len(grid)).reshape(*grid.shape, 3)


def footprints_of(grid):
    """Its footprints (rows, columns)."""
    return grid.footprints(np.arange(len(grid))).reshape(grid.shape)


def in_a_face(x, y, z):
    """Face number in OpenGL's order +x, -x, +y, -y, +z, -z and its coordinates s, t from the first texel: table 8.19 of
    the specification, 4.6."""
    size = np.stack([np.abs(x), np.abs(y), np.abs(z)])
    axis, major = size.argmax(0), size.max(0)
    face = 2 * axis + (np.choose(axis, [x, y, z]) < 0)
    sc = np.choose(face, [-z, z, x, x, x, -x])
    tc = np.choose(face, [-y, -y, z, -z, -y, -y])
    return face, (sc / major + 1) / 2, (tc / major + 1) / 2
