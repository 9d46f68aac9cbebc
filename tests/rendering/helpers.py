"""What a plan is to show, worked out by the generator itself, a point at a time."""

import numpy as np
import torch

from panogen.latents import Layout
from panogen.networks import ChartPoints, GeneratorConfig
from panogen.rendering import Renderer
from panogen.training.presets import PRESETS

# As wide as the shipped models: the kernels that are chosen depend on it.
AS_WIDE_AS_SHIPPED = {"octaves": GeneratorConfig(), "table": PRESETS["cpu-table"].config.generator}


def some_layouts(count):
    """As many layouts of one, two and three seeds, some in common."""
    shares = [((4, 1.0),), ((7, 0.25), (4, 0.75)), ((9, 1.0),), ((2**32 - 1, 0.5), (7, 0.2), (0, 0.3))]
    return tuple(Layout(shares[number % len(shares)]) for number in range(count))


def points_of(chart, grid):
    """All samples of a grid, row after row."""
    numbers = np.arange(len(grid))
    return ChartPoints.of(chart, grid.at(numbers), grid.footprints(numbers))


def features_under(generator, points, field, weights):
    """Features (n, channels) under a field whose anchors count by ``weights`` (n, K): noises of layouts add up by their
    shares, so that independent ones keep the variance."""
    shares = {seed: np.zeros(len(points)) for layout in field.layouts for seed, _ in layout.shares}
    for layout, counts in zip(field.layouts, weights.T, strict=True):
        for seed, share in layout.shares:
            shares[seed] = shares[seed] + share * counts
    length = np.sqrt(sum(share**2 for share in shares.values()))
    parts = []
    for encoding in generator.encodings:
        if not encoding.config.knows_layouts:
            parts.append(encoding(points, (0,))[0])
            continue
        each = [encoding(points, (seed,))[0].double() for seed in shares]
        amplitudes = [torch.from_numpy(share / length)[:, None] for share in shares.values()]
        parts.append(sum(one * amplitude for one, amplitude in zip(each, amplitudes, strict=True)).float())
    return torch.cat(parts, 1)


@torch.inference_mode()
def expected(generator, field, grid, chart):
    """Colours (n, 3) of a grid, with latents of its own for every point: styles are affine in w, and weights sum to
    1."""
    points, weights = points_of(chart, grid), field.weights(grid.directions(0, len(grid)))
    weights = np.broadcast_to(weights, (len(grid), weights.shape[1]))
    if len(field.anchors) == 1:
        return generator.synthesis(features_under(generator, points, field, weights)[None], field.anchors)[0].numpy()
    ws = torch.einsum("pk,klw->plw", torch.from_numpy(weights.copy()).float(), field.anchors)
    features = features_under(generator, points, field, weights)
    return generator.synthesis(features[:, None], ws)[:, 0].numpy()


def colours(plan, grid, chart, workers=2):
    """Colours (n, 3) of a grid by a plan, block by block."""
    return np.concatenate(list(Renderer(plan, chart, grid, workers).blocks()))


def picture(plan, grid, chart, workers=2):
    """The same (rows, columns, 3)."""
    return colours(plan, grid, chart, workers).reshape(*grid.shape, 3)
