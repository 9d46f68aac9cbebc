"""The contract of every grid in GRIDS, and what is special to those around the circle, to lenses and to windows."""

import pickle

import numpy as np
import pytest
from py360convert import e2p

from panogen.base.errors import UsageError
from panogen.geometry import Cylinder, Sphere, azimuth_elevation, rotation
from panogen.grids import GRIDS, LARGEST_SIDE, Camera, Cylindrical, Equirectangular, GridWindow, Perspective
from panogen.grids.base import CircleGrid
from tests.geometry.helpers import angle_between
from tests.grids.helpers import CHART, LAID_OUT, TILTED, all_of, footprints_of, grid_named

CIRCLES = [name for name, layout in GRIDS.items() if issubclass(layout, CircleGrid)]
UPRIGHT = [name for name in GRIDS if name not in ("cubemap", "cubemap-dice", "little-planet")]


@pytest.mark.parametrize("name", GRIDS)
class TestContract:
    def test_directions_are_unit_float64_one_for_each_pixel_or_nan(self, name, tmp_path):
        grid = grid_named(name, tmp_path)
        directions = grid.directions(0, len(grid))
        assert directions.shape == (len(grid), 3)
        assert directions.dtype == np.float64
        assert len(grid) == grid.shape[0] * grid.shape[1]
        assert grid.shape[1] == 24
        assert grid.name == name
        shown = ~np.isnan(directions[:, 0])
        assert shown.mean() >= 0.5
        np.testing.assert_allclose(np.linalg.norm(directions[shown], axis=1), 1, atol=1e-14)
        assert np.all(np.isnan(directions[~shown]))

    def test_any_part_equals_the_whole_to_the_bit(self, name, tmp_path):
        grid = grid_named(name, tmp_path, width=60)
        whole, footprints = grid.directions(0, len(grid)), footprints_of(grid).ravel()
        for start, stop in ((0, 1), (5, 50), (59, 61), (len(grid) - 1, len(grid))):
            np.testing.assert_array_equal(grid.directions(start, stop), whole[start:stop])
        for count in (1, 7, 200):
            samples = np.random.default_rng(count).integers(0, len(grid), count)
            np.testing.assert_array_equal(grid.at(samples), whole[samples])
            np.testing.assert_array_equal(grid.footprints(samples), footprints[samples])

    def test_footprints_are_positive_float64_where_there_are_directions_and_do_not_depend_on_the_camera(
        self, name, tmp_path
    ):
        grid = grid_named(name, tmp_path)
        footprints, shown = footprints_of(grid), ~np.isnan(all_of(grid)[..., 0])
        assert footprints.dtype == np.float64
        assert np.isfinite(footprints[shown]).all() and (footprints[shown] > 0).all()
        assert np.isnan(footprints[~shown]).all()
        np.testing.assert_array_equal(footprints_of(grid_named(name, tmp_path, Camera(-100, -70))), footprints)

    def test_the_camera_rotates_every_direction(self, name, tmp_path):
        straight, turned = grid_named(name, tmp_path, Camera()), grid_named(name, tmp_path)
        matrix = rotation(*np.radians([30, 20, 10]))
        np.testing.assert_allclose(all_of(turned), all_of(straight) @ matrix.T, atol=1e-14)

    def test_no_direction_comes_twice(self, name, tmp_path):
        directions = all_of(grid_named(name, tmp_path)).reshape(-1, 3)
        directions = directions[~np.isnan(directions[:, 0])].round(9)
        assert len(np.unique(directions, axis=0)) == len(directions)

    def test_camera_directions_are_what_the_camera_sees(self, name, tmp_path):
        grid = grid_named(name, tmp_path)
        assert (grid.camera_directions.dtype, grid.camera_directions.shape) == (np.float32, (3, *grid.shape))
        seen = grid.camera_directions / np.linalg.norm(grid.camera_directions, axis=0)
        np.testing.assert_allclose(np.moveaxis(seen, 0, -1) @ grid.camera.matrix.T, all_of(grid), atol=1e-6)

    @pytest.mark.parametrize("camera", [Camera(70), TILTED], ids=["level", "tilted"])
    def test_columns_are_meridians_where_it_says_so(self, name, tmp_path, camera):
        grid = grid_named(name, tmp_path, camera)
        assert grid.columns_are_meridians == (name in CIRCLES and camera.level)
        if grid.columns_are_meridians:
            azimuth, elevation = azimuth_elevation(all_of(grid))
            assert np.abs(np.exp(1j * azimuth) - np.exp(1j * azimuth[:1])).max() < 1e-14
            assert np.abs(elevation - elevation[:, :1]).max() < 1e-14

    def test_a_copy_has_the_same_directions_and_footprints(self, name, tmp_path):
        grid = grid_named(name, tmp_path)
        all_of(grid)
        copy = pickle.loads(pickle.dumps(grid))
        assert copy == grid
        np.testing.assert_array_equal(all_of(copy), all_of(grid))
        np.testing.assert_array_equal(footprints_of(copy), footprints_of(grid))


