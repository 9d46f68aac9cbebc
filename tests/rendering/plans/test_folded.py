from dataclasses import replace

import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, Equirectangular, Perspective
from panogen.latents import LatentField
from panogen.networks import HEADS, Generator
from panogen.rendering.plans.folded import FoldedPlan
from panogen.rendering.plans.plan import BLOCK_POINTS, PATCH
from tests.conftest import FLAT, KNOWING, NARROWING, OCTAVES, PARTIAL, tiny_generator
from tests.rendering.helpers import AS_WIDE_AS_SHIPPED, colours, expected, points_of, some_layouts

CHART = Cylinder()
SHAPES = {**KNOWING, **PARTIAL, "narrowing": NARROWING, "narrowing octaves": {**NARROWING, **OCTAVES}}


def field_of(generator, layout=1):
    """Random latents in all layers, and the noise of two layouts."""
    return LatentField(torch.randn(1, generator.num_ws, generator.config.w_dim), layouts=some_layouts(2)[layout:])


def difference(generator, grid, chart=CHART, **how):
    field = field_of(generator)
    return np.abs(
        colours(FoldedPlan(generator, field, **how), grid, chart) - expected(generator, field, grid, chart)
    ).max()


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
class TestEveryShape:
    @pytest.mark.parametrize(
        "grid", [Cylindrical(48, CHART), Equirectangular(50, 25), Perspective(31, 17, 80.0, Camera(10, 5, 3))],
        ids=lambda grid: grid.name,
    )  # fmt: skip
    def test_equals_the_generator(self, head, changes, grid):
        generator = tiny_generator(head, **changes)
        shown = CHART.valid(grid.directions(0, len(grid)))
        field = field_of(generator)
        wanted = expected(generator, field, grid, CHART)[shown]
        for how in ({}, {"any_order": True}, {"apart": grid.columns_are_meridians}):
            found = colours(FoldedPlan(generator, field, **how), grid, CHART)[shown]
            assert np.abs(found - wanted).max() <= 1e-5

    def test_equals_the_generator_on_a_plane(self, head, changes):
        generator = tiny_generator(head, chart=FLAT, **changes)
        assert difference(generator, Perspective.lay_out(FLAT, Camera(), 33), FLAT) <= 1e-5


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("widths", [(11, 7), (16, 5), (9, 14)], ids=str)
@pytest.mark.parametrize("chart", [CHART, FLAT], ids=lambda chart: type(chart).__name__)
def test_equals_the_generator_whose_width_changes(head, widths, chart):
    generator = tiny_generator(head, chart=chart, pair_widths=widths)
    assert difference(generator, Perspective.lay_out(chart, Camera(), 33), chart) <= 1e-5


@pytest.mark.parametrize("head", HEADS)
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
    for how, tile in (({}, PATCH), ({"any_order": True}, (1, BLOCK_POINTS)), ({"apart": True}, PATCH)):
        plan = FoldedPlan(octaves, field_of(octaves), **how)
        assert (plan.tile, plan.apart) == (tile, "apart" in how)


def test_counts_the_products_of_the_layers():
    generator = tiny_generator()  # 10 Fourier channels -> 16, then 4 layers of 16 -> 16 and 2 x 3 colours, with biases
    plan = FoldedPlan(generator, field_of(generator))
    assert plan.flop_per_point == 2 * (10 * 16 + 4 * 17 * 16 + 2 * 17 * 3)
    octaves = tiny_generator(**OCTAVES)  # and 4 octaves of 3
    plan = FoldedPlan(octaves, field_of(octaves))
    assert plan.flop_per_point == 2 * ((10 + 12) * 16 + 4 * 17 * 16 + 2 * 17 * 3)
    narrowing = tiny_generator("residual", pair_widths=(11, 7))  # 16, then 11 and 7 wide
    ways_around = 16 * 11 + 11 * 7
    plan = FoldedPlan(narrowing, field_of(narrowing))
    assert plan.flop_per_point == 2 * (10 * 16 + 17 * 11 + 12 * 11 + 12 * 7 + 8 * 7 + ways_around + 8 * 3)


@pytest.mark.parametrize("changes", KNOWING.values(), ids=KNOWING)
def test_what_buffers_were_left_as_changes_no_bit(changes):
    generator = tiny_generator(**changes)
    plan = FoldedPlan(generator, field_of(generator))
    grid = Cylindrical(48, CHART)
    points, directions = points_of(CHART, grid), grid.directions(0, len(grid))
    first = plan(points, directions, plan.scratch(len(grid))).clone()
    scratch = plan.scratch(len(grid))
    plan(points[torch.arange(len(grid)).flip(0)], directions[::-1], scratch)
    np.testing.assert_array_equal(plan(points, directions, scratch), first)


def test_another_layout_is_another_picture_of_the_same_latents():
    generator, grid = tiny_generator(**OCTAVES), Cylindrical(48, CHART)
    field = field_of(generator)
    found = [colours(FoldedPlan(generator, one), grid, CHART) for one in (field, field.laid_out(5), field.laid_out(6))]
    for first, second in ((0, 1), (1, 2)):
        assert np.abs(found[first] - found[second]).mean() > 0.05
    table = tiny_generator()
    plain = [colours(FoldedPlan(table, one), grid, CHART) for one in (field, field.laid_out(5))]
    np.testing.assert_array_equal(*plain)
