import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from scipy.signal.windows import hann

from panogen.metrics.spectrum import grid_peak, power_spectra, radial_power, spectrum_distance_db, square_crops
from tests.metrics.adversarial import ADVERSARIES, landscape

ROUNDING = (0.2126**2 + 0.7152**2 + 0.0722**2) / 12


def noise(count=4, side=32, seed=0):
    return np.random.default_rng(seed).normal(128, 20, (count, side, side, 3))


def wave(row, column, amplitude=30.0, side=64):
    """A grey crop (1, side, side, 3) of one wave that many times down and across."""
    y, x = np.mgrid[:side, :side] / side
    return np.repeat(128 + amplitude * np.cos(2 * np.pi * (row * y + column * x))[None, ..., None], 3, 3)


def natural(count=8, side=64, seed=0):
    """Crops whose power falls with the square of the frequency, as that of photographs."""
    along = np.fft.fftfreq(side)
    fall = 1 / np.maximum(np.hypot(along[:, None], along), 1 / side)
    rng = np.random.default_rng(seed)
    shape = (count, side, side)
    waves = np.fft.fft2(rng.standard_normal(shape)) * fall
    return np.repeat(128 + 4 * np.fft.ifft2(waves).real[..., None], 3, 3)


def mean_spectrum(crops):
    return power_spectra(crops).mean(0)


def test_spectra_equal_a_plain_sum_of_waves():
    crops = noise(2)
    window = np.outer(hann(32, sym=False), hann(32, sym=False))
    dft = np.exp(-2j * np.pi * np.outer(np.arange(32), np.arange(32)) / 32)
    for crop, spectrum in zip(crops, power_spectra(crops), strict=True):
        y = crop @ [0.2126, 0.7152, 0.0722]
        y = (y - (y * window).sum() / window.sum()) * window
        expected = np.abs(dft @ y @ dft.T) ** 2 / (window**2).sum()
        np.testing.assert_allclose(spectrum, expected, rtol=1e-5, atol=1e-6 * expected.max())


def test_a_wave_has_its_power_in_closed_form():
    spectrum = mean_spectrum(wave(9, 20))
    # (A/2)^2 (sum of the window)^2 / (sum of its squares), with sums N/2 and 3N/8 along an axis.
    assert spectrum[9, 20] == pytest.approx((30 / 2) ** 2 * (64 / 2) ** 4 / (3 * 64 / 8) ** 2, rel=1e-5)
    assert spectrum.argmax() in (9 * 64 + 20, (64 - 9) * 64 + 64 - 20)
    assert spectrum[25:40].max() < 1e-6 * spectrum.max()  # a Hann window spills to the next frequencies only


def test_white_noise_has_its_variance_as_power_at_every_frequency():
    spectrum = mean_spectrum(noise(400))
    variance = 400 * (0.2126**2 + 0.7152**2 + 0.0722**2)
    assert spectrum[6:-5].mean() == pytest.approx(variance, rel=0.02)
    power = radial_power(spectrum)[1]
    np.testing.assert_allclose(power[1:], variance, rtol=0.15)


def test_brightness_is_no_structure():
    np.testing.assert_allclose(power_spectra(noise() + 50), power_spectra(noise()), rtol=1e-6, atol=1e-6)


def test_spectra_of_pictures_only_have_to_be_averaged():
    crops = noise(5)
    np.testing.assert_array_equal(power_spectra(crops)[3], power_spectra(crops[3:4])[0])
    np.testing.assert_array_equal(power_spectra(crops.astype(np.uint8)), power_spectra(crops.astype(np.uint8) + 0.0))


def test_radial_power_is_the_mean_over_rings():
    spectrum = np.random.default_rng(0).random((48, 48))
    along = np.fft.fftfreq(48) * 48
    ring = np.round(np.sqrt(along[:, None] ** 2 + along**2))
    frequencies, power = radial_power(spectrum)
    np.testing.assert_allclose(frequencies, np.arange(1, 25) / 48)
    np.testing.assert_allclose(power, ndimage.mean(spectrum, ring, np.arange(1, 25)))


def test_radial_power_of_a_natural_picture_falls_with_the_square():
    frequencies, power = radial_power(mean_spectrum(natural(200)))
    middle = (frequencies > 0.1) & (frequencies < 0.4)
    slope = np.polyfit(np.log(frequencies[middle]), np.log(power[middle]), 1)[0]
    assert slope == pytest.approx(-2, abs=0.15)


