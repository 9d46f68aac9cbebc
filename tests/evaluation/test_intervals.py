import numpy as np
import pytest

from panogen.evaluation.intervals import centred_interval, generator_for, half_samples, mean_interval

RNG = np.random.default_rng


def test_the_interval_of_a_mean_is_that_of_the_normal_distribution():
    values = RNG(0).normal(5, 2, 400)
    low, high = mean_interval(values, RNG(1), 20_000)
    error = 1.96 * values.std() / np.sqrt(len(values))
    assert (low, high) == pytest.approx((values.mean() - error, values.mean() + error), abs=0.03 * error)


def test_intervals_cover_the_true_mean_as_often_as_they_say():
    hits = 0
    for trial in range(300):
        low, high = mean_interval(RNG(trial).exponential(1.0, 60), RNG(1000 + trial), 400)
        hits += low <= 1 <= high
    assert 0.89 <= hits / 300 <= 0.98


def test_half_samples_spread_means_as_much_as_the_bootstrap():
    values = RNG(0).normal(0, 3, 200)
    masks = half_samples(RNG(1), len(values), 20_000)
    assert (masks.sum(1) == 100).all()
    means = masks @ values / 100
    assert means.std() == pytest.approx(values.std(ddof=1) / np.sqrt(200), rel=0.03)
    assert means.mean() == pytest.approx(values.mean(), abs=0.02)


def test_a_distance_lies_in_its_interval_although_parts_are_farther_apart():
    """Squared distance of the means of two sets: biased by 2 s^2 / n, which parts show twice as much."""
    a, b = RNG(0).normal(0, 1, (2, 300, 20))
    value = np.square(a.mean(0) - b.mean(0)).sum()
    masks = half_samples(RNG(1), 300, 2000), half_samples(RNG(2), 300, 2000)
    resampled = np.array([np.square(a[x].mean(0) - b[y].mean(0)).sum() for x, y in zip(*masks, strict=True)])
    assert resampled.mean() > 1.5 * value
    low, high = centred_interval(value, resampled, 0.0)
    assert 0 <= low < value < high
    assert high - low <= np.ptp(np.percentile(resampled, [2.5, 97.5])) + 1e-12


def test_an_interval_does_not_go_below_what_can_be():
    assert centred_interval(0.0, [0.0, 1.0, 2.0], 0.0)[0] == 0.0


def test_every_figure_has_random_numbers_of_its_own():
    draws = [generator_for(seed, name).random() for seed, name in ((0, "a"), (0, "b"), (1, "a"), (0, "a"))]
    assert draws[3] == draws[0]
    assert len(set(draws)) == 3
