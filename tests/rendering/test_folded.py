from dataclasses import replace

import numpy as np
import pytest
import torch

from panogen.grids import Camera, Cylindrical, Perspective
from panogen.latents import LatentField, Layout
from panogen.networks import GENERATORS, Generator, GeneratorConfig
from panogen.rendering.folded import FoldedPlan
from tests.conftest import FLAT, KNOWING, PARTIAL, tiny_generator
from tests.rendering.helpers import CHART, colours_expected, points_of


def difference(generator, ws, grid, chart=CHART):
    directions, points = points_of(grid, chart)
    field = LatentField.constant(ws, Layout(((4, 0.25), (9, 0.75))))
    plan = FoldedPlan(generator, field)
    scratch = plan.scratch(len(grid))
    first = plan(points, directions, scratch).clone()
    assert torch.equal(plan(points, directions, scratch), first)  # whatever the buffers were left as
    return (first - colours_expected(generator, field, grid, chart)).abs().max().item()


@pytest.mark.parametrize("head", GENERATORS)
@pytest.mark.parametrize(
    "grid", [Cylindrical(48, CHART), Perspective(31, 17, 80.0, Camera(10, 5, 3))], ids=lambda g: g.name
)
@pytest.mark.parametrize("knowing", KNOWING.values(), ids=KNOWING)
def test_equals_the_generator(head, grid, knowing):
    generator = tiny_generator(head, **knowing)
    ws = torch.randn(generator.num_ws, 12)
    assert difference(generator, ws, grid) <= 1e-5


@pytest.mark.parametrize("head", GENERATORS)
@pytest.mark.parametrize("widths", [(11, 7), (16, 5), (9, 14)], ids=str)
@pytest.mark.parametrize("chart", [CHART, FLAT], ids=lambda chart: type(chart).__name__)
def test_equals_the_generator_whose_width_changes(head, widths, chart):
    generator = tiny_generator(head, chart=chart, pair_widths=widths)
    assert difference(generator, Perspective.lay_out(chart, Camera(), 33), chart) <= 1e-5


@pytest.mark.parametrize("head", GENERATORS)
@pytest.mark.parametrize("config", AS_WIDE_AS_SHIPPED.values(), ids=AS_WIDE_AS_SHIPPED)
def test_equals_the_generator_at_the_default_size(head, config):
    generator = Generator(replace(config, head=head), CHART).requires_grad_(False)
    for how in ({}, {"apart": True}):
        assert difference(generator, Cylindrical(128, CHART), **how) <= 1e-5


@pytest.mark.parametrize("changes", KNOWING.values(), ids=KNOWING)
def test_does_not_change_the_generator(changes):
    generator = tiny_generator(**changes)
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    difference(generator, Cylindrical(48, CHART))
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_blocks_are_patches_where_points_share_the_nodes_of_octaves():
    table, octaves = (tiny_generator(**changes) for changes in KNOWING.values())
    for how in ({}, {"any_order": True}, {"apart": True}):
        plan = FoldedPlan(table, field_of(table), **how)
        assert (plan.tile, plan.apart) == ((1, BLOCK_POINTS), False)
    for how, tile in (({}, PATCH), ({"any_order": True}, (1, BLOCK_POINTS)), ({"apart": True}, PATCH_APART)):
        plan = FoldedPlan(octaves, field_of(octaves), **how)
        assert (plan.tile, plan.apart) == (tile, "apart" in how)


def test_counts_the_products_of_the_layers():
    generator = tiny_generator()  # 10 Fourier channels -> 16, then 4 layers of 16 -> 16 and 2 x 3 colours, with biases
    plan = FoldedPlan(generator, LatentField.constant(torch.randn(5, 12)))
    assert plan.flop_per_point == 2 * (10 * 16 + 4 * 17 * 16 + 2 * 17 * 3)
    narrowing = tiny_generator("residual", pair_widths=(11, 7))  # 16, then 11 and 7 wide
    plan = FoldedPlan(narrowing, LatentField.constant(torch.randn(5, 12)))
    ways_around = 16 * 11 + 11 * 7
    plan = FoldedPlan(narrowing, field_of(narrowing))
    assert plan.flop_per_point == 2 * (10 * 16 + 17 * 11 + 12 * 11 + 12 * 7 + 8 * 7 + ways_around + 8 * 3)


def test_bytes_of_the_plan_do_not_alias_scratch():
    generator = tiny_generator()
    plan = FoldedPlan(generator, LatentField.constant(torch.randn(5, 12)))
    directions, points = points_of(Cylindrical(48, CHART))
    first = plan(points, directions, plan.scratch(len(points))).clone()
    scratch = plan.scratch(len(points))
    backwards = torch.arange(len(points) - 1, -1, -1)
    plan(points[backwards], directions[::-1], scratch)
    np.testing.assert_array_equal(plan(points, directions, scratch), first)
