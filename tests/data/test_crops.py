from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from panogen.base.errors import JobError, UsageError
from panogen.data import CropCache, Reading, open_source
from panogen.data.pyramid import isotropic
from panogen.geometry import Cylinder, Sphere, circle_azimuths_rad, from_azimuth_elevation, pixel_centres
from panogen.geometry.charts.windows import BandWindows, LensWindows
from tests.data.helpers import save

CHART = Cylinder()
TALL = Cylinder(30.0, "central")


class Waves:
    """Panoramas of smooth waves whose colours at any azimuth and height are known."""

    description, licence = "waves", "CC0-1.0"

    def __init__(self, count=3):
        self.count, self.drawn = count, []

    def __len__(self):
        return self.count

    def extent_rad(self, index):
        return 2 * np.pi

    def fitted(self, chart):
        return self

    def native_rad(self, index, chart):
        return 0.0

    def scene(self, index, rows, columns, chart):
        return self.band(index, rows, columns, chart)

    def band(self, index, rows, columns, chart):
        self.drawn.append((index, rows, columns))
        return colours(circle_azimuths_rad(columns)[None, :], 1 - 2 * pixel_centres(rows)[:, None])


class Ramps(Waves):
    """Photos a radian wide whose red rises from the left edge to the right, and whose blue falls downwards."""

    description = "ramps"

    def extent_rad(self, index):
        return 1.0

    def band(self, index, rows, columns, chart):
        red = 255 * pixel_centres(columns)[None, :]
        blue = 255 * (1 - pixel_centres(rows))[:, None]
        return np.stack(np.broadcast_arrays(red, 0, blue), -1).round().astype(np.uint8)


class Photographed(Waves):
    """Panoramas of one level of grey each, 60 times their number, with so many pixels around."""

    description = "photographed"

    def __init__(self, *columns):
        super().__init__(len(columns))
        self.columns = columns

    def native_rad(self, index, chart):
        return 2 * np.pi / self.columns[index]

    def band(self, index, rows, columns, chart):
        self.drawn.append((index, rows, columns))
        return np.full((rows, columns, 3), 60 * index, np.uint8)


class Noise(Waves):
    """A panorama as fine as its cells."""

    description = "noise"

    def band(self, index, rows, columns, chart):
        return np.random.default_rng(index).integers(0, 256, (rows, columns, 3), np.uint8)


def colours(azimuth, height):
    red = 128 + 100 * np.cos(azimuth) + 0 * height
    green = 128 + 100 * np.sin(2 * azimuth) + 0 * height
    blue = 128 + 100 * height + 0 * azimuth
    return np.stack(np.broadcast_arrays(red, green, blue), -1).round().astype(np.uint8)


def windows(azimuth, height, side, pixels):
    side = np.atleast_1d(side).astype(float)
    azimuth, height = np.atleast_1d(azimuth).astype(float), np.atleast_1d(height).astype(float)
    return BandWindows(CHART, azimuth, height, side, side / pixels)


class Turned:
    """A random generator that draws the first picture, and one turn of all of them."""

    def __init__(self, turn):
        self.turn = turn

    def integers(self, high, size):
        return np.zeros(size, int)

    def uniform(self, low, high, size):
        return np.stack([np.full(size[1], self.turn), np.zeros(size[1])])


@pytest.mark.parametrize("azimuth", [0.0, 1.234, np.pi, -3.0, 9.5])
def test_a_crop_shows_its_window_even_across_the_seam(azimuth):
    for turn in (0.0, 0.9):
        window = windows(azimuth, 0.03, 1.4, 32)
        [shown] = CropCache(Waves(), CHART).batch(Turned(turn), window, 32, 32)
        at_azimuth, at_height = window.positions(32)
        expected = colours(at_azimuth[0] + np.pi * turn, at_height[0] / CHART.max_height)
        assert np.abs(shown.astype(int) - expected).max() <= 2


class Globe(Waves):
    """A sphere whose colours are linear in x, y and z, so that means over little squares are those of their middles."""

    description = "globe"

    def band(self, index, rows, columns, chart):
        azimuth, elevation = circle_azimuths_rad(columns)[None, :], chart.row_elevations_rad(rows)[:, None]
        return (128 + 100 * from_azimuth_elevation(azimuth, elevation)).round().astype(np.uint8)


