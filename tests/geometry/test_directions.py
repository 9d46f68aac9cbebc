import numpy as np
import pytest

from panogen.geometry import azimuth_elevation, from_azimuth_elevation, rotation
from panogen.geometry.directions import pitched
from tests.geometry.helpers import angle_between


def test_axes():
    np.testing.assert_allclose(from_azimuth_elevation(0, 0), [0, 0, 1], atol=1e-15)  # forward
    np.testing.assert_allclose(from_azimuth_elevation(np.pi / 2, 0), [1, 0, 0], atol=1e-15)  # right
    np.testing.assert_allclose(from_azimuth_elevation(0, np.pi / 2), [0, 1, 0], atol=1e-15)  # up


def test_round_trip():
    rng = np.random.default_rng(0)
    azimuth, elevation = rng.uniform(-np.pi, np.pi, 1000), rng.uniform(-1.5, 1.5, 1000)
    directions = from_azimuth_elevation(azimuth, elevation)
    np.testing.assert_allclose(np.linalg.norm(directions, axis=-1), 1, rtol=1e-14)
    back = azimuth_elevation(3.7 * directions)
    np.testing.assert_allclose(back[0], azimuth, atol=1e-12)
    np.testing.assert_allclose(back[1], elevation, atol=1e-12)


@pytest.mark.parametrize(("yaw", "pitch"), [(0.3, 0.2), (-2.0, -1.1), (3.0, 1.5)])
def test_the_camera_looks_where_yaw_and_pitch_say_whatever_its_roll(yaw, pitch):
    forward = rotation(yaw, pitch, 0.7) @ [0, 0, 1]
    np.testing.assert_allclose(forward, from_azimuth_elevation(yaw, pitch), atol=1e-14)


def test_rotations_are_proper_and_roll_is_clockwise_as_seen():
    matrix = rotation(0.4, -0.5, 1.2)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-15)
    np.testing.assert_allclose(np.linalg.det(matrix), 1)
    # A camera rolled clockwise by 90 degrees has its up axis point to the right.
    np.testing.assert_allclose(rotation(0, 0, np.pi / 2) @ [0, 1, 0], [1, 0, 0], atol=1e-15)


def test_tiny_angles_are_not_lost():
    # acos of the rounded cosine answers 0 here.
    for angle in (1e-4, 1e-8, 1e-12):
        a, b = np.array([0, 0, 1.0]), np.array([np.sin(angle), 0, np.cos(angle)])
        np.testing.assert_allclose(angle_between(a, b), angle, rtol=1e-12)


def test_angle_of_opposite_and_square_vectors_of_any_length():
    np.testing.assert_allclose(angle_between([0, 0, 2.0], [0, 0, -5.0]), np.pi)
    np.testing.assert_allclose(angle_between([3.0, 0, 0], [0, 7.0, 0]), np.pi / 2)


@pytest.mark.parametrize("yaw", [0.0, 0.3, -2.0])
def test_a_tilt_lifts_the_horizon_ahead_and_its_contrary_lays_it_back(yaw):
    directions = np.random.default_rng(0).standard_normal((100, 3))
    for pitch in (0.0, 0.2, np.pi / 2, -1.1):
        ahead = pitched(from_azimuth_elevation([yaw], 0.0), yaw, pitch)
        np.testing.assert_allclose(ahead, from_azimuth_elevation([yaw], pitch), atol=1e-15)
        np.testing.assert_allclose(pitched(pitched(directions, yaw, pitch), yaw, -pitch), directions, atol=1e-14)
        aside = from_azimuth_elevation([yaw + np.pi / 2], 0.0)
        np.testing.assert_allclose(pitched(aside, yaw, pitch), aside, atol=1e-15)
    assert pitched(directions, yaw, 0.0) is directions
