from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, Perspective
from panogen.latents import Above, Around, LatentField, Mosaic
from panogen.networks import HEADS, Generator
from panogen.networks.layers import GAIN, SLOPE, ModulatedLinear
from panogen.rendering import plan_of
from panogen.rendering.plans.factored import FactoredColours, FactoredLayer, FactoredPlan, Mix
from tests.conftest import FLAT, KNOWING, NARROWING, PARTIAL, tiny_generator
from tests.rendering.helpers import AS_WIDE_AS_SHIPPED, colours, expected, some_layouts

CHART = Cylinder()
GRID = Cylindrical(64, CHART)


def random_shares(points, count):
    """Weights (points, count), some of which are zero."""
    shares = np.random.default_rng(0).random((points, count))
    shares[shares < 0.3] = 0
    shares[:, 0] += shares.sum(1) == 0
    return shares / shares.sum(1, keepdims=True)


@pytest.mark.parametrize("count", [1, 2, 8])
def test_a_layer_equals_a_copy_of_its_weights_for_every_point(count):
    # The oracle: float64, and the paper's equation 2 at each point by itself.
    linear = ModulatedLinear(24, 17, 10).double()
    torch.nn.init.normal_(linear.bias)
    ws, x = torch.randn(count, 10, dtype=torch.float64), torch.randn(300, 24, dtype=torch.float64)
    shares = random_shares(len(x), count)
    styles = torch.from_numpy(shares) @ linear.affine(ws)
    copies = styles[:, None, :] * (linear.weight * linear.scale)
    copies = copies / (copies.square().sum(2, keepdim=True) + 1e-8).sqrt()
    expected = functional.leaky_relu(torch.einsum("poi,pi->po", copies, x) + linear.bias, SLOPE) * GAIN
    with torch.no_grad():
        mix = Mix.of(shares, x)
        found = FactoredLayer(linear, ws)(x.clone(), mix, torch.empty(300 * 24).double(), torch.empty(300, 17).double())
    assert (found - expected).abs().max() < 1e-12


@pytest.mark.parametrize("count", [1, 2, 8])
def test_colours_equal_those_of_a_copy_for_every_point(count):
    linear = ModulatedLinear(24, 3, 10, demodulate=False).double()
    torch.nn.init.normal_(linear.bias)
    ws, x = torch.randn(count, 10, dtype=torch.float64), torch.randn(300, 24, dtype=torch.float64)
    shares = random_shares(len(x), count)
    copies = (torch.from_numpy(shares) @ linear.affine(ws))[:, None, :] * (linear.weight * linear.scale)
    rgb = torch.ones(300, 3, dtype=torch.float64)
    with torch.no_grad():
        FactoredColours(linear, ws).add_to(rgb, x, Mix.of(shares, x))
    assert (rgb - 1 - torch.einsum("poi,pi->po", copies, x) - linear.bias).abs().max() < 1e-12


def field_of(generator, weights):
    """Random latents, and layouts that anchors have in common or not."""
    anchors = torch.randn(weights.count, generator.num_ws, generator.config.w_dim)
    return LatentField(anchors, weights, some_layouts(weights.count))


def difference(generator, weights, grid, chart=CHART, **how):
    field = field_of(generator, weights)
    found = colours(FactoredPlan(generator, field, **how), grid, chart)
    return np.abs(found - expected(generator, field, grid, chart)).max()


def without_order(directions):
    """A number in [0, 1) of each direction by itself, whatever its neighbours."""
    return np.mod(np.abs(directions @ [12.9898, 78.233, 37.719]) * 43758.5453, 1)


