import numpy as np
import pytest

from panogen.rendering.adaptive.mesh import (
    COARSEST,
    SIDE,
    cells_by_spacing,
    edges,
    filled,
    filling,
    grown,
    midpoints,
)


def cubic(row, column):
    """Three channels (3, rows, columns), cubic along either axis."""
    x, y = column / 16, row / 16
    return np.stack([1 + x * y, x**3 - y**2 + 2, (1 - x / 2) ** 3 * (y**3 - y)]).astype(np.float32)


def on(row, column):
    return cubic(*np.meshgrid(row, column, indexing="ij"))[None]


@pytest.mark.parametrize("axis", [2, 3])
def test_cubics_are_met_half_way_up_to_the_border(axis):
    row, column = np.arange(9.0), np.arange(6.0)
    found, seen = midpoints(on(row, column), np.ones((1, 9, 6), bool), axis)
    between = [row, column]
    between[axis - 2] = between[axis - 2][:-1] + 0.5
    np.testing.assert_allclose(found, on(*between), atol=1e-5)
    assert seen.all()


def test_what_is_not_seen_takes_no_part():
    row, column = np.arange(8.0), np.arange(12.0)
    colours, seen = on(row, column), np.ones((1, 8, 12), bool)
    seen[:, :, 5] = False
    hidden = colours.copy()
    hidden[..., 5] = 1e6
    found, between = midpoints(hidden, seen, 3)
    assert not between[..., 4:6].any()
    assert between.sum() == 8 * 9
    expected = on(row, column[:-1] + 0.5)
    told = np.broadcast_to(between[:, None], found.shape)
    np.testing.assert_allclose(found[told], expected[told], atol=1e-4)


@pytest.mark.parametrize(("known", "degree"), [(2, 1), (3, 2), (4, 3)])
def test_a_short_run_is_continued_by_what_it_determines(known, degree):
    line = np.arange(12.0)
    seen = np.zeros((1, 1, 12), bool)
    seen[..., 4 : 4 + known] = True
    colours = np.broadcast_to((1 + line / 4) ** degree, (1, 3, 1, 12)).astype(np.float32)
    found, between = midpoints(colours, seen, 3)
    told = between[0, 0]
    assert told.sum() == known - 1
    np.testing.assert_allclose(found[0, 0, 0, told], (1 + (line[:-1] + 0.5)[told] / 4) ** degree, rtol=1e-5)


@pytest.mark.parametrize("spacing", [2, 8, COARSEST])
def test_a_tile_is_filled_by_steps(spacing):
    np.testing.assert_allclose(filling(spacing).sum(1), 1, atol=1e-5)
    at = np.arange(0.0, SIDE + 1, spacing)
    np.testing.assert_allclose(
        filled(on(at / 16, at / 16)[0]), on(np.arange(SIDE) / 16, np.arange(SIDE) / 16)[0], atol=1e-4
    )


def test_cells_and_their_neighbours_and_edges():
    cells = np.zeros((1, 4, 5), bool)
    cells[0, 1, 0] = True
    around = np.argwhere(grown(cells)[0]).tolist()
    assert around == [[row, column] for row in (0, 1, 2) for column in (0, 1)]
    assert np.argwhere(edges(cells)[0]).tolist() == [[2, 1], [3, 0], [3, 2], [4, 1]]


def test_cells_know_their_samples():
    rng = np.random.default_rng(0)
    seen = rng.random((2, SIDE + 1, SIDE + 1)) < 0.999
    seen[0, :40] = False
    for spacing, (some, whole) in cells_by_spacing(seen).items():
        for tile, row, column in rng.integers(0, [2, SIDE // spacing, SIDE // spacing], (200, 3)):
            cell = seen[tile, row * spacing :, column * spacing :]
            assert some[tile, row, column] == cell[:spacing, :spacing].any()
            assert whole[tile, row, column] == cell[: spacing + 1, : spacing + 1].all()
