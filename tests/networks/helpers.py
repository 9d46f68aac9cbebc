"""Points of charts."""

import numpy as np
import torch

from panogen.geometry import from_azimuth_elevation
from panogen.networks import ChartPoints


def points_of(chart, directions, footprints_rad=0.0, rows=None):
    """Points that directions (..., 3) are seen at, each for a sample of one footprint or of its own."""
    directions = np.asarray(directions, np.float64).reshape(-1, 3)
    footprints = np.broadcast_to(np.asarray(footprints_rad, np.float64).ravel(), len(directions)).copy()
    return ChartPoints.of(chart, directions, footprints, rows)


def points_at(chart, azimuth_rad, elevation_rad, footprints_rad=0.0):
    """Points at azimuths and elevations of shapes that broadcast."""
    return points_of(chart, from_azimuth_elevation(azimuth_rad, elevation_rad), footprints_rad)


def rolled(chart, places):
    """Coordinates of places (..., 2) unrolled: azimuths and heights on a cylinder, or those of a plane."""
    if not chart.closed:
        return np.asarray(places)
    azimuth_rad, height = np.moveaxis(np.asarray(places), -1, 0)
    return np.stack([np.cos(azimuth_rad), np.sin(azimuth_rad), height], -1)


def points_unrolled(chart, places, footprint):
    """Points by where they lie on lattices (n, axes), each for a square of one side."""
    flat = len(chart.periods) == 2
    coordinates = torch.from_numpy(rolled(chart, places) if flat else places)
    sides = torch.full((len(places),), footprint, dtype=torch.float64)
    return ChartPoints(torch.zeros(len(places), 3), coordinates, torch.from_numpy(places), sides, sides)


def points_of_grid(chart, grid, *, apart=False):
    """All samples of a grid, row after row; or ``apart``, one column after the other, as columns of points."""
    rows, columns = grid.shape
    samples = np.arange(len(grid))
    if apart:
        samples = samples.reshape(rows, columns).T.ravel()
    return ChartPoints.of(chart, grid.at(samples), grid.footprints(samples), rows if apart else None)


def by_rows(values, rows):
    """Values (..., n, channels) of columns of so many points, row after row."""
    return values.unflatten(-2, (-1, rows)).transpose(-3, -2).flatten(-3, -2)
