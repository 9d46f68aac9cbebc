import math

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter1d

from panogen.geometry import Cylinder, from_azimuth_elevation
from panogen.networks.coordinates import CoordinateEmbedding, FourierFeatures
from panogen.networks.lattices import CylinderLattice, sample_table

CHART = Cylinder()


def coords(azimuth, elevation):
    return torch.from_numpy(CHART.coordinates(from_azimuth_elevation(azimuth, elevation)))


class TestFourierFeatures:
    def test_high_frequencies_are_exact(self):
        # Formed in float32, the sine of such a phase is wrong by 6e-4.
        torch.manual_seed(0)
        features = FourierFeatures(64, 300.0)
        points = coords(np.linspace(-3, 3, 500), 0.4)
        phase = points.numpy() @ features.frequencies.detach().double().numpy().T
        exact = np.sin(2 * np.pi * (phase + features.phases.detach().double().numpy()))
        np.testing.assert_allclose(features(points).detach().numpy(), exact, atol=1e-6)
        single = (points.float() @ features.frequencies.T + features.phases) * (2 * math.pi)
        assert (single.sin().detach().numpy() - exact).__abs__().max() > 1e-5

    def test_close_around_the_circle(self):
        features = FourierFeatures(16, 5.0)
        torch.testing.assert_close(features(coords(-np.pi, 0.2)[None]), features(coords(np.pi, 0.2)[None]))

    def test_frequencies_learn(self):
        features = FourierFeatures(4, 1.0)
        features(coords(np.array([0.5, 1.5]), 0.1)).sum().backward()
        assert features.frequencies.grad.abs().min() > 0


class TestEmbedding:
    def test_rolling_the_table_turns_the_picture(self):
        # Border padding, or centres other than true cell centres, break this at the seam or everywhere.
        torch.manual_seed(0)
        embedding = CoordinateEmbedding(CylinderLattice(8, 32, CHART.max_height), 3)
        azimuth = np.random.default_rng(0).uniform(-np.pi, np.pi, 200)
        before = embedding(coords(azimuth, 0.3))
        with torch.no_grad():
            embedding.table.copy_(embedding.table.roll(5, 1))
        after = embedding(coords(azimuth + 5 * 2 * np.pi / 32, 0.3))
        torch.testing.assert_close(after, before)

    def test_no_seam(self):
        torch.manual_seed(0)
        embedding = CoordinateEmbedding(CylinderLattice(8, 32, CHART.max_height), 3)
        left, right = embedding(coords(np.array([-np.pi + 1e-9, np.pi - 1e-9]), 0.1))
        torch.testing.assert_close(left, right, atol=1e-6, rtol=0)

    def test_row_0_is_the_top_and_column_0_is_at_minus_pi(self):
        embedding = CoordinateEmbedding(CylinderLattice(8, 32, CHART.max_height), 1)
        with torch.no_grad():
            embedding.table.zero_()
            embedding.table[1, 0] = 1.0
        azimuth = -np.pi + np.pi / 32
        value = embedding(coords(azimuth, CHART.max_height * (1 - 3 / 8))).item()
        np.testing.assert_allclose(value, (4 / 6) ** 2, rtol=1e-6)

    def test_a_batch_samples_one_table(self, monkeypatch):
        # A table expanded over the batch would get a gradient for each of its samples.
        shapes = []

        def spy(table, cells, weights):
            shapes.append((table.shape, cells.shape))
            return sample_table(table, cells, weights)

        monkeypatch.setattr("panogen.networks.coordinates.sample_table", spy)
        embedding = CoordinateEmbedding(CylinderLattice(8, 32, CHART.max_height), 3)
        embedding(coords(np.linspace(-3, 3, 10), 0.2).expand(4, 10, 3)).sum().backward()
        assert shapes == [((256, 3), (40, 16))]
        np.testing.assert_allclose(embedding.table.grad.sum(), 4 * 10 * 3, rtol=1e-5)  # weights sum to 1

    @pytest.mark.parametrize("factor", [1, 2, 4])
    def test_resampling_keeps_the_surface(self, factor):
        torch.manual_seed(0)
        embedding = CoordinateEmbedding(CylinderLattice(16, 64, CHART.max_height), 2)
        grown = embedding.resampled(16 * factor, 64 * factor)
        rows, columns = 16 * factor, 64 * factor
        azimuth = -np.pi + 2 * np.pi * (np.arange(columns) + 0.5) / columns
        elevation = CHART.max_height * (1 - (2 * np.arange(rows) + 1) / rows)
        centres = coords(azimuth[None, :], elevation[:, None])
        torch.testing.assert_close(grown(centres), embedding(centres), atol=1e-5, rtol=0)


def test_smoothing_is_scipys_on_a_circle_and_leaves_the_rows_apart():
    embedding = CoordinateEmbedding(CylinderLattice(5, 64, CHART.max_height), 3)
    rough = embedding.table.detach().numpy().copy()
    embedding.smooth(1.3)
    expected = gaussian_filter1d(rough.astype(np.float64), 1.3, axis=1, mode="wrap", truncate=12)
    np.testing.assert_allclose(embedding.table.detach().numpy(), expected, atol=2e-5)  # its Gaussian has an end


def test_a_table_without_channels_says_nothing_and_is_resampled_and_smoothed_like_any():
    embedding = CoordinateEmbedding(CylinderLattice(5, 64, CHART.max_height), 0)
    embedding.smooth(1.3)
    assert embedding.resampled(10, 128).table.shape == (10, 128, 0)
    assert embedding(coords(np.linspace(-3, 3, 7), 0.2)).shape == (7, 0)
