from dataclasses import replace

import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, GridWindow, Perspective
from panogen.latents import Above, Around, LatentField
from panogen.latents.field import blended
from panogen.networks import HEADS, Generator
from panogen.rendering import plan_of
from panogen.rendering.plans.columns import ColumnPlan
from panogen.rendering.plans.factored import FactoredPlan
from tests.conftest import FLAT, KNOWING, NARROWING, OCTAVES, PARTIAL, tiny_generator
from tests.rendering.helpers import AS_WIDE_AS_SHIPPED, colours, expected, some_layouts

CHART = Cylinder()


def field_of(generator, weights):
    anchors = torch.randn(weights.count, generator.num_ws, generator.config.w_dim)
    return LatentField(anchors, weights, some_layouts(weights.count))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(
    "changes", [*KNOWING.values(), NARROWING, {**OCTAVES, "pair_widths": (9, 14)}, *PARTIAL.values()], ids=str
)
def test_equals_the_generator(head, changes):
    generator = tiny_generator(head, **changes)
    field = field_of(generator, Around(CHART.azimuths_deg(8), 1.0))
    grid = Cylindrical(128, CHART, Camera(33.3))
    found = colours(ColumnPlan(generator, field, 32), grid, CHART)
    assert np.abs(found - expected(generator, field, grid, CHART)).max() <= 1e-5


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("config", AS_WIDE_AS_SHIPPED.values(), ids=AS_WIDE_AS_SHIPPED)
def test_equals_the_factored_plan_at_the_default_size(head, config):
    generator = Generator(replace(config, head=head), CHART).requires_grad_(False)
    field = field_of(generator, Around((10.0, 100.0, 250.0), 0.7))
    grid = Cylindrical(100, CHART)
    plans = ColumnPlan(generator, field, 25), FactoredPlan(generator, field)
    first, second = (colours(plan, grid, CHART) for plan in plans)
    assert np.abs(first - second).max() <= 1e-5


def test_it_is_chosen_where_columns_have_one_azimuth_and_latents_follow_it():
    generator = tiny_generator()
    ws = torch.randn(2, generator.num_ws, 12)
    around, above = LatentField(ws, Around((0.0, 180.0))), LatentField(ws, Above((5.0, -5.0)))
    level, tilted = Cylindrical(64, CHART), Cylindrical(64, CHART, Camera(0, 10))
    inside = GridWindow(level, 0, 3, 8, 8)
    assert isinstance(plan_of(generator, around, level), ColumnPlan)
    assert isinstance(plan_of(generator, around, inside), ColumnPlan)
    assert isinstance(plan_of(generator, blended([around, around], Around((90.0, 270.0))), level), ColumnPlan)
    for field, grid in ((around, tilted), (above, level), (around, Perspective(16, 9))):
        assert type(plan_of(generator, field, grid)) is FactoredPlan
    with pytest.raises(ValueError, match="encodings must come apart into rows and columns"):
        ColumnPlan(tiny_generator(chart=FLAT), around, 16)
    with pytest.raises(ValueError, match="azimuth alone"):
        ColumnPlan(generator, above, 16)
