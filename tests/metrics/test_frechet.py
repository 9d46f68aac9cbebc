import numpy as np
import pytest
from scipy.linalg import sqrtm

from panogen.metrics import frechet
from panogen.metrics.frechet import Gaussian, frechet_distance, kernel_distance


def spread(rng, dimension):
    """A random covariance, far from singular."""
    x = rng.normal(size=(3 * dimension, dimension))
    return x.T @ x / len(x)


def rotation(rng, dimension):
    return np.linalg.qr(rng.normal(size=(dimension, dimension)))[0]


def test_a_gaussian_has_the_mean_and_covariance_of_its_features():
    x = np.random.default_rng(0).normal(3, 2, (50, 4)).astype(np.float32)
    gaussian = Gaussian.of(x)
    np.testing.assert_allclose(gaussian.mean, x.mean(0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(gaussian.covariance, np.cov(x.T.astype(np.float64)), rtol=1e-12)


@pytest.mark.parametrize("count", [100, 5])
def test_a_factor_squared_is_the_covariance(count):
    gaussian = Gaussian.of(np.random.default_rng(0).normal(size=(count, 12)))
    factor = gaussian.factor
    assert factor.shape == (min(12, count - 1), 12)
    np.testing.assert_allclose(factor.T @ factor, gaussian.covariance, atol=1e-13)


def test_independent_features_are_apart_by_their_means_and_deviations():
    rng = np.random.default_rng(0)
    m, n, s, t = rng.normal(size=(4, 9))
    expected = np.square(m - n).sum() + np.square(abs(s) - abs(t)).sum()
    a, b = Gaussian(m, np.diag(s**2)), Gaussian(n, np.diag(t**2))
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)
    turn = rotation(rng, 9)
    a, b = (Gaussian(turn @ x.mean, turn @ x.covariance @ turn.T) for x in (a, b))
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_of_two_features_that_do_not_commute_there_is_a_closed_form(seed):
    rng = np.random.default_rng(seed)
    a, b = spread(rng, 2), spread(rng, 2)
    assert not np.allclose(a @ b, b @ a)
    root = np.sqrt(np.trace(a @ b) + 2 * np.sqrt(np.linalg.det(a @ b)))  # of a 2 x 2 matrix, by Cayley and Hamilton
    expected = np.trace(a + b) - 2 * root
    assert frechet_distance(Gaussian(np.zeros(2), a), Gaussian(np.zeros(2), b)) == pytest.approx(expected, rel=1e-9)


def test_of_many_features_it_is_what_scipys_root_of_a_matrix_gives():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(400, 20)), rng.normal(0.2, 1, (300, 20)) @ spread(rng, 20)
    a, b = (np.cov(z.T) for z in (x, y))
    expected = np.square(x.mean(0) - y.mean(0)).sum() + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet_distance(x, y) == pytest.approx(expected, rel=1e-9)
    assert frechet_distance(y, x) == pytest.approx(frechet_distance(x, y), rel=1e-12)


@pytest.mark.parametrize("count", [200, 10])  # fewer than dimensions: a singular covariance
def test_a_set_is_at_no_distance_from_itself_and_grows_with_a_shift_by_its_square(count):
    x = np.random.default_rng(0).normal(size=(count, 40)).astype(np.float32)
    assert 0 <= frechet_distance(x, x) < 1e-11
    assert frechet_distance(x, x[::-1]) < 1e-11
    shift = np.full(40, 0.25, np.float32)
    assert frechet_distance(x, x + shift) == pytest.approx(np.square(shift).sum(), rel=1e-6)
    assert frechet_distance(2 * x, x) == pytest.approx(
        np.square(x.mean(0, dtype=np.float64)).sum() + np.trace(np.cov(x.T)), rel=1e-6
    )


def test_what_varies_in_one_set_alone_has_no_root_in_common():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 30, 6))
    x[:, :3] = y[:, 3:] = 0
    turn = rotation(rng, 6)
    moved = np.square(x.mean(0) - y.mean(0)).sum()
    expected = moved + x.var(0, ddof=1).sum() + y.var(0, ddof=1).sum()
    assert frechet_distance(x @ turn, y @ turn) == pytest.approx(expected, rel=1e-12)
    still = np.ones((3, 6))
    assert frechet_distance(still, still) == 0
    assert frechet_distance(still, x) == pytest.approx(np.square(1 - x.mean(0)).sum() + x.var(0, ddof=1).sum())


def test_samples_come_near_the_distance_of_what_they_are_drawn_from():
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 1, (50_000, 3)), rng.normal(1, 1.5, (50_000, 3))
    assert frechet_distance(x, y) == pytest.approx(3 * (1 + 0.5**2), rel=0.02)


def test_the_kernel_distance_is_a_mean_over_all_pairs_of_different_pictures(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(7, 5)).astype(np.float32), rng.normal(0.5, 2, (9, 5)).astype(np.float32)

    def mean(a, b, pairs):
        a, b = a.astype(np.float64), b.astype(np.float64)
        return np.mean([(sum(a[i] * b[j]) / 5 + 1) ** 3 for i, j in pairs])

    def others(n):
        return [(i, j) for i in range(n) for j in range(n) if i != j]

    within = mean(x, x, others(7)) + mean(y, y, others(9))
    expected = within - 2 * mean(x, y, list(np.ndindex(7, 9)))
    assert kernel_distance(x, y) == pytest.approx(expected, rel=1e-12)
    assert kernel_distance(y, x) == pytest.approx(expected, rel=1e-12)
    monkeypatch.setattr(frechet, "ROWS_AT_ONCE", 4)
    assert kernel_distance(x, y) == pytest.approx(expected, rel=1e-12)


def test_the_kernel_distance_of_two_halves_is_0_on_average_and_grows_with_a_shift():
    rng = np.random.default_rng(0)
    halves = [kernel_distance(*rng.normal(size=(2, 40, 6))) for _ in range(200)]
    assert min(halves) < 0
    assert abs(np.mean(halves)) < 3 * np.std(halves) / np.sqrt(len(halves))
    x, y = rng.normal(size=(2, 400, 6))
    found = [kernel_distance(x, y + shift) for shift in (0, 0.2, 0.4, 0.8)]
    assert found == sorted(found)
    assert found[1] > 3 * abs(found[0])


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
@pytest.mark.parametrize(
    ("a", "b", "said"),
    [
        (np.ones((1, 3)), np.ones((4, 3)), r"at least two, \(n, d\), got shape \(1, 3\)"),
        (np.ones(3), np.ones((4, 3)), r"got shape \(3,\)"),
        (np.ones((4, 3)), np.ones((4, 2)), "one dimension, got 3 and 2"),
        (np.ones((4, 3)), np.full((4, 3), np.nan), "finite"),
    ],
)
def test_what_are_no_features_is_refused(distance, a, b, said):
    with pytest.raises(ValueError, match=said):
        distance(a, b)
