import numpy as np

from panogen.data import CropCache
from panogen.data.crops import crop
from panogen.geometry import Cylinder, circle_azimuths_rad, pixel_centres
from panogen.geometry.window import Windows

CHART = Cylinder()


class Waves:
    """Panoramas of smooth waves whose colours at any azimuth and height are known."""

    description, licence = "waves", "CC0-1.0"

    def __init__(self):
        self.drawn = []

    def __len__(self):
        return 3

    def band(self, index, rows, columns, chart):
        self.drawn.append((index, rows, columns))
        height = 1 - 2 * pixel_centres(rows)[:, None]
        return colours(circle_azimuths_rad(columns)[None, :], height)


def colours(azimuth, height):
    red = 128 + 100 * np.cos(azimuth) + 0 * height
    green = 128 + 100 * np.sin(2 * azimuth) + 0 * height
    blue = 128 + 100 * height + 0 * azimuth
    return np.stack(np.broadcast_arrays(red, green, blue), -1).round().astype(np.uint8)


def test_a_crop_shows_its_window_even_across_the_seam():
    band = Waves().band(0, 64, 256, CHART)
    for azimuth in (0.0, 1.234, np.pi, -3.0):
        windows = Windows(np.array([azimuth]), np.array([0.03]), np.array([1.4]))
        fine_azimuth, fine_height = windows.centres(64)
        shown = crop(band, fine_azimuth[0], fine_height[0] / CHART.max_height)
        at_azimuth, at_height = windows.centres(32)
        expected = colours(at_azimuth[0][None, :], at_height[0][:, None] / CHART.max_height)
        assert np.abs(shown.astype(int) - expected).max() <= 2


def test_places_are_turned_at_random_whatever_the_window():
    cache = CropCache(Waves(), CHART)
    windows = Windows(np.zeros(400), np.zeros(400), np.full(400, np.pi / 2))
    crops = cache.batch(np.random.default_rng(0), windows, 8)
    assert crops.shape == (400, 8, 8, 3)
    assert abs(crops[..., 0].astype(float).mean() - 128) < 8  # a fixed yaw would show one side of the cosine


def test_a_batch_is_a_function_of_the_random_generator():
    windows = Windows.draw(np.random.default_rng(1), 4, CHART, 0.1)
    a, b = (CropCache(Waves(), CHART).batch(np.random.default_rng(5), windows, 8) for _ in range(2))
    np.testing.assert_array_equal(a, b)


def test_bands_are_drawn_once_for_a_resolution():
    source = Waves()
    cache = CropCache(source, CHART)
    windows = Windows.draw(np.random.default_rng(1), 50, CHART, 0.1)
    for _ in range(3):
        cache.batch(np.random.default_rng(0), windows, 8)
    assert sorted(source.drawn) == [(index, 16, 64) for index in range(3)]
    cache.batch(np.random.default_rng(0), windows, 16)
    assert sorted(source.drawn[3:]) == [(index, 32, 128) for index in range(3)]
