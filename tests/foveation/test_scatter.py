import math

import numpy as np
import pytest
import scipy.interpolate
from threadpoolctl import threadpool_info, threadpool_limits

import panogen
from panogen.foveation.eye import Gaze
from panogen.foveation.scatter import Scatter, interpolated
from panogen.geometry import Cylinder
from panogen.grids import Camera, Cylindrical, Perspective
from panogen.grids.fisheye import Fisheye
from panogen.rendering import OUTSIDE, Renderer, plan_of

CHART = Cylinder()
GRID = Perspective(96, 54)


@pytest.fixture
def tiny(model_folder):
    return panogen.load(model_folder)


def colours_of(shown, grid):
    plan = plan_of(shown.model.generator, shown.field(4), grid)
    return np.concatenate(list(Renderer(plan, shown.model.chart, grid).blocks()))


@pytest.mark.parametrize("share", [0.0001, 0.05, 0.25, 0.5, 1])
def test_the_share_is_exact_and_the_pixels_differ(share):
    scatter = Scatter(Gaze(GRID, 10, 5), share, CHART)
    assert len(scatter) == max(1, round(share * len(GRID)))
    assert len(np.unique(scatter.pixels)) == len(scatter)
    assert scatter.pixels.min() >= 0
    assert scatter.pixels.max() < len(GRID)
    assert scatter.density.shape == GRID.shape
    np.testing.assert_array_equal(np.flatnonzero(scatter.density), scatter.pixels)
    assert set(np.unique(scatter.density)) <= {0, 1}


def test_seeds_are_reproducible_and_differ():
    draws = [Scatter(Gaze(GRID), 0.25, CHART, seed).pixels for seed in (1, 1, 2)]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert 0.2 < np.isin(draws[2], draws[0]).mean() < 0.5


def truncated_normal(side, middle):
    """Distribution function at the far edges of the pixels of a side."""
    edges = (np.arange(side + 1) - 0.5 - middle) / (0.4 * side * math.sqrt(2))
    below = np.array([math.erf(edge) for edge in edges])
    return (below[1:] - below[0]) / (below[-1] - below[0])


@pytest.mark.parametrize("gaze_deg", [(0, 0), (-40, 10)])
def test_few_samples_follow_the_gaussian_around_the_gaze(gaze_deg):
    grid = Perspective(800, 450)
    gaze = Gaze(grid, *gaze_deg)
    places = np.divmod(Scatter(gaze, 0.01, CHART).pixels, 800)
    for side, middle, place in zip(grid.shape, gaze.nearest, places, strict=True):
        found = np.cumsum(np.bincount(place, minlength=side)) / len(place)
        # Kolmogorov: once in a thousand times, independent draws stray farther.
        assert np.abs(found - truncated_normal(side, middle)).max() < 1.95 / math.sqrt(len(place))
        even = np.arange(1, side + 1) / side
        assert np.abs(even - truncated_normal(side, middle)).max() > 1.95 / math.sqrt(len(place))


def test_pixels_are_as_likely_as_by_drawing_one_after_another():
    grid, rng = Perspective(8, 6, 60), np.random.default_rng(1)
    gaze = Gaze(grid, -25, 0)
    probability = np.exp(Scatter(gaze, 1, CHART).log_density).ravel()
    probability /= probability.sum()
    found, expected = np.zeros(48), np.zeros(48)
    for seed in range(2000):
        found[Scatter(gaze, 0.25, CHART, seed).pixels] += 1 / 2000
        drawn = list(dict.fromkeys(rng.choice(48, 400, p=probability)))[:12]
        assert len(drawn) == 12
        expected[drawn] += 1 / 2000
    assert np.abs(found - expected).max() < 4.5 * math.sqrt(2 * 0.25 / 2000)
    assert np.corrcoef(found, expected)[0, 1] > 0.97


@pytest.mark.parametrize("grid", [Perspective(24, 16, 100.0), Fisheye(20, 20, 170.0)], ids=repr)
def test_footprints_add_up_to_the_picture_on_average(grid):
    gaze, whole = Gaze(grid, 10, 5), np.nansum(np.square(grid.footprints(np.arange(len(grid)))))
    scatters = [Scatter(gaze, 0.2, CHART, seed) for seed in range(300)]
    sums = [np.square(scatter.footprints(np.arange(len(scatter)))).sum() for scatter in scatters]
    assert np.mean(sums) == pytest.approx(whole, abs=4 * np.std(sums) / math.sqrt(len(sums)))
    assert np.std(sums) / math.sqrt(len(sums)) < 0.02 * whole


def test_footprints_are_larger_where_samples_are_fewer():
    scatter = Scatter(Gaze(GRID), 0.2, CHART)
    samples = np.random.default_rng(0).permutation(len(scatter))
    footprints = scatter.footprints(np.arange(len(scatter)))
    np.testing.assert_array_equal(scatter.footprints(samples), footprints[samples])
    ratio = footprints / GRID.footprints(scatter.pixels)
    away = -scatter.log_density.ravel()[scatter.pixels]
    assert np.diff(ratio[np.argsort(away)]).min() > -1e-12
    assert 1 < ratio.min() < np.sqrt(5) < ratio.max()  # one in five pixels


@pytest.mark.parametrize("grid", [GRID, Fisheye(50, 50, 170.0)], ids=repr)
def test_all_pixels_have_the_footprints_of_the_whole_picture(grid):
    scatter = Scatter(Gaze(grid), 1, CHART)
    footprints = grid.footprints(scatter.pixels)
    np.testing.assert_array_equal(scatter.footprints(np.arange(len(scatter))), footprints)