def test_contrast_moves_the_whole_spectrum_by_its_decibels():
    a = mean_spectrum(natural())
    distance = spectrum_distance_db(a, a * 10**0.3)
    assert distance.all == pytest.approx(3)
    assert distance.high == pytest.approx(3)
    assert spectrum_distance_db(a * 10**0.3, a) == distance
    assert spectrum_distance_db(a, a).all == 0


def test_what_is_missing_above_a_frequency_is_missing_there():
    side, missing = 64, 20.0
    along = np.fft.fftfreq(side)
    ring = np.round(np.hypot(along[:, None], along) * side)
    a = mean_spectrum(natural())
    distance = spectrum_distance_db(a, np.where(ring > side / 4, a * 10 ** (-missing / 10), a))
    assert distance.high == pytest.approx(missing)
    assert distance.all == pytest.approx(missing * 16 / 32)


def test_power_below_rounding_is_none():
    flat, faint = np.zeros((64, 64)), np.full((64, 64), ROUNDING / 2)
    assert spectrum_distance_db(flat, faint).all == 0
    assert spectrum_distance_db(flat, np.full((64, 64), ROUNDING * 100)).all == pytest.approx(20, rel=1e-6)
    assert grid_peak(flat).any == 1


def test_the_peak_anywhere_equals_medians_of_windows():
    spectrum = mean_spectrum(natural())
    median = np.median(sliding_window_view(np.pad(spectrum, 4, mode="wrap"), (9, 9)), (2, 3))
    ratio = spectrum / median
    near = np.abs(np.fft.fftfreq(64) * 64) <= 4
    ratio[near[:, None] & near] = 0
    assert grid_peak(spectrum).any == pytest.approx(ratio.max())


@pytest.mark.parametrize(
    ("row", "column", "found"), [(0, 8, "any horizontal"), (8, 0, "any vertical"), (8, 8, "any"), (13, 27, "any")]
)
def test_a_regular_pattern_stands_out_in_its_direction(row, column, found):
    clean, striped = (grid_peak(mean_spectrum(natural(64) + x)) for x in (0, wave(row, column, 8) - 128))
    for name in ("any", "horizontal", "vertical"):
        assert getattr(clean, name) < 2.5
        assert (getattr(striped, name) > 5) == (name in found.split())


def test_a_level_horizon_is_no_grid():
    crops = natural(64)
    crops[:, 32:] += 60
    peak = grid_peak(mean_spectrum(crops))
    assert peak.any > 10
    assert max(peak.horizontal, peak.vertical) < 2.5


@pytest.mark.parametrize("fault", [lambda picture: picture, *ADVERSARIES.values()])
def test_landscapes_have_no_grid_until_every_eighth_line_is_lighter(fault):
    picture = fault(landscape(0))
    clean, lined = (grid_peak(mean_spectrum(square_crops(x, 64, 16))) for x in (picture, with_lines(picture)))
    assert max(clean.horizontal, clean.vertical) < 3
    assert min(lined.horizontal, lined.vertical) > 8


def with_lines(picture, period=8):
    lined = picture.astype(float)
    lined[::period] += 12
    lined[:, ::period] += 12
    return lined


def test_crops_lie_around_the_middle_row_with_the_seam_in_the_first_one():
    panorama = landscape(1, 96, 256)
    crops = square_crops(panorama, 64, 8)
    assert crops.shape == (8, 64, 64, 3)
    np.testing.assert_array_equal(crops[0], np.roll(panorama, 32, 1)[16:80, :64])
    np.testing.assert_array_equal(crops[1], panorama[16:80, :64])
    np.testing.assert_array_equal(crops[7], panorama[16:80, 192:])


@pytest.mark.parametrize(("side", "count"), [(97, 4), (0, 4), (64, 0)])
def test_crops_that_cannot_be_cut_are_refused(side, count):
    with pytest.raises(ValueError, match=rf"{count} crops of {side} pixels a side .* of 256 x 96"):
        square_crops(np.zeros((96, 256, 3), np.uint8), side, count)


@pytest.mark.parametrize("shape", [(2, 64, 32, 3), (2, 16, 16, 3), (2, 64, 64, 4)])
def test_spectra_of_anything_but_square_pictures_are_refused(shape):
    with pytest.raises(ValueError, match=r"crops must be \(n, N, N, 3\) with N at least 32"):
        power_spectra(np.zeros(shape, np.uint8))
