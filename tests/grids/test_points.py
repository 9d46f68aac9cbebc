import pickle

import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.geometry import from_azimuth_elevation
from panogen.grids import Camera, Equirectangular, Perspective, points
from panogen.grids.points import Points
from tests.grids.helpers import CHART, TILTED, all_of, footprints_of

LENS = all_of(Perspective(12, 7, 80.0))


@pytest.fixture
def saved(tmp_path):
    def save(array):
        np.save(tmp_path / "points.npy", array)
        return tmp_path / "points.npy"

    return save


@pytest.mark.parametrize("shape", [(7, 12, 3), (84, 3)])
def test_directions_of_any_length(saved, shape):
    lengths = np.random.default_rng(0).choice([1e-200, 1.0, 1e200], (7, 12, 1))
    grid = Points(saved((LENS * lengths).reshape(shape)))
    assert grid.shape == ((7, 12) if len(shape) == 3 else (1, 84))
    np.testing.assert_allclose(all_of(grid).reshape(LENS.shape), LENS, atol=1e-15)


@pytest.mark.parametrize("shape", [(5, 8), (40,)])
def test_yaws_and_pitches_in_degrees(saved, shape):
    rng = np.random.default_rng(0)
    yaw, pitch = rng.uniform(-400, 400, shape), rng.uniform(-90, 90, shape)
    grid = Points(saved(np.stack([yaw, pitch], -1)), TILTED)
    expected = from_azimuth_elevation(np.radians(yaw), np.radians(pitch)) @ TILTED.matrix.T
    np.testing.assert_allclose(all_of(grid).reshape(*shape, 3), expected, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8", np.int8, np.uint16])
def test_all_real_numbers(saved, dtype):
    numbers = np.array([[3, 4, 0], [0, 0, 2]], dtype)
    np.testing.assert_allclose(all_of(Points(saved(numbers)))[0], [[0.6, 0.8, 0], [0, 0, 1]], atol=1e-15)


def test_rows_of_nan_show_nothing(saved):
    numbers = np.array([[1.0, 2, 3], [np.nan] * 3, [0, 1, 0]])
    np.testing.assert_array_equal(np.isnan(all_of(Points(saved(numbers), TILTED)))[0].all(1), [False, True, False])


def test_columns_first_is_the_same(saved):
    first = all_of(Points(saved(LENS)))
    np.testing.assert_array_equal(all_of(Points(saved(np.asfortranarray(LENS)))), first)


def test_the_file_is_mapped_and_not_pickled(saved):
    grid = Points(saved(np.ones((100_000, 4))))
    assert isinstance(grid.table, np.memmap)
    grid.directions(0, 10)
    assert len(pickle.dumps(grid)) < 1000


class TestFootprints:
    @pytest.mark.parametrize("shape", [(7, 12, 4), (84, 4)])
    def test_the_fourth_number_is_the_footprint(self, saved, shape):
        given = np.random.default_rng(0).uniform(1e-6, 3, (7, 12, 1))
        lens = LENS.copy()
        lens[3, 5] = np.nan  # shows nothing, whatever its footprint
        directions = all_of(Points(saved(lens), TILTED))
        grid = Points(saved(np.concatenate([lens, given], -1).reshape(shape)), TILTED)
        np.testing.assert_array_equal(all_of(grid).reshape(LENS.shape), directions)
        given[3, 5] = np.nan
        np.testing.assert_array_equal(footprints_of(grid).ravel(), given.ravel())

    @pytest.mark.parametrize("whole", [Perspective(400, 220, 80.0), Equirectangular(400, 180)], ids=repr)
    def test_estimates_are_nearly_those_of_the_projection(self, saved, whole):
        # A step to one side is as long as half a pixel on, where footprints are smaller by up to 3 % here.
        found = footprints_of(Points(saved(all_of(whole))))
        np.testing.assert_allclose(found, footprints_of(whole), rtol=0.03)
        assert np.abs(found / footprints_of(whole) - 1).mean() < 5e-3

    def test_rows_and_columns_may_be_as_far_apart_as_they_like(self, saved):
        yaw, pitch = np.arange(5.0), np.arange(-1, 3) * 1e-3
        grid = Points(saved(np.stack(np.broadcast_arrays(yaw, pitch[:, None]), -1)))
        np.testing.assert_allclose(footprints_of(grid), np.radians(np.sqrt(1e-3)), rtol=1e-4)

    @pytest.mark.parametrize("shape", [(6, 2), (1, 6, 2), (6, 1, 2)])
    def test_in_a_line_they_are_the_angle_to_the_nearer_neighbour(self, saved, shape):
        numbers = np.stack([[0.0, 1, 3, 3.5, 100, -120], np.zeros(6)], -1)
        expected = np.radians([1, 1, 0.5, 0.5, 96.5, 140]).reshape(Points(saved(numbers.reshape(shape))).shape)
        np.testing.assert_allclose(footprints_of(Points(saved(numbers.reshape(shape)), TILTED)), expected, rtol=1e-12)

    def test_what_shows_nothing_is_no_neighbour(self, saved):
        nothing = [np.nan, np.nan]
        found = footprints_of(Points(saved(np.array([[0, 0], nothing, [2, 0], [3, 0], nothing]))))
        np.testing.assert_allclose(found, [np.radians([0, np.nan, 1, 1, np.nan])], rtol=1e-12)
        array = np.array([[[0.0, 0], nothing], [[0, 3], [1, 3]]])
        found, degree = footprints_of(Points(saved(array))), np.radians(1)
        np.testing.assert_allclose(found[0], [3 * degree, np.nan], rtol=1e-12)
        np.testing.assert_allclose(
            found[1], [degree * np.sqrt(3 * np.cos(3 * degree)), degree * np.cos(3 * degree)], rtol=1e-3
        )

    @pytest.mark.parametrize("shape", [(1, 2), (1, 3), (1, 1, 3)])
    def test_of_a_point_alone_nothing_is_known(self, saved, shape):
        np.testing.assert_array_equal(footprints_of(Points(saved(np.ones(shape)))), [[0]])

    def test_a_row_may_be_a_pole(self, saved):
        yaw, pitch = np.linspace(-180, 180, 36, endpoint=False), np.linspace(90, -90, 19)[:, None]
        found = footprints_of(Points(saved(np.stack(np.broadcast_arrays(yaw, pitch), -1))))
        np.testing.assert_allclose(found[[0, -1]], np.radians(10), rtol=1e-9)  # the angle to the next row alone
        np.testing.assert_allclose(found[9], np.radians(10), rtol=0.01)

    @pytest.mark.parametrize("chunk", [2, 3, 5, 100])
    @pytest.mark.parametrize(
        "numbers", [[[1.0, 1, 1]] * 3, [[0.1, 0.3, 0.7], [1, 3, 7], [1e3, 3e3, 7e3]], [[5, 90], [9, 90], [7, 90]]]
    )
    def test_neighbours_in_the_same_direction_say_nothing(self, saved, numbers, chunk, monkeypatch):
        monkeypatch.setattr(points, "CHECKED", chunk)
        before = [point[: len(numbers[0])] for point in ([10.0, 1, 3], [-10, 2, 4])]
        path = saved(np.array(before + numbers + before))
        message = (
            r"points without footprints must lie apart from one of their neighbours, got \[.*\] in '.*points.npy', "
            r"number 3 from 0; save each as x, y, z and its footprint in radians$"
        )
        with pytest.raises(UsageError, match=message):
            Points(path)
        Points(saved(np.array(before + numbers[:2] + before)))  # two of a kind have a neighbour each that lies apart
        # The end of a row is no neighbour of the next one's start.
        with pytest.raises(UsageError, match="number 2 from 0"):
            Points(saved(np.array([[numbers[0], before[0]], numbers[1:]])))

    @pytest.mark.parametrize("chunk", [1, 3, 100])
    @pytest.mark.parametrize("wrong", [0, -0.1, np.nan, np.inf])
    def test_impossible_footprints(self, saved, wrong, chunk, monkeypatch):
        monkeypatch.setattr(points, "CHECKED", chunk)
        numbers = np.ones((5, 4))
        numbers[3, 3] = wrong
        with pytest.raises(
            UsageError,
            match=rf"footprints of points must be finite and above 0, got \[1.0, .*{wrong}\] in .*, number 3 from 0$",
        ):
            Points(saved(numbers))


def test_its_size_is_the_file_s(saved):
    path = saved(LENS)
    assert Points.of(path, Camera(), 12, 7).shape == (7, 12)
    with pytest.raises(UsageError, match=r"width must be the 12 columns of '.*points.npy', got 7; leave it out"):
        Points.of(path, Camera(), 7)
    with pytest.raises(UsageError, match=r"height must be the 7 rows of '.*points.npy', got 8; leave it out"):
        Points.of(path, Camera(), height=8)
    with pytest.raises(UsageError, match="fov_deg has no meaning for projection points, got 60"):
        Points.of(path, Camera(), fov_deg=60.0)
    with pytest.raises(UsageError, match="cannot be made 2 times finer; put more points into"):
        Points(path).finer(2)
    assert Points(path).finer(1) == Points(path)


def test_without_a_file_it_is_nothing():
    with pytest.raises(UsageError, match=r"projection points shows the directions in a file; name it with --points"):
        Points.lay_out(CHART, Camera(), 64)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.ones(3), r"points must have the shape .*, got \(3,\)"),
        (np.ones((4, 5)), r"got \(4, 5\)"),
        (np.ones((1, 2, 3, 3)), r"got \(1, 2, 3, 3\)"),
        (np.ones((0, 3)), r"points must be at least one, got the shape \(0, 3\)|cannot mmap an empty"),
        (np.ones((4, 3), complex), "points must be real numbers, got complex128"),
        (np.ones((4, 3), bool), "points must be real numbers, got bool"),
        (np.full((4, 3), "a"), "points must be real numbers, got <U1"),
        (np.full((4, 3), None), "points must be a .npy file of plain numbers"),
        (np.array([[0, 0, 1], [0, 0, 0]]), r"got \[0.0, 0.0, 0.0\] in .*, number 1 from 0"),
        (np.array([[0, 0, np.inf]]), r"got \[0.0, 0.0, inf\] in .*, number 0"),
        (np.array([[0, np.nan, 1]]), r"got \[0.0, nan, 1.0\]"),
        (np.array([[400.0, -90], [0, 91]]), r"got \[0.0, 91.0\] in .*, number 1"),
        (np.array([[0, 0, 1, 1], [0, 0, 0, 1]]), r"got \[0.0, 0.0, 0.0, 1.0\] in .*, number 1"),
    ],
)
def test_what_is_no_directions(saved, array, message):
    with pytest.raises(UsageError, match=message):
        Points(saved(array))


