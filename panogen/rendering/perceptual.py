"""Blends that change evenly: as much from each column of the picture to the next.

Latents that change evenly do not: on the way from a sea to a meadow the whole shore may come within a degree. So it is
measured first what the network paints where two places meet, with latents at steps of the way between them; then each
column takes the step with which all columns change alike.
"""

from dataclasses import replace

import numpy as np
import torch

from panogen.base.arrays import Doubles
from panogen.geometry import Chart, from_azimuth_elevation, pixel_centres
from panogen.latents import EVEN, Around, LatentField, Nested, Paced
from panogen.networks import ChartPoints, Generator
from panogen.rendering.plans.plan import Features

COLUMNS, ROWS, STEPS = 16, 16, 24  # of the points where two places meet, and of the way between them
FINE = 8  # smaller steps to each of those, with which the way is gone
HALVINGS = 40  # of the interval in which the common rate is searched
STILL = 1e-3  # of the mean rate of change: the lowest that counts


def perceptual_blend(generator: Generator, chart: Chart, field: LatentField) -> LatentField:
    """Give a field that is blended around the circle the pace at which all columns change alike.

    Raises ValueError for a field that is blended in any other way.
    """
    outer = field.weights.outer if isinstance(field.weights, Nested) else field.weights
    if not (isinstance(outer, Around) and outer.kernel == EVEN):
        raise ValueError(f"only a blend around the circle with kernel {EVEN} has a pace, got {outer}")
    return paced(field, outer, paces(rates_of_change(generator, chart, field, outer)))


def paced(field: LatentField, around: Around, tables: Doubles) -> LatentField:
    """Return the field with other paces (K, n) of its blend ``around``."""
    table = tuple(map(tuple, tables.tolist()))
    outer = Paced(around.at_deg, around.softness, around.kernel, table, meeting=around.meeting)
    weights = replace(field.weights, outer=outer) if isinstance(field.weights, Nested) else outer
    return replace(field, weights=weights)


@torch.inference_mode()
def rates_of_change(generator: Generator, chart: Chart, field: LatentField, around: Around) -> Doubles:
    """Measure how fast each column changes at each step of the way: (K, STEPS, COLUMNS), mean over rows and colours."""
    azimuths = np.radians(around.changes_deg(pixel_centres(COLUMNS)))  # (K, COLUMNS)
    elevations = chart.row_elevations_rad(ROWS)
    directions = chart.clamped(from_azimuth_elevation(azimuths[..., None], elevations).reshape(-1, 3))
    footprints = np.full(len(directions), np.radians(chart.vertical_fov_deg) / ROWS)
    points = ChartPoints.of(chart, directions, footprints).to(generator.w_avg.device)
    seen = Features(generator.encodings, field)
    parts = seen.of_layouts(points, field.layout_seeds)
    pictures = []
    for share in np.linspace(0, 1, STEPS + 1):
        weights = paced(field, around, np.full((around.count, 2), share)).weights(directions)
        features = seen.mixed(parts, field.layout_shares(weights)).unflatten(0, (-1, ROWS))
        columns = torch.from_numpy(weights).to(features).unflatten(0, (-1, ROWS))
        # The rows of a column have the same, unless places are meeting at the poles.
        own = columns if around.meeting else columns[:, :1]
        colours = generator.synthesis_field(features, field.anchors, own)
        pictures.append(colours.clamp(-1, 1).cpu().view(*azimuths.shape, -1))
    return (torch.stack(pictures, 1).diff(dim=1).abs().mean(-1) * STEPS).double().numpy()


def paces(rates: Doubles) -> Doubles:
    """Shares of the way (K, n) that n places, evenly across, have gone, for rates of change (K, STEPS, COLUMNS)."""
    rates = rates + STILL * rates.mean((1, 2), keepdims=True) + np.finfo(np.float64).tiny
    return np.stack([pace(each.tolist()) for each in rates])


def pace(rates: list[list[float]]) -> Doubles:
    """Shares of the way (n,) of the change with these rates, by steps and columns.

    With the place u and the share t, all from 0 to 1, every column changes by the same c = rate(t, u) dt/du, and c is
    the one with which the way arrives at 1.
    """
    low, high = min(map(min, rates)), max(map(max, rates))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if way(rates, middle)[-1] < 1:
            high = middle
        else:
            low = middle
    places = np.array(way(rates, (low + high) / 2))
    shares = np.linspace(0, 1, len(places))
    return np.interp(shares, places / places[-1], shares)


def way(rates: list[list[float]], common: float) -> list[float]:
    """Places at shares of the way that are FINE to a step, where all columns change by ``common``.

    In plain numbers: numpy takes ten times as long for arrays as small as these.
    """
    place, places = 0.0, [0.0]
    for rate in rates:
        for _ in range(FINE):
            position = min(max(place * COLUMNS - 0.5, 0.0), COLUMNS - 1.0)
            left = min(int(position), COLUMNS - 2)
            rest = position - left
            place += (rate[left] * (1 - rest) + rate[left + 1] * rest) / common / (STEPS * FINE)
            places.append(place)
    return places
