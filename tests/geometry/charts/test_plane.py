import numpy as np
import pytest

from panogen.geometry import Plane, from_azimuth_elevation
from panogen.grids import Camera, Perspective

PLANE = Plane(8 / 7)


def numbered(chart, count, directions):
    """Which of the chart's ``count`` x ``count`` cells directions lie in: columns and rows."""
    column, row = np.moveaxis((chart.coordinates(directions) / chart.edge + 1) / 2 * count, -1, 0)
    return np.floor(column).astype(int), np.floor(row).astype(int)


def test_coordinates_are_x_to_the_right_and_y_down():
    found = PLANE.coordinates([[0.3, 0.2, 1.0], [0.6, 0.4, 2.0], [-0.1, -0.5, 0.5]])
    np.testing.assert_allclose(found, [[0.3, -0.2], [0.3, -0.2], [-0.2, 1.0]])


def test_its_pixels_are_the_authors_at_their_size():
    # Theirs lie at -1 + 2k/(N - 1), both ends included.
    for count in (2, 8, 256):
        plane = Plane(count / (count - 1))
        grid = Perspective.lay_out(plane, Camera(), count)
        assert grid.shape == (count, count)
        coords = plane.coordinates(grid.directions(0, len(grid))).reshape(count, count, 2)
        line = np.linspace(-1, 1, count)
        np.testing.assert_allclose(coords[..., 0], np.broadcast_to(line, (count, count)), atol=1e-12)
        np.testing.assert_allclose(coords[..., 1], np.broadcast_to(line[:, None], (count, count)), atol=1e-12)


def test_the_edges_stay_at_every_size():
    for width in (5, 64, 301):
        grid = Perspective.lay_out(PLANE, Camera(), width)
        coords = PLANE.coordinates(grid.directions(0, len(grid)))
        np.testing.assert_allclose(np.abs(coords).max(), PLANE.edge * (1 - 1 / width), rtol=1e-12)
        assert PLANE.valid(grid.directions(0, len(grid))).all()


def test_only_what_is_ahead_is_valid():
    directions = [
        [0, 0, 1.0],
        [0, 0, -1.0],
        [1.0, 0, 0],
        [8 / 7, 0, 1],
        [8 / 7 + 1e-9, 0, 1],
        [0, -2.0, 1],
        [0.1, 0, -1],
    ]
    np.testing.assert_array_equal(PLANE.valid(directions), [True, False, False, True, False, False, False])


def test_directions_beyond_it_are_those_of_a_picture_whose_border_goes_on():
    # A view three times as wide, of the same pixels: numpy's own padding of the numbers of columns and rows.
    count = 8
    view = Perspective(3 * count, 3 * count, float(np.degrees(2 * np.arctan(3 * PLANE.edge))))
    directions = view.directions(0, len(view))
    for name, mode in (("clamped", "edge"), ("mirrored", "symmetric")):
        found = numbered(PLANE, count, getattr(PLANE, name)(directions) * [1 - 1e-9, 1 - 1e-9, 1])
        line = np.pad(np.arange(count), count, mode=mode)
        np.testing.assert_array_equal(found[0].reshape(view.shape), np.broadcast_to(line, view.shape))
        np.testing.assert_array_equal(found[1].reshape(view.shape), np.broadcast_to(line[:, None], view.shape))


def test_behind_there_are_corners_or_a_mirror():
    directions = from_azimuth_elevation(np.radians([170.0, -170.0]), np.radians([5.0, -5.0]))
    corners = PLANE.coordinates(PLANE.clamped(directions))
    np.testing.assert_allclose(corners, PLANE.edge * np.array([[1, -1], [-1, 1]]))
    np.testing.assert_allclose(PLANE.mirrored(directions) * [1, 1, -1], directions, atol=1e-12)


@pytest.mark.parametrize("edge", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_edges(edge):
    with pytest.raises(ValueError, match="edge must be a positive number, got"):
        Plane(edge)
