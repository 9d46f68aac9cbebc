import math
import re

import numpy as np
import pytest

from panogen.grids import Equirectangular
from panogen.metrics.poles import pole_figures
from tests.metrics.adversarial import landscape

NAMES = ("spread_top", "spread_bottom", "step_top", "step_bottom")


def directions(rows):
    grid = Equirectangular(2 * rows, rows)
    return grid.directions(0, len(grid)).reshape(rows, 2 * rows, 3)


def sphere(seed, rows=48, shortest_rad=0.3):
    """A function of the direction, sampled: a sum of plane waves in space, none shorter than that."""
    rng = np.random.default_rng(seed)
    waves = rng.standard_normal((24, 3))
    waves *= (2 * np.pi / shortest_rad * rng.random(24) ** (1 / 3) / np.linalg.norm(waves, axis=1))[:, None]
    phases = rng.random((24, 3)) * 2 * np.pi
    return np.cos((directions(rows) @ waves.T)[..., None] + phases).sum(-2) * 5 + 128


def flat(seed, rows=48):
    """A flat picture of the same kind: waves in the plane, periodic around the circle alone."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:rows, : 2 * rows] * np.pi / rows
    across, down = rng.integers(-6, 7, 24), rng.uniform(-6, 6, 24)
    phases = rng.random((24, 3)) * 2 * np.pi
    return np.cos((y[..., None] * down + x[..., None] * across)[..., None] + phases).sum(-2) * 5 + 128


def figures_of(picture):
    return [getattr(pole_figures(picture), name) for name in NAMES]


def test_an_even_slope_across_the_poles_gives_1_in_closed_form():
    rows = 90
    picture = np.repeat(directions(rows)[..., :1] * 100, 3, 2)  # x: sine of the colatitude times sine of the azimuth
    step = np.pi / rows
    # Rows change by sin(t + step/2) - sin(t - step/2) = 2 cos(t) sin(step/2) at a circle of radius sin(t), t = k step.
    t = (
        np.array([1, 2]) * step  # within 5 degrees, which are 2 rows
    )
    typical = math.sqrt(np.average((2 * np.cos(t) * math.sin(step / 2)) ** 2, weights=np.sin(t)))
    assert figures_of(picture) == pytest.approx([2 * math.sin(step / 2) / typical] * 4)
    assert figures_of(picture) == pytest.approx([1] * 4, rel=0.005)


def test_smooth_spheres_give_1_on_average_and_flat_pictures_many_times_that():
    right = np.array([figures_of(sphere(seed)) for seed in range(40)])
    wrong = np.array([figures_of(flat(seed)) for seed in range(40)])
    assert np.sqrt((right**2).mean(0)) == pytest.approx([1] * 4, abs=0.15)
    assert right.max() < 2
    assert wrong.min() > 3
    assert np.median(wrong) > 6


def test_noise_of_single_pixels_gives_its_closed_form():
    noise = np.random.default_rng(0).normal(0, 1, (512, 1024, 3))
    root = math.sqrt(2)  # deviation 1; a difference of two has deviation root 2
    assert figures_of(noise) == pytest.approx([root, root, 1, 1], rel=0.05)


def test_a_landscape_stretched_over_the_sphere_is_flagged():
    picture = landscape(1, 128, 256)  # 90 degrees, passed off as 180
    assert min(figures_of(picture)) > 3


def test_rings_around_the_poles_have_no_spread_and_no_step():
    rows = np.linspace(0, 200, 32)[:, None, None] + np.zeros((32, 64, 3))
    assert figures_of(rows) == [0, 0, 0, 0]


def test_rows_near_the_pole_weigh_by_their_circles():
    rows = 72  # 5 degrees are 2 rows
    picture = np.zeros((rows, 2 * rows, 3))
    picture[0, :rows], picture[0, rows:], picture[1], picture[2:] = 12, 8, 13, 14
    circles = np.sin(np.pi / rows * np.array([1, 2]))
    typical = math.sqrt((13 * circles[0] + 1 * circles[1]) / circles.sum())  # 13: half of it 1 and half 5, squared
    figures = pole_figures(picture)
    assert figures.spread_top == pytest.approx(2 * 2 / typical)
    assert figures.step_top == pytest.approx(4 / typical)


def test_each_pole_has_its_own_figures():
    picture = sphere(0)
    picture[:24] = flat(0)[:24]
    spread_top, spread_bottom, step_top, step_bottom = figures_of(picture)
    assert min(spread_top, step_top) > 4
    assert max(spread_bottom, step_bottom) < 2
    assert figures_of(picture[::-1]) == [spread_bottom, spread_top, step_bottom, step_top]


def test_a_turn_and_8_bits_change_nothing():
    picture = sphere(3).round().astype(np.uint8)
    assert figures_of(np.roll(picture, 11, 1)) == pytest.approx(figures_of(picture))
    assert figures_of(picture.astype(float)) == pytest.approx(figures_of(picture), rel=1e-12)
    assert figures_of(picture) == pytest.approx(figures_of(sphere(3)), rel=0.2)


def test_where_nothing_changes_there_is_no_figure():
    picture = np.full((16, 32, 3), 9, np.uint8)
    assert all(math.isnan(figure) for figure in figures_of(picture))
    picture[:, :16] = 10  # upright stripes up to the poles
    assert figures_of(picture) == [math.inf] * 4


@pytest.mark.parametrize("shape", [(64, 256, 3), (64, 64, 3), (2, 4, 3), (64, 128, 4), (64, 128)])
def test_anything_but_a_full_picture_is_refused(shape):
    with pytest.raises(ValueError, match=rf"must be \(H, 2 H, 3\), H at least 4, got shape {re.escape(str(shape))}"):
        pole_figures(np.zeros(shape, np.uint8))
