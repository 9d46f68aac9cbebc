import math

import numpy as np
import pytest

from panogen.geometry import circle_azimuths_rad
from panogen.grids import Perspective
from panogen.grids.base import Camera
from panogen.metrics.pan import (
    fourier_shifted,
    homography,
    pan_psnr_db,
    perspective_pan_psnr_db,
    roll_difference,
    warped,
)


def noise(rows=6, columns=20, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (rows, columns, 3), np.uint8)


def band_limited(columns=40, yaw_rad=0.0, highest=15):
    """A panorama of few waves, seen with the camera turned."""
    azimuth = circle_azimuths_rad(columns, yaw_rad)
    rng = np.random.default_rng(1)
    size, phase = rng.random((2, 5, 3, highest))
    waves = np.cos(azimuth[:, None, None, None] * np.arange(1, highest + 1) + 2 * np.pi * phase)
    return 128 + 10 * np.moveaxis((size * waves).sum(-1), 1, 0)


def seen(camera, fov_deg=90.0, shape=(72, 96)):
    """A lens view of a smooth function of the direction."""
    grid = Perspective(shape[1], shape[0], fov_deg, camera)
    directions = grid.directions(0, len(grid)).reshape(*shape, 3)
    waves = 6 * np.random.default_rng(0).standard_normal((3, 3))
    return 128 + 60 * np.sin(directions @ waves)


def test_a_yaw_by_whole_columns_is_a_roll():
    for columns in (0, 1, 7, -3, 45):
        turned = band_limited(yaw_rad=2 * np.pi * columns / 40)
        assert roll_difference(band_limited(), turned, columns) == pytest.approx(0, abs=1e-9)
    assert roll_difference(band_limited(), band_limited(yaw_rad=2 * np.pi / 40), -1) > 1


def test_differences_worked_by_hand():
    picture = noise()
    turned = np.roll(picture, -4, 1).astype(int)
    assert roll_difference(picture, turned, 4) == roll_difference(picture, turned.astype(np.uint8), 4)
    assert roll_difference(picture, turned, 4) == 0
    turned[0, 0, 0] -= 5
    turned[3, 9, 2] += 3
    assert roll_difference(picture, turned, 4) == 5


@pytest.mark.parametrize("columns", [20, 21])
def test_a_fourier_shift_by_whole_columns_is_a_roll(columns):
    picture = noise(columns=columns)
    for k in (0, 1, 13, -2):
        np.testing.assert_allclose(fourier_shifted(picture, k), np.roll(picture, -k, 1), atol=1e-10)


@pytest.mark.parametrize("columns", [0.5, -0.25, 3.75, 1 / 3])
def test_a_fourier_shift_of_few_waves_is_what_the_turned_camera_sees(columns):
    turned = band_limited(yaw_rad=2 * np.pi * columns / 40)
    np.testing.assert_allclose(fourier_shifted(band_limited(), columns), turned, atol=1e-9)
    assert pan_psnr_db(band_limited(), turned, columns) > 200
    assert pan_psnr_db(band_limited(), turned, -columns) < 40


def test_a_fourier_shift_is_the_sum_over_dirichlets_kernel():
    picture = noise(columns=20).astype(float)
    x = np.arange(20)
    offset = (x[:, None] + 0.3 - x) * np.pi / 20
    kernel = np.sin(20 * offset) / (20 * np.tan(offset))  # of an even number of columns: the shortest wave shared out
    expected = np.einsum("zx,rxc->rzc", kernel, picture)
    np.testing.assert_allclose(fourier_shifted(picture, 0.3), expected, atol=1e-10)


def test_the_shortest_wave_vanishes_halfway():
    picture = np.tile(np.array([0.0, 10.0]), 8)[None, :, None] + np.zeros((2, 16, 3))
    np.testing.assert_allclose(fourier_shifted(picture, 0.5), 5, atol=1e-12)
    np.testing.assert_allclose(fourier_shifted(picture, 1), 10 - picture, atol=1e-12)


