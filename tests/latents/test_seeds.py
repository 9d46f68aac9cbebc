import numpy as np
import pytest
import torch

from panogen.base.errors import UsageError
from panogen.latents import MAX_SEED
from panogen.latents.seeds import parse_seeds, truncate, z_from_seed


def test_z_is_the_custom_of_stylegan_tools():
    np.testing.assert_array_equal(z_from_seed(4, 16)[0], np.random.RandomState(4).randn(16).astype(np.float32))


def test_a_seed_draws_one_z_after_another():
    np.testing.assert_array_equal(z_from_seed(4, 16, 3).ravel(), z_from_seed(4, 48)[0])


def test_a_seed_does_not_depend_on_its_neighbours_or_on_the_global_state():
    np.random.seed(1)
    first = z_from_seed(7, 8)
    np.random.rand(3)
    z_from_seed(6, 8)
    np.testing.assert_array_equal(first, z_from_seed(7, 8))


def test_lists_and_ranges():
    assert parse_seeds("0,1,4-6") == [0, 1, 4, 5, 6]
    assert parse_seeds("3") == [3]
    assert parse_seeds("2-3, 3,2") == [2, 3]


@pytest.mark.parametrize("text", ["", "a", "1,", "-1", "1-", "4-2", "1.5", "0-4294967296", "0-4294967295", "1" * 5000])
def test_no_seeds(text):
    with pytest.raises(UsageError, match="seed"):
        parse_seeds(text)


@pytest.mark.parametrize("seed", [-1, 2**32, 2**64])
def test_seeds_out_of_range(seed):
    with pytest.raises(UsageError, match=rf"seed must be in \[0, {MAX_SEED}\], got {seed}"):
        z_from_seed(seed, 8)


def test_truncation_draws_towards_the_mean():
    ws, mean = torch.randn(3, 4), torch.randn(4)
    torch.testing.assert_close(truncate(ws, mean, 1.0), ws)
    torch.testing.assert_close(truncate(ws, mean, 0.0), mean.expand(3, 4))
    torch.testing.assert_close(truncate(ws, mean, 0.5), (ws + mean) / 2)
