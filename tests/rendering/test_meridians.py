from dataclasses import replace

import numpy as np
import pytest
import torch

from panogen.grids import Camera, Cylindrical, GridWindow, Perspective
from panogen.latents import Above, Around, LatentField, Layout, blended, evenly
from panogen.networks import GENERATORS, Generator, GeneratorConfig
from panogen.rendering import Renderer, plan_of
from panogen.rendering.factored import FactoredPlan
from panogen.rendering.meridians import MeridianPlan
from tests.conftest import FLAT, NARROWING, OCTAVES, PARTIAL, tiny_generator
from tests.rendering.helpers import CHART, colours_expected


def field_of(generator, weights):
    anchors = torch.randn(weights.count, generator.num_ws, generator.config.w_dim)
    return LatentField(anchors, weights, some_layouts(weights.count))


@pytest.mark.parametrize("head", GENERATORS)
@pytest.mark.parametrize("changes", [{}, OCTAVES, NARROWING, {"pair_widths": (9, 14)}, *PARTIAL.values()], ids=str)
def test_equals_the_generator(head, changes):
    generator = tiny_generator(head, **changes)
    layouts = tuple(map(Layout.of, (3, 4, 3, 5, 6, 7, 8, 9)))
    field = LatentField(torch.randn(8, generator.num_ws, 12), Around(evenly(8), 1.0), layouts)
    grid = Cylindrical(128, CHART, Camera(33.3))
    expected = colours_expected(generator, field, grid).numpy()
    assert np.abs(picture(MeridianPlan(generator, field, 32), grid) - expected).max() <= 1e-5


@pytest.mark.parametrize("head", GENERATORS)
@pytest.mark.parametrize("config", AS_WIDE_AS_SHIPPED.values(), ids=AS_WIDE_AS_SHIPPED)
def test_equals_the_factored_plan_at_the_default_size(head, config):
    generator = Generator(replace(config, head=head), CHART).requires_grad_(False)
    field = field_of(generator, Around((10.0, 100.0, 250.0), 0.7))
    grid = Cylindrical(100, CHART)
    plans = MeridianPlan(generator, field, 25), FactoredPlan(generator, field)
    first, second = (colours(plan, grid, CHART) for plan in plans)
    assert np.abs(first - second).max() <= 1e-5


def test_it_is_chosen_where_columns_have_one_azimuth_and_latents_follow_it():
    generator = tiny_generator()
    ws = torch.randn(2, generator.num_ws, 12)
    around, above = LatentField(ws, Around((0.0, 180.0))), LatentField(ws, Above((5.0, -5.0)))
    level, tilted = Cylindrical(64, CHART), Cylindrical(64, CHART, Camera(0, 10))
    inside = GridWindow(level, 0, 3, 8, 8)
    assert isinstance(plan_of(generator, around, level), MeridianPlan)
    assert isinstance(plan_of(generator, around, inside), MeridianPlan)
    assert isinstance(plan_of(generator, blended([around, around], Around((90.0, 270.0))), level), MeridianPlan)
    for field, grid in ((around, tilted), (above, level), (around, Perspective(16, 9))):
        assert type(plan_of(generator, field, grid)) is FactoredPlan
    with pytest.raises(ValueError, match="encodings must come apart"):
        MeridianPlan(tiny_generator(chart=FLAT), around, 16)
    with pytest.raises(ValueError, match="azimuth alone"):
        MeridianPlan(generator, above, 16)