def test_rounding_to_8_bits_limits_the_figure():
    a, b = (band_limited(512, yaw_rad).round() for yaw_rad in (0, 0.3 * 2 * np.pi / 512))
    expected = 10 * math.log10(255**2 / (2 / 12))  # both pictures are rounded, with a variance of 1/12 each
    assert pan_psnr_db(a, b, 0.3) == pytest.approx(expected, abs=0.5)
    assert pan_psnr_db(a, a, 0) > 200


def test_the_homography_maps_pixels_as_their_directions():
    shape, fov_deg, yaw_deg = (48, 64), 70, 25
    straight, turned = (Perspective(64, 48, fov_deg, Camera(yaw_deg=yaw)) for yaw in (0, yaw_deg))
    pixels = np.array([(0, 0), (10, 40), (47, 5)])  # row, column, left of the middle or just right of it
    for row, column in pixels:
        x, y, z = turned.at(np.array([row * 64 + column]))[0]
        assert z > 0
        u, v, w = homography(shape, fov_deg, yaw_deg) @ [column, row, 1]
        pitch = straight.pitch
        assert u / w == pytest.approx(x / z / pitch + 31.5)
        assert v / w == pytest.approx(23.5 - y / z / pitch)


@pytest.mark.parametrize("yaw_deg", [0.1, 3, -12, 30])
def test_a_turned_view_is_the_warped_one(yaw_deg):
    straight, turned = seen(Camera()), seen(Camera(yaw_deg=yaw_deg))
    expected, both = warped(straight, homography((72, 96), 90, yaw_deg))
    assert both.mean() > 0.4
    assert np.abs(expected - turned)[both].max() < 1
    assert perspective_pan_psnr_db(straight, turned, 90, yaw_deg) > 55
    if abs(yaw_deg) > 10:
        assert perspective_pan_psnr_db(straight, turned, 90, -yaw_deg) < 25
        assert perspective_pan_psnr_db(straight, turned, 80, yaw_deg) < 40


def test_only_what_both_views_see_is_compared():
    straight, turned = seen(Camera()), seen(Camera(yaw_deg=30))
    both = warped(straight, homography((72, 96), 90, 30))[1]
    grid = Perspective(96, 72, 90, Camera(yaw_deg=30))
    x, y, z = grid.directions(0, len(grid)).reshape(72, 96, 3).transpose(2, 0, 1)
    inside = (z > 0) & (np.abs(x) < z * 45 / 48) & (np.abs(y) < z * 33 / 48)  # 3 pixels within the edge
    assert (both & ~inside).sum() == 0
    assert (inside & ~both).sum() < 100
    before = perspective_pan_psnr_db(straight, turned, 90, 30)
    turned[~both] = 0
    assert perspective_pan_psnr_db(straight, turned, 90, 30) == before


def test_a_view_that_was_not_turned_equals_itself():
    assert perspective_pan_psnr_db(seen(Camera()), seen(Camera()), 90, 0) > 200


@pytest.mark.parametrize("yaw_deg", [90, 180, -100])
def test_views_with_nothing_in_common_are_refused(yaw_deg):
    with pytest.raises(ValueError, match=f"90 degrees wide that are {yaw_deg} degrees apart have nothing in common"):
        perspective_pan_psnr_db(seen(Camera()), seen(Camera()), 90, yaw_deg)


@pytest.mark.parametrize(
    "measure",
    [
        lambda a, b: roll_difference(a, b, 1),
        lambda a, b: pan_psnr_db(a, b, 1),
        lambda a, b: perspective_pan_psnr_db(a, b, 90, 1),
    ],
)
def test_pictures_of_two_shapes_are_refused(measure):
    with pytest.raises(ValueError, match=r"one shape \(H, W, 3\), got \(6, 20, 3\) and \(6, 21, 3\)"):
        measure(noise(), noise(columns=21))