@pytest.mark.parametrize("name", LAID_OUT)
@pytest.mark.parametrize("width", [0, -1, LARGEST_SIDE + 1, 2**31])
def test_impossible_widths(name, width, tmp_path):
    with pytest.raises(UsageError, match=rf"width must be in \[1, 1000000\] pixels, got {width}"):
        grid_named(name, tmp_path, width=width)


@pytest.mark.parametrize("width", [0, -1])
def test_no_grid_is_without_samples(width):
    with pytest.raises(UsageError, match=f"width must be at least 1, got {width}"):
        Perspective(width, 8)


@pytest.mark.parametrize("name", LAID_OUT)
class TestFiner:
    def test_samples_may_be_more_than_the_pixels_of_any_file(self, name, tmp_path):
        grid = grid_named(name, tmp_path, width=131_064)
        finer, (row, column) = grid.finer(9), np.random.default_rng(0).integers(0, grid.shape, (50, 2)).T
        assert finer.shape[1] > LARGEST_SIDE
        middle = (9 * row + 4) * finer.shape[1] + 9 * column + 4
        np.testing.assert_allclose(finer.at(middle), grid.at(row * grid.shape[1] + column), atol=1e-13)

    @pytest.mark.parametrize("times", [3, 5])
    def test_the_middle_one_of_a_pixel_s_samples_is_the_pixel(self, name, tmp_path, times):
        grid = grid_named(name, tmp_path)
        finer = grid.finer(times)
        assert type(finer) is type(grid) and finer.shape == tuple(times * side for side in grid.shape)
        np.testing.assert_allclose(all_of(finer)[times // 2 :: times, times // 2 :: times], all_of(grid), atol=1e-13)

    def test_an_even_number_lie_around_it(self, name, tmp_path):
        grid = grid_named(name, tmp_path, width=96)
        fine = all_of(grid.finer(4)).reshape(grid.shape[0], 4, grid.shape[1], 4, 3)
        mean, extent = fine.mean((1, 3)), angle_between(fine[:, 0, :, 0], fine[:, 3, :, 3])
        away = angle_between(mean, all_of(grid)) / extent
        away = away[~np.isnan(away)]  # of pixels that are shown in full
        assert away.size >= 0.5 * len(grid)
        assert away.max() < 0.05

    def test_a_window_is_as_fine(self, name, tmp_path):
        window = GridWindow(grid_named(name, tmp_path), 1, 7, 2, 11)
        fine = window.finer(2)
        assert fine.shape == (4, 22)
        np.testing.assert_array_equal(all_of(fine), all_of(window.whole.finer(2))[2:6, 14:36])

    def test_twice_as_fine_has_half_the_footprints(self, name, tmp_path):
        grid = grid_named(name, tmp_path, width=96)
        rows, columns = grid.shape
        fine = footprints_of(grid.finer(2)).reshape(rows, 2, columns, 2).mean((1, 3))
        shown = ~np.isnan(fine)
        np.testing.assert_allclose(fine[shown], footprints_of(grid)[shown] / 2, rtol=3e-3)


@pytest.mark.parametrize("name", LAID_OUT)
@pytest.mark.parametrize("width", [24, 96])
@pytest.mark.parametrize("camera", [Camera(), Camera(70), TILTED], ids=["ahead", "level", "tilted"])
def test_footprints_are_those_of_the_steps_to_the_neighbours(name, width, camera, tmp_path):
    # Of the middle one of 101 x 101 samples of a pixel: the parallelogram of a step across and one down.
    times, grid = 101, grid_named(name, tmp_path, camera, width)
    finer, (row, column) = grid.finer(times), np.indices(grid.shape).reshape(2, -1) * times + times // 2
    middle = row * finer.shape[1] + column
    across = (finer.at(middle + 1) - finer.at(middle - 1)) / 2
    down = (finer.at(middle + finer.shape[1]) - finer.at(middle - finer.shape[1])) / 2
    expected = np.sqrt(np.linalg.norm(np.cross(across, down), axis=1))
    for footprints in (finer.footprints(middle), grid.footprints(np.arange(len(grid))) / times):
        np.testing.assert_allclose(footprints, expected, rtol=1e-5)


@pytest.mark.parametrize("profile", ["equirectangular", "central"])
def test_footprints_of_pixels_that_are_not_square(profile):
    tall, square = (Cylindrical(64, Cylinder(100, profile), height=height) for height in (9 * 21, 21))
    np.testing.assert_allclose(footprints_of(tall)[4::9] * 3, footprints_of(square), rtol=1e-14)


@pytest.mark.parametrize("name", UPRIGHT)
def test_the_top_row_looks_higher_and_the_right_column_further_right(name, tmp_path):
    grid = grid_named(name, tmp_path, Camera())
    rows, columns = grid.shape
    azimuth, elevation = azimuth_elevation(all_of(grid))
    assert np.all(np.diff(elevation[:, columns // 2]) < 0)
    assert np.all(np.diff(azimuth[rows // 2]) > 0)


@pytest.mark.parametrize("name", CIRCLES)
@pytest.mark.parametrize("columns", [1, 5, -7])
def test_yaw_by_columns_is_a_roll_to_the_bit(name, columns, tmp_path):
    straight, turned = (grid_named(name, tmp_path, camera) for camera in (Camera(), Camera(360 * columns / 24)))
    np.testing.assert_array_equal(all_of(turned), np.roll(all_of(straight), -columns, 1))


@pytest.mark.parametrize("start", [Camera(), TILTED, Camera(-100, 90, 40), Camera(5, -89.9999999, 3)], ids=repr)
@pytest.mark.parametrize("turn", [(90, 0), (180, 0), (0, 90), (0, -90), (-33, 12)])
def test_a_turned_camera_looks_from_where_it_looked(start, turn):
    expected = start.matrix @ rotation(*np.radians(turn))
    np.testing.assert_allclose(start.turned(*turn).matrix, expected, atol=1e-15)


@pytest.mark.parametrize("angles", [(float("nan"), 0, 0), (0, float("inf"), 0), (0, 0, float("-inf"))])
def test_angles_must_be_finite(angles):
    with pytest.raises(UsageError, match="must be a finite number of degrees, got"):
        Camera(*angles)


def test_pitch_beyond_the_pole():
    with pytest.raises(UsageError, match=r"pitch_deg must be in \[-90, 90\], got 91"):
        Camera(0, 91, 0)


class TestCylindrical:
    def test_its_profile_may_be_another_than_the_chart_s(self):
        for name, profile in (("central", "central"), ("equirectangular", "equirectangular")):
            layout = GRIDS[f"cylindrical-{name}"]
            for chart in (Cylinder(100), Cylinder(100, "central")):
                grid = layout.lay_out(chart, Camera(), 40)
                same = Cylindrical(40, Cylinder(100, profile))
                assert grid.shape == same.shape
                assert grid.metadata == same.metadata
                np.testing.assert_array_equal(all_of(grid), all_of(same))

    def test_tangents_end_before_the_poles(self):
        with pytest.raises(UsageError, match=r"cannot reach the poles, got 180 degrees .* use projection equirect"):
            GRIDS["cylindrical-central"].lay_out(Cylinder(180), Camera(), 40)

    def test_rows_are_at_equal_heights(self):
        chart = Cylinder(100, "central")
        grid = Cylindrical(40, chart)
        heights = chart.coordinates(grid.directions(0, len(grid)))[:, 2].reshape(grid.shape)[:, 0]
        expected = chart.max_height * (1 - (2 * np.arange(grid.shape[0]) + 1) / grid.shape[0])
        np.testing.assert_allclose(heights, expected, atol=1e-12)

    def test_the_height_follows_from_the_width(self):
        assert Cylindrical.lay_out(CHART, Camera(), 4096, 1024).shape == (1024, 4096)
        with pytest.raises(UsageError, match=r"height must be 1024 .* got 1000; leave it out"):
            Cylindrical.lay_out(CHART, Camera(), 4096, 1000)

    def test_has_no_field_of_view(self):
        with pytest.raises(UsageError, match="fov_deg has no meaning for projection cylindrical, got 60"):
            Cylindrical.lay_out(CHART, Camera(), 64, fov_deg=60.0)

    def test_what_viewers_cannot_be_told_goes_beside_the_picture(self):
        assert Cylindrical(64, CHART).sidecar == {}
        beside = Cylindrical(64, Cylinder(90, "central"), Camera(30)).sidecar
        assert (beside["profile"], beside["vertical_fov_deg"], beside["yaw_deg"]) == ("central", 90, 30)
        assert beside["height"] / beside["width"] == pytest.approx(np.tan(np.pi / 4) / np.pi, rel=0.05)

    def test_gpano_only_where_it_is_an_equirectangular_band(self):
        assert Cylindrical(64, CHART).metadata["CroppedAreaTopPixels"] == 8
        assert Cylindrical(64, Cylinder(90, "central")).metadata == {}
        assert Cylindrical(63, CHART).metadata == {}


class TestEquirectangular:
    def test_agrees_with_the_band_of_an_equirectangular_chart(self):
        band, cylinder = Equirectangular.lay_out(CHART, Camera(), 64), Cylindrical(64, CHART)
        assert band.shape == cylinder.shape
        np.testing.assert_allclose(band.directions(0, 1024), cylinder.directions(0, 1024), atol=1e-14)

    def test_the_whole_sphere_has_four_pi_of_solid_angle(self):
        # Between its edges a row d high takes 2 sin(d / 2) cos(elevation) of the axis; at its centre, d cos(elevation).
        pixel = 2 * np.pi / 64
        solid = np.square(footprints_of(Equirectangular(64, 32))).sum()
        np.testing.assert_allclose(solid, 4 * np.pi * (pixel / 2) / np.sin(pixel / 2), rtol=1e-12)

    @pytest.mark.parametrize(("width", "height"), [(64, 33), (64, 34), (64, 7), (64, 0), (66, 10)])
    def test_heights_that_cannot_be_centred(self, width, height):
        with pytest.raises(UsageError, match=rf"height must be (odd|even) and at most {width // 2} .* got {height}"):
            Equirectangular(width, height)

    def test_odd_widths(self):
        with pytest.raises(UsageError, match="width must be even for an equirectangular picture, got 65"):
            Equirectangular.lay_out(CHART, Camera(), 65)

    @pytest.mark.parametrize("width", [2, 4, 62, 64, 66, 130, 1022])
    def test_the_natural_height_fits_and_the_metadata_adds_up(self, width):
        grid = Equirectangular.lay_out(CHART, Camera(), width)
        data = grid.metadata
        assert data["FullPanoWidthPixels"] == width == 2 * data["FullPanoHeightPixels"]
        assert 2 * data["CroppedAreaTopPixels"] + data["CroppedAreaImageHeightPixels"] == data["FullPanoHeightPixels"]
        if width >= 62:
            assert np.all(CHART.valid(grid.directions(0, len(grid))))


class TestPerspective:
    def test_edges_lie_half_the_field_of_view_away(self):
        grid = Perspective(2001, 1, 70.0)
        directions = grid.directions(0, 2001)
        azimuth, _ = azimuth_elevation(directions[[0, 1000, 2000]])
        half_pixel = np.tan(np.radians(35)) / 2001
        np.testing.assert_allclose(
            np.tan(azimuth), [-np.tan(np.radians(35)) + half_pixel, 0, np.tan(np.radians(35)) - half_pixel], atol=1e-12
        )

    def test_agrees_with_py360convert(self):
        # Another program's answer, at its own grid, which includes both edges: our pixel centres for a field of view
        # that is wider by a pixel. Smooth pictures of the coordinates are sampled by both.
        size, fov, yaw, pitch = 33, 60.0, 25.0, 15.0
        wider = np.degrees(2 * np.arctan(np.tan(np.radians(fov / 2)) * size / (size - 1)))
        grid = Perspective(size, size, wider, Camera(yaw, pitch))
        ours = grid.directions(0, len(grid)).reshape(size, size, 3)
        sphere = Equirectangular(2048, 1024)
        picture = sphere.directions(0, len(sphere)).reshape(1024, 2048, 3)
        theirs = e2p(picture, fov, yaw, pitch, (size, size), mode="bilinear")
        # OpenCV's remap, which theirs uses, rounds positions to 1/32 of a pixel.
        np.testing.assert_allclose(ours, theirs, atol=1.1 * np.pi / 1024 / 64)

    @pytest.mark.parametrize("fov", [0, 180, 200, -5, float("nan")])
    def test_impossible_fields_of_view(self, fov):
        with pytest.raises(UsageError, match=r"fov_deg must be in \(0, 180\), got .*; for wider views use projection"):
            Perspective(8, 8, fov)

    def test_natural_height(self):
        assert Perspective.lay_out(CHART, Camera(), 1920).shape == (1080, 1920)


class TestWindow:
    @pytest.mark.parametrize("name", GRIDS)
    def test_has_the_directions_and_footprints_of_the_whole_to_the_bit(self, name, tmp_path):
        whole = grid_named(name, tmp_path)
        all_of_it = all_of(whole)
        window = GridWindow(whole, 1, 7, 3, 11)
        np.testing.assert_array_equal(window.directions(0, 33), all_of_it[1:4, 7:18].reshape(-1, 3))
        np.testing.assert_array_equal(window.directions(9, 25), all_of_it[1:4, 7:18].reshape(-1, 3)[9:25])
        np.testing.assert_array_equal(footprints_of(window), footprints_of(whole)[1:4, 7:18])

    def test_must_lie_within(self):
        with pytest.raises(UsageError, match="a window must lie within the grid's 24 columns, got 20 to 26"):
            GridWindow(Perspective(24, 14), 0, 20, 2, 6)


@pytest.mark.parametrize("name", ["equirectangular", "cylindrical"])
def test_samples_of_a_whole_sphere_are_as_wide_as_tall_up_to_the_poles(name):
    """Where columns meet, noise in space that is finer than a row would be a star."""
    sphere = GRIDS[name].lay_out(Sphere(), Camera(), 64)
    np.testing.assert_allclose(footprints_of(sphere), 2 * np.pi / 64)
    narrow = GRIDS[name].lay_out(Cylinder(180), Camera(), 64)
    assert footprints_of(narrow)[0, 0] < 0.3 * 2 * np.pi / 64
    np.testing.assert_array_equal(footprints_of(sphere.finer(2)), 2 * np.pi / 128)
