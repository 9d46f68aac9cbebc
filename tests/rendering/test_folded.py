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
    ws = torch.randn(generator.num_ws, 12)
    assert difference(generator, ws, Perspective.lay_out(chart, Camera(), 33), chart) <= 1e-5


@pytest.mark.parametrize("changes", PARTIAL.values(), ids=PARTIAL)
@pytest.mark.parametrize("chart", [CHART, FLAT], ids=lambda chart: type(chart).__name__)
def test_equals_the_generator_with_one_kind_of_features(changes, chart):
    generator = tiny_generator(chart=chart, **changes)
    ws = torch.randn(generator.num_ws, 12)
    assert difference(generator, ws, Perspective.lay_out(chart, Camera(), 33), chart) <= 1e-5


@pytest.mark.parametrize("head", GENERATORS)
def test_equals_the_generator_at_the_default_size(head):
    torch.manual_seed(0)
    generator = Generator(GeneratorConfig(head=head), CHART).requires_grad_(False)
    ws = generator.mapping(torch.randn(1, 128))[0]
    assert difference(generator, ws, Cylindrical(128, CHART)) <= 1e-5


def test_does_not_change_the_generator():
    generator = tiny_generator()
    before = {name: value.clone() for name, value in generator.state_dict().items()}
    difference(generator, torch.randn(generator.num_ws, 12), Cylindrical(48, CHART))
    assert all(torch.equal(value, before[name]) for name, value in generator.state_dict().items())


def test_counts_the_products_of_the_layers():
    generator = tiny_generator()  # 10 Fourier channels -> 16, then 4 layers of 16 -> 16 and 2 x 3 colours, with biases
    plan = FoldedPlan(generator, LatentField.constant(torch.randn(5, 12)))
    assert plan.flop_per_point == 2 * (10 * 16 + 4 * 17 * 16 + 2 * 17 * 3)
    narrowing = tiny_generator("residual", pair_widths=(11, 7))  # 16, then 11 and 7 wide
    plan = FoldedPlan(narrowing, LatentField.constant(torch.randn(5, 12)))
    ways_around = 16 * 11 + 11 * 7
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
