import math
from itertools import pairwise

import numpy as np
import pytest
from scipy.signal import convolve2d
from scipy.stats import percentileofscore

from panogen.metrics.seam import discontinuity_excess, discontinuity_score, seam_ratio
from tests.metrics.adversarial import ADVERSARIES, duplicated_seam, hard_seam, landscape, mirrored_half

SEEDS = range(8)


def noise(seed=0, rows=16, columns=40):
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), np.uint8)


def line(*values):
    """A picture of one row of greys."""
    return np.repeat(np.array(values, np.uint8)[None, :, None], 3, 2)


def test_a_row_worked_by_hand():
    # Changes 2 4 1 3 | 8: their median but the last is 2.5. Bends at columns 0 to 4: 10 2 3 4 11 (0 - 2 8 + 11 ...).
    picture = line(0, 2, 6, 5, 8)
    figures = seam_ratio(picture)
    assert figures.ratio == 8 / 2.5
    assert figures.percentile == 100
    # Bends |2 + 8|, |4 - 2|, |-1 - 4|, |3 + 1|, |-8 - 3| = 10 2 5 4 11; at the edges 6, 3.5, 4.5, 7.5 | 10.5.
    assert figures.ratio_second == 10.5 / 5.25
    assert figures.percentile_second == 100


def test_figures_equal_a_loop_in_exact_integers():
    for seed in range(4):
        picture = noise(seed).astype(int)
        columns = [picture[:, k] for k in range(40)]
        first = [np.abs(b - a).mean() for a, b in pairwise([*columns, columns[0]])]
        bends = [np.abs(columns[k - 1] - 2 * columns[k] + columns[(k + 1) % 40]).mean() for k in range(40)]
        second = [(a + b) / 2 for a, b in pairwise([*bends, bends[0]])]
        figures = seam_ratio(noise(seed))
        for d, ratio, percentile in (
            (first, figures.ratio, figures.percentile),
            (second, figures.ratio_second, figures.percentile_second),
        ):
            assert ratio == pytest.approx(d[-1] / np.median(d[:-1]), rel=1e-6)
            assert percentile == pytest.approx(percentileofscore(d[:-1], d[-1], "mean"))


def test_every_place_of_a_seamless_picture_can_be_the_seam():
    figures = [seam_ratio(np.roll(noise(1), k, 1)) for k in range(40)]
    assert np.median([each.ratio for each in figures]) == pytest.approx(1, abs=0.02)
    assert sorted(each.percentile for each in figures) == pytest.approx(np.linspace(0, 100, 40))


def test_a_kink_shows_in_second_differences_only():
    zigzag = np.abs(np.arange(64) - 32) * 4 + 10  # slopes of -4 and 4 that meet at columns 0 and 32
    figures = seam_ratio(line(*zigzag))
    assert figures.ratio == 1
    assert figures.percentile == pytest.approx(50)
    assert (figures.ratio_second, figures.percentile_second) == (math.inf, pytest.approx(100 - 150 / 63))  # 4 in all


def test_flat_pictures_have_no_ratio_and_one_step_an_infinite_one():
    flat = np.full((4, 8, 3), 9, np.uint8)
    assert math.isnan(seam_ratio(flat).ratio)
    assert seam_ratio(flat).percentile == 50
    flat[:, 4:] = 10
    assert seam_ratio(flat).ratio == math.inf
    assert discontinuity_score(np.zeros((4, 8, 3))) == discontinuity_excess(np.zeros((4, 8, 3))) == 0


def test_the_score_equals_a_plain_correlation_of_the_strip():
    picture = noise(3)
    grey = (picture / 255) @ [0.299, 0.587, 0.114]
    strip = np.concatenate([grey[:, -3:], grey[:, :3]], 1)
    kernel = np.array([[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]])
    a = np.abs(convolve2d(np.pad(strip, ((1, 1), (0, 0))), kernel[::-1, ::-1], "valid"))
    assert a.shape == (16, 4)
    expected = sum(a[y, 1] / (a[y, 0] + 0.1) + a[y, 2] / (a[y, 3] + 0.1) for y in range(16)) / (2 * 16)
    assert discontinuity_score(picture) == pytest.approx(expected, rel=1e-5)


def test_the_score_of_a_step_worked_by_hand():
    # A step of 1 at the seam: gradient 16 across it within, 13 at the first and the last row, over 0 + 0.1 beside it.
    picture = np.zeros((10, 20, 3), np.uint8)
    picture[:, :10] = 255
    assert discontinuity_score(picture) == pytest.approx((8 * 16 + 2 * 13) / 10 / 0.1, rel=1e-6)
    # Rolled by one: the step lies beside, where the score divides by it.
    assert discontinuity_score(np.roll(picture, -2, 1)) == 0


def test_the_excess_is_the_score_less_its_mean_over_rolls():
    picture = noise(1, columns=12)
    scores = [discontinuity_score(np.roll(picture, k, 1)) for k in range(12)]
    assert discontinuity_excess(picture) == pytest.approx(scores[0] - np.mean(scores[1:]))  # 11 rolls are all there are
    few = [discontinuity_excess(picture, seed, rolls=4) for seed in range(200)]
    assert np.mean(few) == pytest.approx(scores[0] - np.mean(scores[1:]), abs=0.05)
    assert discontinuity_excess(picture, 5, 4) == few[5] != few[6]


def test_the_excess_is_none_on_average_over_seamless_pictures():
    picture = landscape(0)
    found = [discontinuity_excess(np.roll(picture, k, 1)) for k in range(0, 512, 4)]
    assert abs(np.mean(found)) < 3 * np.std(found) / math.sqrt(len(found)) + 0.02


@pytest.mark.parametrize("seed", SEEDS)
def test_seamless_landscapes_are_not_flagged(seed):
    figures = seam_ratio(landscape(seed))
    assert 0.2 < figures.ratio < 2
    assert 0 < figures.percentile < 100
    assert abs(discontinuity_excess(landscape(seed))) < 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hard_seam_is_the_roughest_edge(seed):
    picture = hard_seam(landscape(seed))
    figures = seam_ratio(picture)
    assert min(figures.ratio, figures.ratio_second) > 4
    assert figures.percentile == figures.percentile_second == 100
    assert discontinuity_excess(picture) > 1


@pytest.mark.parametrize("twice", [duplicated_seam, mirrored_half])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_column_that_is_there_twice_is_the_smoothest_edge(seed, twice):
    figures = seam_ratio(twice(landscape(seed)))
    assert figures.ratio == 0
    assert figures.percentile < 0.2  # 0, or with the mirror's other axis half a column


@pytest.mark.parametrize("fault", ADVERSARIES.values())
def test_turned_to_the_back_a_fault_is_not_seen(fault):
    picture = np.roll(fault(landscape(2)), 100, 1)
    assert 0.5 < seam_ratio(picture).ratio < 2


@pytest.mark.parametrize("measure", [seam_ratio, discontinuity_score, discontinuity_excess])
@pytest.mark.parametrize("shape", [(8, 3, 3), (8, 8), (0, 8, 3), (8, 8, 4)])
def test_what_is_no_panorama_is_refused(measure, shape):
    with pytest.raises(ValueError, match="a panorama must be"):
        measure(np.zeros(shape, np.uint8))
