import math

import numpy as np
import pytest

from panogen.metrics.foveation import BASE_DEG, SLOPE, eccentric_lowpass, flicker, ring_psnr_db, rings

PITCH_DEG = 0.125


def ramp(rows=32, columns=512):
    """Eccentricities that grow along the columns, by one pitch a pixel."""
    return np.broadcast_to(np.arange(columns) * PITCH_DEG, (rows, columns))


def noise(shape=(32, 512, 3), seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def grating(period_pixels, shape):
    wave = np.cos(2 * np.pi * np.arange(shape[0]) / period_pixels)
    return np.broadcast_to((128 + 100 * wave)[:, None, None], (*shape, 3))


def contrast_left(eccentricity_deg, period_deg, pitch_deg=PITCH_DEG):
    """Of a grating of a known period, seen at one eccentricity, in the middle of its picture."""
    picture = grating(period_deg / pitch_deg, (512, 4))
    seen = eccentric_lowpass(picture, np.full(picture.shape[:2], eccentricity_deg), pitch_deg) - 128
    middle = slice(200, 312)
    return float((seen * (picture - 128))[middle].sum() / np.square(picture - 128)[middle].sum())


@pytest.mark.parametrize("eccentricity_deg", [10, 17.3, 30, 60])
def test_the_finest_grating_that_is_resolved_keeps_half_of_its_contrast(eccentricity_deg):
    mar_deg = BASE_DEG + SLOPE * eccentricity_deg
    assert contrast_left(eccentricity_deg, 2 * mar_deg, pitch_deg=mar_deg / 4) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("eccentricity_deg", [12, 20, 29, 44])
@pytest.mark.parametrize("period_mar", [1.5, 3, 5, 10])
def test_gratings_fade_as_the_gaussian_says(eccentricity_deg, period_mar):
    mar_deg = BASE_DEG + SLOPE * eccentricity_deg
    expected = 0.5 ** ((2 / period_mar) ** 2)  # its logarithm goes with the square of the frequency
    assert contrast_left(eccentricity_deg, period_mar * mar_deg) == pytest.approx(expected, abs=0.015)


def test_the_middle_of_the_gaze_stays_sharp_and_a_level_stays_what_it_is():
    picture = noise((64, 64, 3))
    assert np.abs(eccentric_lowpass(picture, np.zeros((64, 64)), 1.0) - picture).max() < 0.1
    np.testing.assert_allclose(eccentric_lowpass(np.full((32, 512, 3), 77, np.uint8), ramp(), PITCH_DEG), 77, rtol=1e-5)


def test_farther_out_less_is_left():
    seen = eccentric_lowpass(noise(), ramp(), PITCH_DEG)
    spread = [seen[:, start : start + 128].std() for start in range(0, 512, 128)]
    assert spread == sorted(spread, reverse=True)
    assert spread[-1] < 0.3 * spread[0]


def test_pixels_half_as_far_apart_are_blurred_over_twice_as_many():
    picture, coarse = noise((64, 64, 3)), np.full((64, 64), 25.0)
    fine = (2 * (BASE_DEG + SLOPE * 25) - BASE_DEG) / SLOPE  # where MAR is twice as large
    np.testing.assert_allclose(
        eccentric_lowpass(picture, coarse, PITCH_DEG / 2),
        eccentric_lowpass(picture, coarse * 0 + fine, PITCH_DEG),
        rtol=1e-3,
    )


def test_an_offset_of_a_ring_gives_its_psnr_in_closed_form():
    eccentricity = ramp()
    a = np.full((*eccentricity.shape, 3), 100.0)
    found = ring_psnr_db(a, a + 8, eccentricity, PITCH_DEG)
    assert list(found) == ["0-5", "5-15", "15-30", ">30"]
    assert list(found.values()) == pytest.approx([20 * math.log10(255 / 8)] * 4, abs=1e-4)


def test_only_the_ring_that_differs_shows_it():
    a = noise()
    b = a.copy()
    b[:, -40:] = 255 - b[:, -40:]  # from 59 degrees on
    found = ring_psnr_db(a, b, ramp(), PITCH_DEG)
    assert [found[name] for name in ("0-5", "5-15", "15-30")] == [math.inf] * 3
    assert 10 < found[">30"] < 40


def test_what_the_eye_cannot_see_counts_less_and_what_it_sees_counts_in_full():
    a = np.full((32, 512, 3), 128, np.uint8)
    fine, coarse = a.copy(), a.copy()
    fine[::2] += 20
    coarse += 20
    at_fine, at_coarse = (ring_psnr_db(a, b, ramp(), PITCH_DEG) for b in (fine, coarse))
    assert at_coarse[">30"] == pytest.approx(20 * math.log10(255 / 20), abs=1e-3)
    assert at_fine[">30"] == pytest.approx(20 * math.log10(255 / 10), abs=0.05)  # its mean is seen
    assert at_fine["0-5"] < at_fine[">30"] - 1


def test_rings_part_the_picture_at_their_edges():
    eccentricity = np.array([[0, 4.999, 5, 14.99], [15, 29.9, 30, 80]])
    found = dict(rings(eccentricity))
    assert list(found) == ["0-5", "5-15", "15-30", ">30"]
    assert sum(ring.astype(int) for ring in found.values()).tolist() == [[1] * 4] * 2
    assert [ring.sum() for ring in found.values()] == [2, 2, 2, 2]


def test_rings_without_pixels_are_left_out():
    assert list(ring_psnr_db(noise(), noise(), ramp() * 0 + 7, PITCH_DEG)) == ["5-15"]
    assert list(ring_psnr_db(noise(), noise(), ramp(), PITCH_DEG, ramp() >= 15)) == ["0-5", "5-15"]
    assert list(flicker([noise()] * 2, ramp() * 0 + 31)) == [">30"]


def test_still_frames_do_not_flicker():
    assert flicker([noise()] * 3, ramp()) == {"0-5": 0, "5-15": 0, "15-30": 0, ">30": 0}


def test_flicker_is_the_mean_step_of_a_ring():
    frames = np.stack([np.full((32, 512, 3), level, np.uint8) for level in (10, 13, 250, 8)])
    frames[:, :, :40] = 5  # up to 5 degrees
    expected = (3 + 237 + 242) / 3  # steps down do not wrap around
    assert flicker(frames, ramp()) == pytest.approx({"0-5": 0, "5-15": expected, "15-30": expected, ">30": expected})


def test_one_frame_does_not_flicker_nor_not():
    with pytest.raises(ValueError, match="at least two frames"):
        flicker([noise()], ramp())
