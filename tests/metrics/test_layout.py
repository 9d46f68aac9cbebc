from itertools import permutations

import numpy as np
import pytest

from panogen.metrics.layout import azimuth_profile, fixed_layout_share, own_row_share

SHARES = [fixed_layout_share, own_row_share]


def independent(count=64, rows=8, columns=32, seed=0):
    return np.random.default_rng(seed).normal(100, 20, (count, rows, columns, 3))


def waves(count=40, columns=48, common=3.0, own=4.0, offset=0.0):
    """Panoramas of a wave that all have in common, one of a random phase, and an offset of each picture.

    Phases are spread evenly, so variances are exact: common^2 / 2, own^2 / 2 and offset^2.
    """
    azimuth = 2 * np.pi * np.arange(columns) / columns
    phase = 2 * np.pi * np.arange(count)[:, None] / count
    level = np.where(np.arange(count) % 2, 1.0, -1.0)[:, None] * offset
    line = common * np.cos(2 * azimuth) + own * np.cos(3 * azimuth + phase) + level
    ramp = np.linspace(0, 50, 5)[:, None, None]  # a row's own level never counts
    return 100 + line[:, None, :, None] + np.broadcast_to(ramp, (5, columns, 3))


@pytest.mark.parametrize("share", SHARES)
def test_one_picture_for_all_seeds_is_all_layout(share):
    bands = np.broadcast_to(independent(1), (9, 8, 32, 3))
    assert share(bands) == pytest.approx(1)
    assert share(bands, unbiased=True) == pytest.approx(1)


def test_shares_of_waves_in_closed_form():
    bands = waves(common=3, own=4, offset=2)
    assert own_row_share(bands) == pytest.approx(9 / (9 + 16), rel=1e-9)
    assert fixed_layout_share(bands) == pytest.approx(4.5 / (4.5 + 8 + 4), rel=1e-9)


# Rows of 32 independent pixels have 1/32 of their variance in their means.
@pytest.mark.parametrize(("share", "floor"), [(own_row_share, 1 / 16), (fixed_layout_share, 31 / 32 / 16)])
def test_independent_pictures_give_the_floor_and_unbiased_none(share, floor):
    found = [(share(bands), share(bands, unbiased=True)) for bands in (independent(16, seed=k) for k in range(50))]
    plain, unbiased = np.mean(found, 0)
    assert plain == pytest.approx(floor, rel=0.02)
    assert abs(unbiased) < 0.001


def test_unbiased_is_the_mean_covariance_of_two_different_pictures():
    bands = independent(5) + 10 * np.sin(np.arange(32))[:, None]
    centred = bands - bands.mean(2, keepdims=True)
    pairs = [np.mean(centred[i] * centred[j]) for i, j in permutations(range(5), 2)]
    expected = np.mean(pairs) / np.mean(centred**2)
    assert own_row_share(bands, unbiased=True) == pytest.approx(expected, rel=1e-9)
    about_rows = np.mean((bands - bands.mean((0, 2), keepdims=True)) ** 2)
    assert fixed_layout_share(bands, unbiased=True) == pytest.approx(np.mean(pairs) / about_rows, rel=1e-9)


@pytest.mark.parametrize("share", SHARES)
def test_a_turn_of_all_and_the_order_do_not_matter_but_a_turn_of_each_does(share):
    bands = waves()
    assert share(np.roll(bands, 7, 2)[::-1]) == pytest.approx(share(bands))
    turned = np.stack([np.roll(band, k, 1) for k, band in zip(range(48), waves(count=48), strict=True)])
    assert share(turned, unbiased=True) < 0.01


def test_brightness_of_whole_pictures_counts_in_one_share_only():
    assert own_row_share(waves(offset=9)) == pytest.approx(own_row_share(waves()))
    assert fixed_layout_share(waves(offset=9)) < fixed_layout_share(waves()) / 5


def test_pixels_of_8_bits_do_not_overflow():
    bands = independent(8).round().clip(0, 255)
    for measure in (*SHARES, lambda bands: azimuth_profile(bands).sum()):
        assert measure(bands.astype(np.uint8)) == pytest.approx(measure(bands), rel=1e-12)


@pytest.mark.parametrize("share", SHARES)
def test_where_nothing_varies_there_is_no_share(share):
    assert np.isnan(share(np.full((3, 4, 8, 3), 7, np.uint8)))


@pytest.mark.parametrize("share", SHARES)
def test_one_picture_is_refused(share):
    with pytest.raises(ValueError, match=r"at least 2 panoramas .* got shape \(1, 8, 32, 3\)"):
        share(independent(1))


def test_the_profile_dips_where_pictures_are_alike():
    bands = np.full((2, 4, 6, 3), 50, np.uint8)
    bands[1, :, 2:] = 54
    np.testing.assert_allclose(azimuth_profile(bands), [0, 0, *[np.sqrt(8)] * 4])
    np.testing.assert_allclose(azimuth_profile(waves(common=3, own=4)), 4 / np.sqrt(2) * np.sqrt(40 / 39))
