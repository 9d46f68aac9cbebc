import numpy as np
import pytest
import torch
from scipy.stats import kstest

from panogen.base.errors import UsageError
from panogen.grids import Camera, GridWindow, Perspective
from panogen.latents import Above, LatentField
from panogen.rendering import plan_of
from panogen.rendering.plans.noise import noise_at, standard_normals
from tests.conftest import FLAT, KNOWING, NARROWING, tiny_generator
from tests.rendering.helpers import points_of

GRID = Perspective(200, 150, 90.0, Camera(20, 5, 3))
DIRECTIONS = GRID.directions(0, len(GRID))


def test_it_is_standard_normal():
    normals = standard_normals(DIRECTIONS, 4)
    for layer in normals:
        assert kstest(layer, "norm").pvalue > 1e-3
        assert abs(layer.mean()) < 4 / np.sqrt(layer.size)
        assert abs(layer.var() - 1) < 4 * np.sqrt(2 / layer.size)


def test_layers_neighbours_and_their_squares_know_nothing_of_each_other():
    normals = standard_normals(DIRECTIONS, 3).reshape(3, *GRID.shape)
    pairs = [(normals[k], normals[m]) for k, m in ((0, 1), (1, 2), (0, 2))]
    pairs += [(normals[0, :, 1:], normals[0, :, :-1]), (normals[0, 1:], normals[0, :-1])]
    pairs += [(first**2, second**2) for first, second in pairs]
    for first, second in pairs:
        assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 4 / np.sqrt(first.size)


def test_it_has_no_grain_of_its_own():
    # White: the power at low and at high frequencies is the same.
    power = np.abs(np.fft.rfft2(standard_normals(DIRECTIONS, 1)[0].reshape(GRID.shape))) ** 2
    assert abs(power[:40, :50].mean() / power[:75, 50:].mean() - 1) < 0.15


def test_the_same_direction_has_the_same_noise():
    crop = GridWindow(GRID, 30, 40, 20, 10)
    whole = standard_normals(DIRECTIONS, 5).reshape(5, *GRID.shape)
    np.testing.assert_array_equal(standard_normals(crop.directions(0, 200), 5), whole[:, 30:50, 40:50].reshape(5, -1))
    np.testing.assert_array_equal(standard_normals(DIRECTIONS[::-1], 5)[:, ::-1], standard_normals(DIRECTIONS, 5))
    np.testing.assert_array_equal(standard_normals(DIRECTIONS[:9], 2), standard_normals(DIRECTIONS[:9], 5)[:2])


def test_strengths_are_each_layers_own():
    found = noise_at(DIRECTIONS, torch.tensor([0.0, -2.0]))
    assert found.shape == (2, len(GRID), 1)
    assert not found[0].any()
    np.testing.assert_array_equal(found[1, :, 0], -2 * standard_normals(DIRECTIONS, 2)[1])


@pytest.mark.parametrize("head", ["skip", "residual"])
@pytest.mark.parametrize("changes", KNOWING.values(), ids=KNOWING)
def test_a_plan_adds_it_where_it_is_asked_for_and_a_blend_of_one_place_adds_the_same(head, changes):
    generator = tiny_generator(head, chart=FLAT, **NARROWING, **changes)
    ws = generator.mapping(torch.randn(1, 8))
    points = points_of(FLAT, GRID)[:500]
    twice = LatentField(ws.expand(2, -1, -1), Above((20.0, -20.0), 1.0))

    def colours(field, **noise):
        plan = plan_of(generator, field, GRID, **noise)
        return plan(points, DIRECTIONS[:500], plan.scratch(500)).clone()

    plain = generator.synthesis(generator.features(points), ws)[0]
    assert (colours(LatentField(ws)) - plain).abs().max() <= 1e-5
    noisy = colours(LatentField(ws), noise=True)
    assert (noisy - plain).abs().mean() > 0.01
    assert (colours(twice, noise=True) - noisy).abs().max() <= 1e-5


def test_networks_that_have_learned_none_are_refused():
    generator = tiny_generator()
    with pytest.raises(UsageError, match="noise is for models that have learned how strong it is"):
        plan_of(generator, LatentField(generator.mapping(torch.randn(1, 8))), GRID, noise=True)