@pytest.mark.parametrize("pitch_deg", [0.0, 50.0, -90.0, 90.0])
@pytest.mark.parametrize("fov_deg", [12.0, 90.0])
def test_a_lens_view_shows_what_is_in_its_directions_poles_too(pitch_deg, fov_deg):
    sphere, side = Sphere(), np.array([2 * np.tan(np.radians(fov_deg / 2))])
    window = LensWindows(sphere.band, np.array([3.0]), np.radians([pitch_deg]), side, side / 16)
    [shown] = CropCache(Globe(), sphere.band).batch(Turned(0.0), window, 16, 256)
    expected = 128 + 100 * window.directions(16).reshape(16, 16, 3)
    assert np.abs(shown - expected).max() <= 2


class Ripples(Waves):
    """A sphere full of plane waves of one length, as fine in the sky everywhere."""

    description = "ripples"

    def band(self, index, rows, columns, chart):
        azimuth, elevation = circle_azimuths_rad(columns)[None, :], chart.row_elevations_rad(rows)[:, None]
        rng = np.random.default_rng(index)
        along = rng.standard_normal((30, 3))
        waves = 40 * from_azimuth_elevation(azimuth, elevation) @ (along / np.linalg.norm(along, axis=1)[:, None]).T
        grey = 128 + 12 * np.cos(waves + rng.uniform(0, 6, 30)).sum(-1)
        return np.repeat(grey[..., None], 3, 2).clip(0, 255).round().astype(np.uint8)


def test_lens_views_have_as_much_contrast_at_the_zenith_as_at_the_horizon():
    cache, side, contrast = CropCache(Ripples(8), Sphere().band), np.full(40, 0.8), []
    for pitch in (0.0, np.pi / 2):
        views = LensWindows(Sphere().band, np.linspace(-3, 3, 40), np.full(40, pitch), side, side / 16)
        contrast.append(cache.batch(np.random.default_rng(0), views, 16, 128).std())
    assert 0.9 < contrast[1] / contrast[0] < 1.1


def test_cells_as_wide_as_high_are_means_along_their_rows():
    rows, columns = 16, 32
    band = np.random.default_rng(0).integers(0, 256, (rows, columns, 3)).astype(np.float16)
    elevations = Sphere().row_elevations_rad(rows)
    even = isotropic(band, elevations).astype(float)
    for row in range(rows):
        wide = 1 / np.cos(elevations[row])
        edges = np.arange(columns + 1)
        for column in (0, 5, columns - 1):
            middle = column + 0.5
            shares = sum(
                (
                    np.minimum(edges[1:], middle + wide / 2 + turn) - np.maximum(edges[:-1], middle - wide / 2 + turn)
                ).clip(0)
                for turn in (-columns, 0, columns)
            )
            np.testing.assert_allclose(shares.sum(), wide)
            np.testing.assert_allclose(even[row, column], shares @ band[row].astype(float) / wide, rtol=1e-3)


def test_places_are_turned_at_random_whatever_the_window():
    crops = CropCache(Waves(), CHART).batch(
        np.random.default_rng(0), windows(np.zeros(400), np.zeros(400), np.full(400, np.pi / 2), 8), 8, 8
    )
    assert crops.shape == (400, 8, 8, 3)
    assert abs(crops[..., 0].astype(float).mean() - 128) < 8  # a fixed yaw would show one side of the cosine


def test_a_crop_of_every_fourth_pixel_is_the_full_crop_at_every_fourth_pixel():
    # Point-sampled: the same places, each averaged over the same footprint.
    full = windows(0.4, 0.0, 2 * CHART.max_height, 64)
    pixel = full.footprint
    strided = BandWindows(CHART, full.azimuth_rad - 1.5 * pixel, full.height + 1.5 * pixel, full.side, pixel)
    cache = CropCache(Noise(), CHART)
    every = cache.batch(Turned(0.3), full, 64, 64)
    fourth = cache.batch(Turned(0.3), strided, 16, 64)
    np.testing.assert_array_equal(fourth, every[:, ::4, ::4])


def test_large_footprints_do_not_alias():
    # 8 x 8 pixels of noise of 256 rows: an average over 32 x 32 cells or more is grey; sparse samples are not.
    spread = {}
    for name, footprint in (("averaged", 2 * CHART.max_height / 8), ("sampled", 2 * CHART.max_height / 128)):
        window = BandWindows(CHART, np.zeros(1), np.zeros(1), np.full(1, 2 * CHART.max_height), np.full(1, footprint))
        spread[name] = CropCache(Noise(), CHART).batch(Turned(0), window, 8, 128).astype(float).std()
    assert spread["averaged"] < 5
    assert spread["sampled"] > 20


