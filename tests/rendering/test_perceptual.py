import numpy as np
import pytest
import torch

from panogen.geometry import Cylinder, Sphere, from_azimuth_elevation, pixel_centres
from panogen.latents import Above, Around, LatentField
from panogen.latents.field import blended
from panogen.networks import ChartPoints
from panogen.rendering.perceptual import COLUMNS, ROWS, STEPS, paced, paces, perceptual_blend, rates_of_change
from panogen.rendering.plans.plan import Features
from tests.conftest import KNOWING, OCTAVES, tiny_generator
from tests.rendering.helpers import some_layouts

CHART = Cylinder()
STEP_CENTRES, COLUMN_CENTRES = ((np.arange(n) + 0.5) / n for n in (STEPS, COLUMNS))


def places(n):
    return np.linspace(0, 1, n)


def test_where_all_change_alike_the_pace_is_linear():
    tables = paces(np.full((3, STEPS, COLUMNS), 7.0))
    np.testing.assert_allclose(tables, np.tile(places(tables.shape[1]), (3, 1)), atol=1e-6)


def test_steps_that_change_more_take_more_columns():
    # rate 2t, so that dt/du = c/2t and the share is the root of the place.
    tables = paces(np.broadcast_to(2 * STEP_CENTRES[:, None], (1, STEPS, COLUMNS)).copy())
    far = places(tables.shape[1]) > 0.05
    np.testing.assert_allclose(tables[0, far], np.sqrt(places(tables.shape[1]))[far], atol=0.01)


def test_columns_that_change_more_take_smaller_steps():
    # rate 1 + u, so that dt/du = c/(1 + u) and the share is ln(1 + u)/ln 2.
    tables = paces(np.broadcast_to(1 + COLUMN_CENTRES, (1, STEPS, COLUMNS)).copy())
    np.testing.assert_allclose(tables[0], np.log2(1 + places(tables.shape[1])), atol=0.005)


def test_places_that_are_the_same_blend_linearly():
    tables = paces(np.zeros((1, STEPS, COLUMNS)))
    np.testing.assert_allclose(tables[0], places(tables.shape[1]), atol=1e-6)


@pytest.fixture(params=KNOWING)
def blend(request):
    generator = tiny_generator(**KNOWING[request.param])
    ws, around = torch.randn(3, generator.num_ws, 12) * 2, Around((0.0, 100.0, 200.0), 0.8, "even")
    return generator, LatentField(ws, around, some_layouts(3))


@pytest.mark.parametrize("chart", [CHART, Sphere()], ids=repr)
def test_rates_are_those_of_points_one_by_one(chart):
    generator, around = tiny_generator(chart=chart, **OCTAVES), Around((0.0, 100.0), 0.8, "even", meeting=chart.poles)
    field = LatentField(torch.randn(2, generator.num_ws, 12) * 2, around, some_layouts(2))
    azimuths = np.radians(around.changes_deg(pixel_centres(COLUMNS)))
    directions = from_azimuth_elevation(azimuths[..., None], chart.row_elevations_rad(ROWS)).reshape(-1, 3)
    side = np.full(len(directions), np.radians(chart.vertical_fov_deg) / ROWS)
    points, seen, colours = ChartPoints.of(chart, directions, side), Features(generator.encodings, field), []
    for share in (5 / STEPS, 6 / STEPS):
        weights = paced(field, around, np.full((2, 2), share)).weights(directions)
        shares = torch.from_numpy(weights).float()
        with torch.inference_mode():
            each = generator.synthesis_field(seen(points, weights), field.anchors, shares)
        colours.append(each.clamp(-1, 1).view(2, COLUMNS, -1).double())
    expected = (colours[1] - colours[0]).abs().mean(-1) * STEPS
    found = rates_of_change(generator, chart, field, around)[:, 5]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_every_column_of_a_change_changes_as_much(blend):
    generator, field = blend
    found = perceptual_blend(generator, CHART, field)
    rates = rates_of_change(generator, CHART, field, field.weights)
    tables = np.array(found.weights.paces)
    assert (np.diff(tables) >= 0).all() and np.allclose(tables[:, [0, -1]], [0, 1])
    for table, rate in zip(tables, rates, strict=True):
        share = np.interp(COLUMN_CENTRES, places(len(table)), table)
        before, after = (np.interp(COLUMN_CENTRES + d, places(len(table)), table) for d in (-0.01, 0.01))
        change = rate[np.minimum((share * STEPS).astype(int), STEPS - 1), np.arange(COLUMNS)] * (after - before)
        linear = rate[(COLUMN_CENTRES * STEPS).astype(int), np.arange(COLUMNS)]
        even, uneven = (np.median(np.abs(x / np.median(x) - 1)) for x in (change, linear))
        assert even < 0.05 < uneven


def test_only_the_pace_is_new(blend):
    generator, field = blend
    found = perceptual_blend(generator, CHART, field)
    assert [getattr(found.weights, name) for name in vars(field.weights)] == [*vars(field.weights).values()]
    assert found.anchors is field.anchors
    assert found.layouts == field.layouts
    directions = np.random.default_rng(0).normal(size=(500, 3))
    shares = found.weights(directions)
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-12)
    np.testing.assert_array_equal(shares == 1, field.weights(directions) == 1)


def test_blends_of_blends_have_a_pace_too(blend):
    generator, field = blend
    plain = LatentField.constant(field.anchors[0])
    over = blended([field, plain], Around((0.0, 180.0), 0.5, "even"))
    assert len(perceptual_blend(generator, CHART, over).weights.outer.paces) == 2
    assert perceptual_blend(generator, CHART, over).weights.inner == over.weights.inner


@pytest.mark.parametrize("weights", [Above((10.0, -10.0, 0.0)), Around((0.0, 90.0, 180.0))])
def test_other_fields_have_none(blend, weights):
    generator, field = blend
    with pytest.raises(ValueError, match="only a blend around the circle with kernel even"):
        perceptual_blend(generator, CHART, LatentField(field.anchors, weights))