class Painted:
    """Weights without any order, as a painted mask may have them; some are zero."""

    azimuthal = False

    def __init__(self, count):
        self.count = count

    def __call__(self, directions):
        shares = np.stack([without_order(directions + k) for k in range(self.count)], 1)
        shares[shares < 0.3] = 0
        shares[:, 0] += shares.sum(1) == 0
        return shares / shares.sum(1, keepdims=True)

    def described(self):
        return {}


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("changes", KNOWING.values(), ids=KNOWING)
@pytest.mark.parametrize(
    "weights",
    [
        Around((0.0, 180.0)),
        Around(CHART.azimuths_deg(8), 1.0),
        Above((5.0, -5.0)),
        Painted(8),
        Mosaic(20, 0, 70, 50, 3, 3, 10),
    ],
    ids=lambda weights: type(weights).__name__,
)
def test_the_plan_equals_the_generator(head, changes, weights):
    generator = tiny_generator(head, **changes)
    for grid in (GRID, Perspective(31, 17, 80.0, Camera(10, 5, 3))):
        for how in ({}, {"any_order": True}):
            assert difference(generator, weights, grid, **how) <= 1e-5


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("chart", [CHART, FLAT], ids=lambda chart: type(chart).__name__)
@pytest.mark.parametrize("changes", [NARROWING, *PARTIAL.values()], ids=["narrowing", *PARTIAL])
def test_the_plan_equals_the_generator_of_another_shape(head, chart, changes):
    generator = tiny_generator(head, chart=chart, **changes)
    grid = Perspective.lay_out(chart, Camera(), 33)
    assert difference(generator, Above((30.0, 0.0, -20.0), 1.0), grid, chart) <= 1e-5


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("config", AS_WIDE_AS_SHIPPED.values(), ids=AS_WIDE_AS_SHIPPED)
def test_the_plan_equals_the_generator_at_the_default_size(head, config):
    generator = Generator(replace(config, head=head), CHART).requires_grad_(False)
    assert difference(generator, Around(CHART.azimuths_deg(8), 1.0), Perspective(30, 20, 90.0)) <= 1e-5


@pytest.mark.parametrize("changes", KNOWING.values(), ids=KNOWING)
def test_where_one_anchor_is_alone_it_is_the_plain_picture(changes):
    generator, layouts = tiny_generator(**changes), some_layouts(4)[2:]
    ws = torch.randn(2, generator.num_ws, 12)
    field = LatentField(ws, Around((0.0, 180.0), 0.5), layouts)
    alone = [LatentField(ws[k : k + 1], layouts=layouts[k : k + 1]) for k in (0, 1)]
    found = {"blend": colours(FactoredPlan(generator, field), GRID, CHART)}
    found |= {
        name: colours(plan_of(generator, one, GRID), GRID, CHART)
        for name, one in zip(("first", "second"), alone, strict=True)
    }
    shares = field.weights(GRID.directions(0, len(GRID)))
    for k, name in enumerate(("first", "second")):
        own = shares[:, k] == 1
        assert own.mean() > 0.2
        assert np.abs(found["blend"] - found[name])[own].max() < 1e-5
    assert np.abs(found["first"] - found["second"]).mean() > 0.1


def test_counts_the_products_of_the_layers():
    generator = tiny_generator()  # 10 Fourier channels and 6 of the embedding -> 16, 4 layers 16 -> 16, 2 x 3 colours
    plan = FactoredPlan(generator, LatentField(torch.randn(2, 5, 12), Around((0.0, 180.0))))
    assert plan.flop_per_point == 2 * (16 * 16 + 4 * 16 * 16 + 2 * 16 * 3)
    narrowing = tiny_generator("residual", pair_widths=(11, 7))
    plan = FactoredPlan(narrowing, LatentField(torch.randn(2, 5, 12), Around((0.0, 180.0))))
    layers, ways_around = 16 * 16 + 16 * 11 + 11 * 11 + 11 * 7 + 7 * 7, 16 * 11 + 11 * 7
    assert plan.flop_per_point == 2 * (layers + ways_around + 7 * 3)


def test_pairs_are_those_of_anchors_that_meet():
    weights = Mosaic(10, -5, 70, 50, 5, 6, 20)(GRID.directions(0, len(GRID)))
    mix = Mix.of(weights, torch.zeros(1))
    assert mix.anchors.tolist() == np.flatnonzero(weights.any(0)).tolist()
    pairs = [(k, m) for k in range(31) for m in range(k, 31) if (weights[:, k] * weights[:, m]).any()]
    assert mix.pairs == pairs
    assert len(pairs) < 31 * 32 / 2 / 2
    total = mix.products @ torch.tensor([1.0 if k == m else 2.0 for k, m in mix.pairs])
    torch.testing.assert_close(total, torch.ones(len(weights)), atol=1e-6, rtol=0)