def test_photos_are_never_left():
    # Red says where in the photo a pixel lies: it rises by the same step everywhere, so no edge was repeated.
    count, pixels = 200, 16
    window = windows(np.linspace(-9, 9, count), np.zeros(count), np.full(count, 2 * TALL.max_height), pixels)
    crops = CropCache(Ramps(), TALL).batch(np.random.default_rng(0), window, pixels, 64).astype(float)
    step = 255 * 2 * TALL.max_height / pixels
    np.testing.assert_allclose(np.diff(crops[..., 0], axis=2), step, atol=2)
    first = crops[:, 0, 0, 0]
    assert first.min() >= 1.4 * step  # a pixel of margin, to the first pixel's centre
    assert first.max() <= 255 - (pixels + 0.4) * step
    assert np.ptp(first) > 0.9 * (255 - (pixels + 2) * step)  # anywhere in between


def test_a_photo_as_wide_as_its_crop_is_shown_whole():
    window = windows(1.0, 0.0, 1.0, 16)
    [shown] = CropCache(Ramps(), Cylinder(float(np.degrees(2 * np.arctan(0.5))), "central")).batch(
        np.random.default_rng(0), window, 16, 64
    )
    np.testing.assert_allclose(shown[0, :, 0], 255 * pixel_centres(16), atol=1)
    np.testing.assert_allclose(shown[:, 0, 2], 255 * (1 - pixel_centres(16)), atol=1)


def test_whole_bands():
    bands = CropCache(Waves(), CHART).bands(np.random.default_rng(0), 50, 16, 64)
    assert bands.shape == (50, 16, 64, 3)
    # Each is the picture of a known wave, turned: the phase of red tells by how much.
    phases = np.angle(np.fft.rfft(bands[:, 0, :, 0].astype(float))[:, 1])
    assert len(np.unique(phases.round(6))) > 30
    for band, phase in zip(bands, phases, strict=True):
        azimuth = circle_azimuths_rad(64) + phase + np.pi * (1 - 1 / 64)
        expected = colours(azimuth[None, :], 1 - 2 * pixel_centres(16)[:, None])
        assert np.abs(band[..., 0] - expected[..., 0].astype(float)).max() <= 2
    with pytest.raises(UsageError, match="whole bands need panoramas, got ramps; train on crops of it"):
        CropCache(Ramps(), TALL).bands(np.random.default_rng(0), 1, 16, 64)


def some_windows(count):
    rng = np.random.default_rng(1)
    side = np.full(count, 1.5)
    return BandWindows(CHART, rng.uniform(-np.pi, np.pi, count), rng.uniform(-0.03, 0.03, count), side, side / 8)


def test_crops_are_a_function_of_the_generator_and_not_of_what_is_kept():
    window = some_windows(6)
    roomy, tight = CropCache(Noise(8), CHART), CropCache(Noise(8), CHART, cache_mb=0)
    for _ in range(3):
        for seed in (5, 6):
            a, b = (cache.batch(np.random.default_rng(seed), window, 8, 8) for cache in (roomy, tight))
            np.testing.assert_array_equal(a, b)
            again = CropCache(Noise(8), CHART).batch(np.random.default_rng(seed), window, 8, 8)
            np.testing.assert_array_equal(a, again)


def test_bands_are_drawn_once_while_there_is_room():
    window = some_windows(50)
    source = Waves()
    cache = CropCache(source, CHART)
    for rows in (8, 8, 16, 8):
        cache.batch(np.random.default_rng(0), window, 8, rows)
    assert sorted(source.drawn) == [(k, rows, 4 * rows) for k in range(3) for rows in (16, 32)]
    tight = CropCache(Waves(30), CHART, cache_mb=1)
    for _ in range(3):
        tight.batch(np.random.default_rng(0), window, 8, 64)  # 128 x 512 x 3 bytes, a third more with the halvings
        assert tight._bytes <= 2**20
        assert tight._bytes == sum(level.nbytes for kept in tight._kept.values() for level in kept)


