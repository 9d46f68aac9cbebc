import numpy as np
import pytest
import torch

from panogen.base.errors import UsageError
from panogen.foveation.eye import Gaze
from panogen.geometry import Cylinder, from_azimuth_elevation
from panogen.grids import Camera, Cylindrical, Equirectangular, GridWindow, Perspective
from panogen.grids.cubemap import Cubemap
from panogen.grids.fisheye import Fisheye
from tests.geometry.helpers import angle_between

CHART = Cylinder()
VIEW = Perspective(160, 90, 90.0, Camera(100, 20, 7))
GRIDS = [
    VIEW,
    Cylindrical(128, CHART),
    Cylindrical(128, CHART, Camera(40)),
    Cylindrical(128, CHART, Camera(40, 10, 5)),
    Equirectangular(96, 48, Camera(-77)),
]


@pytest.mark.parametrize("grid", GRIDS, ids=repr)
def test_camera_directions_are_the_camera_s_view_of_the_directions(grid):
    seen = grid.camera_directions.reshape(3, -1).T.astype(float)
    seen /= np.linalg.norm(seen, axis=1, keepdims=True)
    assert np.abs(seen @ grid.camera.matrix.T - grid.directions(0, len(grid))).max() < 1e-6


def test_a_window_s_camera_directions_are_part_of_the_whole_s():
    window = GridWindow(VIEW, 10, 20, 30, 40)
    whole = VIEW.camera_directions / np.linalg.norm(VIEW.camera_directions, axis=0)
    np.testing.assert_allclose(window.camera_directions, whole[:, 10:40, 20:60], atol=1e-6)


@pytest.mark.parametrize("grid", GRIDS, ids=repr)
def test_eccentricity_is_the_angle_from_the_gaze(grid):
    gaze = Gaze(grid, 25.0, -12.0)
    looked_at = from_azimuth_elevation(np.radians(25.0), np.radians(-12.0)) @ grid.camera.matrix.T
    expected = angle_between(grid.directions(0, len(grid)), looked_at).reshape(grid.shape)
    np.testing.assert_allclose(gaze.eccentricity_rad.numpy(), expected, atol=2e-6)
    assert gaze.nearest_rad == pytest.approx(expected.min(), abs=2e-6)


@pytest.mark.parametrize("grid", GRIDS, ids=repr)
def test_directions_around_the_gaze_return_to_the_world(grid):
    gaze = Gaze(grid, -20.0, 9.0)
    around = gaze.around.double().numpy().reshape(3, -1).T
    assert np.abs(gaze.world(around) - grid.directions(0, len(grid))).max() < 1e-6


def test_pixels_that_show_nothing_are_as_far_as_any():
    gaze = Gaze(Fisheye(60, 60, 180.0, Camera(100, 20, 7)), 30.0, 10.0)
    directions = gaze.grid.directions(0, 3600).reshape(60, 60, 3)
    np.testing.assert_array_equal(gaze.blank, np.isnan(directions[..., 0]))
    assert not gaze.eccentricity_rad.isnan().any()
    farthest = gaze.eccentricity_rad[torch.from_numpy(~gaze.blank)].max()
    np.testing.assert_allclose(gaze.eccentricity_rad[torch.from_numpy(gaze.blank)], farthest, atol=1e-6)


def test_the_pitch_is_not_taken_across_the_faces_of_a_cube():
    for column in (39, 40, 199, 200):
        gaze = Gaze.at_pixel(Cubemap(240), column, 20)
        assert gaze.pitch_rad == pytest.approx(2 / 40 * np.sqrt(0.5), rel=0.05)  # at the edge of a face: not 1.6


def test_a_display_is_seen_at_its_own_angles():
    gaze = Gaze(Perspective(200, 200, 90.0), 0, 0, 40.0)
    edge = float(gaze.eccentricity_rad[:, 0].min())  # half a pixel inside
    assert np.degrees(edge) == pytest.approx(np.degrees(np.arctan(np.tan(np.radians(20)) * 199 / 200)), abs=0.01)
    around = gaze.around.double().numpy().reshape(3, -1).T
    assert np.abs(gaze.world(around) - gaze.grid.directions(0, len(gaze.grid))).max() < 1e-6


@pytest.mark.parametrize("display", [None, 30.0])
def test_a_gaze_at_a_pixel_meets_it(display):
    gaze = Gaze.at_pixel(VIEW, 17, 60, display)
    assert gaze.nearest == (60, 17)
    assert gaze.nearest_rad < 1e-6
    assert Gaze.at_pixel(Cylindrical(128, CHART, Camera(40)), 127, 3).nearest == (3, 127)


def test_the_pitch_is_that_of_the_pixels_there():
    pitch = np.degrees(Gaze(Perspective(101, 101, 90.0)).pitch_rad)
    assert pitch == pytest.approx(np.degrees(np.arctan(2 / 101)), rel=1e-4)
    assert np.degrees(Gaze(Cylindrical(360, CHART), 10.0).pitch_rad) == pytest.approx(1, rel=1e-3)


def test_unseen_pixels_are_those_beyond_the_chart():
    grid = Perspective(64, 64, 100.0, Camera(20, 40, 10))
    expected = ~CHART.valid(grid.directions(0, len(grid))).reshape(64, 64)
    np.testing.assert_array_equal(Gaze(grid).unseen(CHART), expected)
    assert 0 < expected.mean() < 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gaze(VIEW, 60.0, 0.0), "gaze must meet the picture, got 60, 0 degrees"),
        (lambda: Gaze(VIEW, 180.0, 0.0), "gaze must meet the picture"),
        (lambda: Gaze(VIEW, float("nan"), 0.0), "gaze must be degrees right and up"),
        (lambda: Gaze(VIEW, 0.0, 91.0), "at most 90 up, got 0.0, 91.0"),
        (lambda: Gaze(VIEW, 0, 0, 180.0), r"display_fov_deg must be in \(0, 180\), got 180"),
        (lambda: Gaze(Cylindrical(64, CHART), 0, 0, 40.0), "display_fov_deg is for flat pictures"),
        (lambda: Gaze.at_pixel(Fisheye(60, 60), 1, 1), "gaze must be a pixel that shows something, got 1, 1"),
        (lambda: Gaze(Fisheye(60, 60), 100, 0), "gaze must meet the picture, got 100, 0 degrees"),
        (lambda: Gaze.at_pixel(VIEW, 160, 0), "gaze must be a pixel of the picture, 160 x 90, got 160, 0"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(UsageError, match=message):
        make()
