import numpy as np
import torch

from panogen.geometry import Cylinder
from panogen.grids import Cylindrical, GridWindow
from panogen.latents import LatentField, Mosaic
from panogen.rendering import Renderer, plan_of
from panogen.rendering.factored import Mix

CHART = Cylinder()
MOSAIC = Mosaic(10, -5, 70, 50, 5, 6, 20)


def test_pairs_are_those_that_meet_and_sum_to_one():
    grid = Cylindrical(64, CHART)
    weights = MOSAIC(grid.directions(0, len(grid)))
    mix = Mix.of(weights, torch.device("cpu"))
    assert mix.anchors.tolist() == np.flatnonzero(weights.any(0)).tolist()
    expected = [
        (k, m)
        for k in range(31)
        for m in range(k, 31)
        if (weights[:, k].astype("f4") * weights[:, m].astype("f4")).any()
    ]
    assert mix.pairs == expected
    assert len(expected) < 31 * 32 / 2 / 2
    total = mix.products @ torch.tensor([1.0 if k == m else 2.0 for k, m in mix.pairs])
    torch.testing.assert_close(total, torch.ones(len(weights)), atol=1e-6, rtol=0)


def test_a_crop_alone_is_the_crop_of_the_whole(generator):
    torch.manual_seed(0)
    plan = plan_of(generator, LatentField(torch.randn(31, generator.num_ws, 12), MOSAIC))
    whole = Cylindrical(192, CHART)
    picture = np.concatenate(list(Renderer(plan, CHART, whole).blocks())).reshape(*whole.shape, 3)
    part = GridWindow(whole, 11, 70, 23, 61)
    crop = np.concatenate(list(Renderer(plan, CHART, part).blocks())).reshape(*part.shape, 3)
    np.testing.assert_array_equal(crop, picture[11:34, 70:131])