class TestDetail:
    source = Photographed(64, 256, 128, 256)

    def drawn(self, footprints, count=400):
        """Which pictures are seen through windows of footprints."""
        side = np.full(count, 0.2)
        footprint = np.resize(np.asarray(footprints, float), count)
        some = BandWindows(CHART, np.zeros(count), np.zeros(count), side, footprint)
        crops = CropCache(self.source, CHART).batch(np.random.default_rng(0), some, 2, 32)
        indices, counts = np.unique(crops[:, 0, 0, 0] // 60, return_counts=True)
        assert counts.min() > 0.7 * count / len(indices)
        return indices.tolist()

    @pytest.mark.parametrize(
        ("columns", "expected"),
        [(32, [0, 1, 2, 3]), (64, [0, 1, 2, 3]), (65, [1, 2, 3]), (128, [1, 2, 3]), (200, [1, 3]), (256, [1, 3])],
    )
    def test_pictures_are_seen_as_finely_as_they_are(self, columns, expected):
        assert self.drawn([2 * np.pi / columns]) == expected

    def test_where_none_is_fine_enough_the_finest_are(self):
        assert self.drawn([2 * np.pi / 4096]) == [1, 3]

    def test_one_choice_is_made_for_all_windows_of_a_batch(self):
        assert self.drawn([0.2, 2 * np.pi / 128]) == [1, 2, 3]

    def test_pictures_that_any_detail_can_be_asked_of_are_always_fine_enough(self):
        assert len(CropCache(Waves(), CHART).native) == 3
        crops = CropCache(Waves(), CHART).batch(np.random.default_rng(0), windows(0.0, 0.0, 1e-3, 8), 8, 8)
        assert crops.shape == (1, 8, 8, 3)

    def test_whole_bands_are_of_all(self):
        bands = CropCache(self.source, CHART).bands(np.random.default_rng(0), 100, 32, 128)
        assert set(bands[:, 0, 0, 0].tolist()) == {0, 60, 120, 180}

    def test_no_band_is_drawn_finer_than_its_picture(self):
        source = Photographed(64, 256, 20, 5)
        cache = CropCache(source, CHART)
        cache.batch(np.random.default_rng(0), windows(np.zeros(60), np.zeros(60), np.full(60, 1.5), 1), 1, 48)
        # A quarter of the circle high: 96 rows are two for each of 48, which none but the largest would have.
        assert sorted(source.drawn) == [(0, 16, 64), (1, 64, 256), (2, 5, 20), (3, 4, 16)]
        rows = CropCache(source, CHART)
        source.drawn.clear()
        rows.batch(np.random.default_rng(0), windows(0.0, 0.0, 1.5, 16), 16, 8)
        assert source.drawn == [(1, 16, 64)]


def test_threads_share_a_cache():
    window = some_windows(8)
    alone = [CropCache(Noise(20), CHART).batch(np.random.default_rng(k), window, 8, 32) for k in range(12)]
    shared = CropCache(Noise(20), CHART, cache_mb=0)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda k: shared.batch(np.random.default_rng(k), window, 8, 32), range(12)))
    np.testing.assert_array_equal(together, alone)


def test_light_is_exposed_at_random_and_8_bit_is_not(tmp_path):
    for name, folder in (("grey.png", tmp_path / "ldr"), ("grey.hdr", tmp_path / "hdr")):
        folder.mkdir()
        value = np.uint8(100) if name.endswith("png") else np.float32(7.0)
        cv2.imwrite(str(folder / name), np.full((64, 128, 3), value))
        window = windows(np.zeros(64), np.zeros(64), np.full(64, 1.0), 4)
        cache = CropCache(open_source(str(folder), Reading("panoramas")), CHART)
        greys = cache.batch(np.random.default_rng(0), window, 4, 8)[:, 0, 0, 0].astype(float)
        if name.endswith("png"):
            assert (greys == 100).all()
        else:  # grey at the key is exposed from half to twice as much
            shown = [255 * (1.055 * (light / (1 + light)) ** (1 / 2.4) - 0.055) for light in (0.09, 0.36)]
            assert shown[0] - 1 <= greys.min() <= shown[0] + 5
            assert shown[1] - 5 <= greys.max() <= shown[1] + 2


def test_photos_that_do_not_fit_a_chart_are_left_out(tmp_path):
    save(tmp_path / "wide.jpg", (200, 300))
    save(tmp_path / "flat.jpg", (80, 300))
    source = open_source(str(tmp_path), Reading("photos", 60))
    fitted = source.fitted(TALL)
    assert fitted.chart == TALL
    assert fitted.fitted(TALL) is fitted
    assert list(fitted.skipped) == ["flat.jpg"]
    assert fitted.skipped["flat.jpg"] == "only 17.5 degrees high, the chart has 30"
    assert len(CropCache(source, TALL).source) == 1
    with pytest.raises(JobError, match="none of its 2 pictures is usable for photos"):
        CropCache(source, Cylinder(100.0, "central"))
    with pytest.raises(JobError, match=r"no photo shows both zenith and nadir.* name a folder of panoramas"):
        CropCache(source, Sphere())
