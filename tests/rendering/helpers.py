"""What plans are compared with: the generator itself, with weights of its own for every point."""

import numpy as np
import torch

from panogen.geometry import Cylinder
from panogen.networks import ChartPoints

CHART = Cylinder()


def points_of(grid, chart=CHART, rows=None):
    """Directions and points of all samples of a grid."""
    samples = np.arange(len(grid))
    directions = grid.at(samples)
    return directions, ChartPoints.of(chart, directions, grid.footprints(samples), rows)


def colours_of(plan, grid, chart=CHART):
    """The plan's colours (n, 3) of a grid's samples, in one block."""
    directions, points = points_of(grid, chart)
    return plan(points, directions, plan.scratch(len(grid))).clone()


@torch.inference_mode()
def colours_expected(generator, field, grid, chart=CHART):
    """Colours (n, 3) of a grid's samples: styles are affine in w, weights sum to 1, and noise has variance 1."""
    directions, points = points_of(grid, chart)
    weights = field.weights(directions)
    ws = torch.einsum("pk,klw->plw", torch.from_numpy(weights).float(), field.anchors)
    counts = np.array([[dict(one.shares).get(seed, 0) for seed in field.layout_seeds] for one in field.layouts])
    shares = weights @ counts
    shares = torch.from_numpy(shares / np.linalg.norm(shares, axis=1, keepdims=True)).float()
    parts = [encoding(points, field.layout_seeds) for encoding in generator.encodings]
    mixed = [part[0] if len(part) == 1 else torch.einsum("lnc,nl->nc", part, shares) for part in parts]
    return generator.synthesis(torch.cat(mixed, 1)[:, None], ws)[:, 0]
