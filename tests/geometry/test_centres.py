import numpy as np
import pytest

from panogen.geometry import circle_azimuths_rad, pixel_centres


def test_centres_of_cells():
    np.testing.assert_array_equal(pixel_centres(4), [0.125, 0.375, 0.625, 0.875])


@pytest.mark.parametrize("count", [1, 2, 7, 4096])
def test_a_circle_never_contains_both_its_ends(count):
    # An inclusive linspace would put -pi and pi, the same direction, into the first and the last column.
    azimuths = circle_azimuths_rad(count)
    gaps = np.diff(np.append(azimuths, azimuths[0] + 2 * np.pi))
    np.testing.assert_allclose(gaps, 2 * np.pi / count, rtol=1e-12)
    assert azimuths[0] > -np.pi
    assert azimuths[-1] < np.pi
    np.testing.assert_allclose(azimuths.mean(), 0, atol=1e-12)


@pytest.mark.parametrize("count", [7, 360, 512, 1000, 4095])
def test_yaw_by_whole_columns_is_a_roll_to_the_bit(count):
    straight = circle_azimuths_rad(count)
    for columns in (1, 3, count // 2, count - 1, -2):
        yaw_rad = np.radians(360 * columns / count)
        np.testing.assert_array_equal(circle_azimuths_rad(count, yaw_rad), np.roll(straight, -columns))


def test_yaw_by_a_part_of_a_column_turns_by_just_that():
    turned = circle_azimuths_rad(16, 0.1234)
    difference = np.exp(1j * (turned - circle_azimuths_rad(16)))
    np.testing.assert_allclose(difference, np.exp(0.1234j), atol=1e-12)