def test_samples_are_the_pixels_of_the_whole_picture_to_the_bit(tiny):
    grid = Perspective(96, 54, 90, Camera(20, 30))
    scatter = Scatter(Gaze(grid, 10, 5), 0.3, tiny.model.chart)
    whole, colours = colours_of(tiny, grid), colours_of(tiny, scatter)
    np.testing.assert_array_equal(colours, whole[scatter.pixels])
    picture = scatter.reconstruct(colours, OUTSIDE)
    assert picture.shape == (54, 96, 3)
    np.testing.assert_array_equal(picture.reshape(-1, 3)[scatter.pixels], colours)


@pytest.mark.parametrize(
    "grid", [GRID, Perspective(64, 48, 90, Camera(20, 40, 5)), Cylindrical(64, CHART), Fisheye(50, 50, 170.0)]
)
def test_all_pixels_are_the_whole_picture(tiny, grid):
    scatter = Scatter(Gaze(grid), 1, tiny.model.chart)
    colours = colours_of(tiny, scatter)
    np.testing.assert_array_equal(scatter.reconstruct(colours, OUTSIDE).reshape(-1, 3), colours_of(tiny, grid))


def test_what_shows_nothing_has_no_samples():
    scatter = Scatter(Gaze(Fisheye(60, 60)), 0.5, CHART)
    assert not np.isnan(scatter.directions(0, len(scatter))).any()
    assert len(scatter) == round(0.5 * (~scatter.gaze.blank).sum())


def test_more_samples_are_nearer_to_the_whole_picture(tiny):
    whole = colours_of(tiny, GRID).reshape(54, 96, 3)
    errors = []
    for share in (0.05, 0.25, 0.5):
        scatter = Scatter(Gaze(GRID), share, tiny.model.chart)
        errors.append(np.abs(scatter.reconstruct(whole.reshape(-1, 3)[scatter.pixels], OUTSIDE) - whole).mean())
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0] / 3


def test_what_the_chart_does_not_show_is_black_and_darkens_nothing():
    grid = Perspective(64, 48, 90, Camera(0, 40))
    scatter = Scatter(Gaze(grid), 0.3, CHART)
    shown = CHART.valid(grid.directions(0, len(grid)))
    assert 0.2 < shown.mean() < 0.9
    colours = np.where(shown[scatter.pixels, None], 0.5, OUTSIDE).astype(np.float32).repeat(3, 1)
    picture = scatter.reconstruct(colours, OUTSIDE).reshape(-1, 3)
    assert (picture[~shown] == OUTSIDE).all()
    np.testing.assert_allclose(picture[shown], 0.5, atol=1e-6)


def test_planes_are_interpolated_exactly_and_beyond_the_samples_the_nearest_is_taken():
    row, column = np.divmod(np.arange(40 * 60), 60)
    plane = np.stack([row / 40, column / 60, (row - column) / 100], 1).astype(np.float32)
    inner = np.flatnonzero((row >= 5) & (row < 35) & (column >= 5) & (column < 55))
    corners = np.isin(row[inner], (5, 34)) & np.isin(column[inner], (5, 54))
    pixels = np.sort(np.concatenate([inner[corners], np.random.default_rng(0).choice(inner[~corners], 200, False)]))
    picture = interpolated((40, 60), pixels, plane[pixels])
    np.testing.assert_allclose(picture.reshape(-1, 3)[inner], plane[inner], atol=1e-5)
    for there in (0, 59, 40 * 60 - 1, 3 * 60 + 30):
        distance = np.hypot(row[pixels] - row[there], column[pixels] - column[there])
        nearest = plane[pixels[distance == distance.min()]]
        assert (picture.reshape(-1, 3)[there] == nearest).all(-1).any()


def test_threads_of_blas_do_not_wait_for_each_other_at_each_triangle(monkeypatch):
    threads = []

    class Watched(scipy.interpolate.CloughTocher2DInterpolator):
        def __call__(self, *places):
            threads.extend(pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas")
            return super().__call__(*places)

    monkeypatch.setattr("scipy.interpolate.CloughTocher2DInterpolator", Watched)
    with threadpool_limits(2, "blas"):
        interpolated((4, 8), np.array([0, 7, 13, 24]), np.eye(4, 3, dtype=np.float32))
    assert set(threads) == {1}


@pytest.mark.parametrize("pixels", [[7], [3, 7], [10, 11, 14], [0, 9, 18, 27]])
def test_samples_in_one_line_have_no_triangles(pixels):
    colours = np.arange(len(pixels), dtype=np.float32)[:, None].repeat(3, 1)
    picture = interpolated((4, 8), np.array(pixels), colours)
    assert set(np.unique(picture)) == set(range(len(pixels)))
    np.testing.assert_array_equal(picture.reshape(-1, 3)[pixels], colours)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"share": 0}, r"share must be in \(0, 1\] of the pixels, got 0"),
        ({"share": 1.5}, r"share must be in \(0, 1\] of the pixels, got 1.5"),
        ({"share": math.nan}, r"share must be in \(0, 1\] of the pixels, got nan"),
        ({"seed": -1}, "seed must be at least 0, got -1"),
    ],
)
def test_impossible_scatter(wrong, message):
    with pytest.raises(panogen.UsageError, match=message):
        Scatter(Gaze(GRID), **{"share": 0.25, "chart": CHART, **wrong})
