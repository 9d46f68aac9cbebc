import math

import numpy as np
import pytest

from panogen.metrics.variety import half_correlation
from tests.metrics.adversarial import duplicated_seam, hard_seam, landscape, mirrored_half

SEEDS = range(8)


def smooth_noise(columns=64, seed=0, rows=6):
    """Panoramas of waves 5 to 20 times around the circle, of random size and phase."""
    rng = np.random.default_rng(seed)
    waves = np.zeros((rows, columns // 2 + 1, 3), complex)
    waves[:, 5:21] = rng.standard_normal((rows, 16, 3)) + 1j * rng.standard_normal((rows, 16, 3))
    return 128 + 10 * np.fft.irfft(waves, columns, axis=1) * math.sqrt(columns)


def without_broad_waves(picture):
    columns = picture.shape[1]
    angle = 2 * np.pi * np.arange(columns) / columns
    waves = [f(k * angle) for k in range(5) for f in (np.cos, np.sin)]
    basis = np.linalg.qr(np.stack([waves[0], *waves[2:]], 1))[0]
    return picture - np.einsum("xk,zk,rzc->rxc", basis, basis, picture)


@pytest.mark.parametrize("columns", [64, 61])
def test_the_value_is_the_largest_of_all_plain_correlations(columns):
    for seed in range(6):
        picture = np.random.default_rng(seed).integers(0, 256, (5, columns, 3), np.uint8)
        clean = without_broad_waves(picture.astype(float))
        candidates = {(shift, False): clean for shift in range(math.ceil(columns / 4), columns // 2 + 1)}
        candidates |= {(shift, True): clean[:, ::-1] for shift in range(columns)}
        found = {key: np.sum(clean * np.roll(other, key[0], 1)) / np.sum(clean**2) for key, other in candidates.items()}
        best = max(found, key=found.get)
        likeness = half_correlation(picture)
        assert likeness.value == pytest.approx(found[best])
        assert likeness.mirrored == best[1]
        assert found[likeness.shift, likeness.mirrored] == pytest.approx(found[best])  # a mirror may be at two shifts


@pytest.mark.parametrize("turn", [0, 1, 17, 40])
def test_a_mirror_is_found_wherever_its_axis_is(turn):
    picture = np.roll(mirrored_half(smooth_noise()), turn, 1)
    likeness = half_correlation(picture)
    assert likeness.value == pytest.approx(1)
    assert likeness.mirrored
    np.testing.assert_allclose(np.roll(picture[:, ::-1], likeness.shift, 1), picture)


@pytest.mark.parametrize("times", [2, 3, 4, 5, 7])
def test_what_is_repeated_is_found_however_often(times):
    picture = np.concatenate([smooth_noise(64, seed=2)] * times, 1)
    likeness = half_correlation(picture)
    assert likeness.value == pytest.approx(1)
    assert not likeness.mirrored
    assert 16 * times <= likeness.shift <= 32 * times  # a quarter to a half of the circle
    np.testing.assert_allclose(np.roll(picture, likeness.shift, 1), picture)


def test_a_picture_whose_halves_are_alike_in_part_has_that_share():
    # Two independent parts of equal power, one repeated after half a circle and one of the opposite sign there.
    one, other = (smooth_noise(64, seed) for seed in (3, 4))
    for share in (0.2, 0.5, 0.9):
        even, odd = (np.concatenate([x, sign * x], 1) for x, sign in ((one, 1), (other, -1)))
        even, odd = (x - x.mean(1, keepdims=True) for x in (even, odd))
        even, odd = (x / math.sqrt(np.square(without_broad_waves(x)).sum()) for x in (even, odd))
        picture = math.sqrt(share) * even + math.sqrt(1 - share) * odd
        clean = without_broad_waves(picture)
        expected = np.sum(clean * np.roll(clean, 64, 1)) / np.sum(clean**2)
        assert expected == pytest.approx(2 * share - 1, abs=1e-6)
        assert half_correlation(1000 * picture).value >= expected - 1e-9
    assert half_correlation(1000 * picture).value == pytest.approx(0.8)


def test_skies_above_grounds_and_one_glow_are_no_likeness():
    picture = smooth_noise(256, rows=32)
    ramp = np.linspace(0, 100, 32)[:, None, None]
    glow = 80 * np.cos(2 * np.pi * np.arange(256) / 256 - 1)[:, None]
    assert half_correlation(picture + ramp + glow).value == pytest.approx(half_correlation(picture).value)


@pytest.mark.parametrize("seed", SEEDS)
def test_only_the_mirrored_landscape_is_flagged(seed):
    picture = landscape(seed)
    likeness = half_correlation(mirrored_half(picture))
    assert likeness.value > 0.99
    assert likeness.mirrored
    for other in (picture, hard_seam(picture), duplicated_seam(picture)):
        assert half_correlation(other).value < 0.5


def test_a_turn_changes_the_shift_alone():
    picture = landscape(3)
    values = [half_correlation(np.roll(picture, turn, 1)).value for turn in (0, 5, 200)]
    assert values == pytest.approx([values[0]] * 3)


def test_where_nothing_varies_there_is_no_likeness():
    rows = np.arange(8, dtype=np.uint8)[:, None, None] + np.zeros((8, 64, 3), np.uint8)
    assert math.isnan(half_correlation(rows).value)
    glow = 100 * np.cos(2 * np.pi * np.arange(64) / 64)[None, :, None] + np.zeros((8, 64, 3))
    assert math.isnan(half_correlation(glow).value)


@pytest.mark.parametrize("shape", [(8, 15, 3), (8, 64), (8, 64, 4)])
def test_what_is_no_panorama_is_refused(shape):
    with pytest.raises(ValueError, match="at least 16 columns"):
        half_correlation(np.zeros(shape))