@pytest.mark.parametrize("content", [b"", b"text", b"\x93NUMPY\1\0\xff\xff{", b"PK\3\4"])
def test_what_is_no_npy_file(tmp_path, content):
    path = tmp_path / "points.npy"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"points must be a .npy file of plain numbers, got '.*points.npy'"):
        Points(path)


def test_broken_files_never_show_a_traceback(saved):
    path = saved(LENS)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for cut in (5, 11, 60, 127, 128, 500):
        path.write_bytes(whole[:cut])
        with pytest.raises(UsageError, match=r"points must be a .npy file"):
            Points(path)
    path.write_bytes(b"\x93NUMPY\1\0\xff\xff" + b" " * 65535)  # NumPy says more than a sentence of these
    with pytest.raises(UsageError, match=r"points must be a .npy file.*[^\n]$"):
        Points(path)
    for _ in range(400):  # the header says all sorts of things
        broken = bytearray(whole)
        for place in rng.integers(6, 80, 2):
            broken[place] = rng.integers(32, 127)
        path.write_bytes(broken)
        try:
            Points(path)
        except UsageError as error:
            assert str(error).startswith("points ") and "\n" not in str(error)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UsageError, match=r"points '.*none.npy' cannot be read: No such file or directory"):
        Points(tmp_path / "none.npy")
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        Points(tmp_path)
