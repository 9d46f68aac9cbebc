import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.latents import BLENDS
from panogen.places import Between, Seed
from panogen.places.path import LatentPath, even_positions, frame_times

STOPS = (Seed(4), Seed(9), Seed(2, layout=4))


@pytest.mark.parametrize("closed", [True, False])
def test_a_path_passes_its_stops_exactly(closed):
    path = LatentPath(STOPS, closed)
    assert path.legs == (3 if closed else 2)
    for number in range(2):
        assert path.at(float(number)) == Between(STOPS[number], STOPS[number + 1], 0.0)
    end = Between(STOPS[2], STOPS[0], 1.0) if closed else Between(STOPS[1], STOPS[2], 1.0)
    assert path.at(float(path.legs)) == path.at(np.nextafter(path.legs, np.inf)) == end
    assert path.at(1.25) == Between(STOPS[1], STOPS[2], 0.25)


def test_one_stop_is_where_it_stays():
    for closed in (True, False):
        path = LatentPath(STOPS[:1], closed)
        for position in path.positions(frame_times(4, closed=closed), "smoothstep"):
            step = path.at(float(position))
            assert step.first == step.second == STOPS[0]


def test_a_loop_steps_to_its_first_frame_as_to_any_other():
    times = frame_times(6, closed=True)
    steps = np.diff(np.append(LatentPath(STOPS).positions(times), 3.0))
    np.testing.assert_allclose(steps, 0.5, atol=1e-12)
    assert frame_times(6, closed=False)[[0, -1]].tolist() == [0, 1]


@pytest.mark.parametrize("ease", BLENDS)
def test_every_ease_begins_and_ends_each_leg_at_a_stop(ease):
    positions = LatentPath(STOPS, closed=False).positions(np.linspace(0, 1, 41), ease)
    np.testing.assert_array_equal(positions[[0, 20, 40]], [0, 1, 2])
    assert (np.diff(positions) >= 0).all()
    if ease != "hard":
        assert positions[10] == pytest.approx(0.5)


def test_a_way_of_known_speed_is_gone_evenly():
    positions = np.linspace(0, 2, 4001)
    way = positions**2  # from the beginning on
    evened = even_positions(np.linspace(0, 1, 9), positions, np.diff(way))
    np.testing.assert_allclose(evened**2, np.linspace(0, 4, 9), atol=1e-6)


def test_a_way_without_length_is_gone_in_time():
    assert even_positions(np.array([0, 0.5, 1]), np.array([0.0, 1, 3]), np.zeros(2)).tolist() == [0, 1.5, 3]


def test_one_frame_is_no_walk():
    with pytest.raises(UsageError, match="frames must be at least 2, got 1"):
        frame_times(1, closed=True)
