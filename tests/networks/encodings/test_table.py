import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from panogen.geometry import Cylinder, Plane
from panogen.grids import Cylindrical
from panogen.networks import TableConfig
from tests.networks.helpers import by_rows, points_at, points_of_grid

CHART = Cylinder()


def table_of(rows=8, columns=32, channels=3, chart=CHART):
    return TableConfig(channels, rows, columns).build(chart)


def test_rolling_the_table_turns_the_picture():
    # Border padding, or centres other than true cell centres, break this at the seam or everywhere.
    embedding = table_of()
    azimuth = np.random.default_rng(0).uniform(-np.pi, np.pi, 200)
    before = embedding(points_at(CHART, azimuth, 0.3))
    with torch.no_grad():
        embedding.table.copy_(embedding.table.roll(5, 1))
    after = embedding(points_at(CHART, azimuth + 5 * 2 * np.pi / 32, 0.3))
    torch.testing.assert_close(after, before)


def test_no_seam():
    left, right = table_of()(points_at(CHART, np.array([-np.pi + 1e-9, np.pi - 1e-9]), 0.1))[0]
    torch.testing.assert_close(left, right, atol=1e-6, rtol=0)


def test_row_0_is_the_top_and_column_0_is_at_minus_pi():
    embedding = table_of(channels=1)
    with torch.no_grad():
        embedding.table.zero_()
        embedding.table[1, 0] = 1.0
    value = embedding(points_at(CHART, -np.pi + np.pi / 32, CHART.max_height * (1 - 3 / 8))).item()
    np.testing.assert_allclose(value, (4 / 6) ** 2, rtol=1e-6)


def test_every_point_is_a_mean_of_cells():
    embedding = table_of()
    embedding(points_at(CHART, np.linspace(-3, 3, 40), 0.2)).sum().backward()
    assert embedding.table.grad.min() >= 0
    np.testing.assert_allclose(embedding.table.grad.sum(), 40 * 3, rtol=1e-5)  # weights sum to 1


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_resampling_keeps_the_surface(factor):
    embedding = table_of(16, 64, 2)
    rows, columns = 16 * factor, 64 * factor
    grown = embedding.reshaped(TableConfig(2, rows, columns))
    assert grown.config == TableConfig(2, rows, columns)
    azimuth = -np.pi + 2 * np.pi * (np.arange(columns) + 0.5) / columns
    elevation = CHART.max_height * (1 - (2 * np.arange(rows) + 1) / rows)
    centres = points_at(CHART, azimuth[None, :], elevation[:, None])
    torch.testing.assert_close(grown(centres), embedding(centres), atol=1e-5, rtol=0)


def test_on_a_plane_it_is_not_resampled():
    with pytest.raises(ValueError, match="only the embedding of a cylinder is resampled"):
        table_of(chart=Plane()).reshaped(TableConfig(3, 16, 16))


def test_smoothing_is_scipys_on_a_circle_and_leaves_the_rows_apart():
    embedding = table_of(5, 64)
    rough = embedding.table.detach().numpy().copy()
    embedding.smooth(1.3)
    expected = gaussian_filter1d(rough.astype(np.float64), 1.3, axis=1, mode="wrap", truncate=12)
    np.testing.assert_allclose(embedding.table.detach().numpy(), expected, atol=2e-5)  # its Gaussian has an end


@pytest.mark.parametrize("chart", [CHART, Cylinder(100, "central")], ids=repr)
def test_features_of_columns_are_those_of_their_points(chart):
    embedding, grid = table_of(chart=chart).requires_grad_(False), Cylindrical(70, chart)
    one_by_one = embedding(points_of_grid(chart, grid))
    by_columns = embedding(points_of_grid(chart, grid, apart=True))
    torch.testing.assert_close(by_rows(by_columns, grid.shape[0]), one_by_one, atol=1e-6, rtol=0)


def test_the_finest_detail_is_a_cell():
    np.testing.assert_allclose(table_of(columns=32).finest_rad, 2 * np.pi / 32)
    np.testing.assert_allclose(table_of(columns=32, chart=Plane()).finest_rad, 2 / 32)
    assert table_of(channels=5).channels == 5
