import pickle

import numpy as np
import pytest

from panogen.errors import UsageError
from panogen.geometry import from_azimuth_elevation
from panogen.grids import Camera, Perspective, Points
from tests.grids.helpers import CHART, TILTED, all_of

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
    grid = Points(saved(np.ones((100_000, 3))))
    assert isinstance(grid.table, np.memmap)
    grid.directions(0, 10)
    assert len(pickle.dumps(grid)) < 1000


def test_its_size_is_the_file_s(saved):
    path = saved(LENS)
    assert Points.of(path, Camera(), 7).shape == (7, 12)
    with pytest.raises(UsageError, match=r"height must be the 7 rows of '.*points.npy', got 8; leave it out"):
        Points.of(path, Camera(), 8)
    with pytest.raises(UsageError, match="fov_deg has no meaning for a points picture, got 60"):
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
        (np.ones((4, 4)), r"got \(4, 4\)"),
        (np.ones((1, 2, 3, 3)), r"got \(1, 2, 3, 3\)"),
        (np.ones((0, 3)), r"got \(0, 3\)|cannot mmap an empty"),
        (np.ones((4, 3), complex), "points must be real numbers, got complex128"),
        (np.ones((4, 3), bool), "points must be real numbers, got bool"),
        (np.full((4, 3), "a"), "points must be real numbers, got <U1"),
        (np.full((4, 3), None), "points must be a .npy file of plain numbers"),
        (np.array([[0, 0, 1], [0, 0, 0]]), r"got \[0.0, 0.0, 0.0\] in .*, number 1 from 0"),
        (np.array([[0, 0, np.inf]]), r"got \[0.0, 0.0, inf\] in .*, number 0"),
        (np.array([[0, np.nan, 1]]), r"got \[0.0, nan, 1.0\]"),
        (np.array([[400.0, -90], [0, 91]]), r"got \[0.0, 91.0\] in .*, number 1"),
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
