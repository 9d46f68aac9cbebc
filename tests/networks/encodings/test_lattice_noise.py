import itertools
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats

from panogen.networks.encodings.lattice_noise import OCTAVES, SKYLINE, keys, node_numbers, normals, pcg4d, signed
from tests.networks.encodings import oracle

CPU = torch.device("cpu")
HARD = [0, 1, 2, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 123456789, -1, -7, 2**40 + 5]


def words(*values):
    return [signed(torch.tensor(list(one), dtype=torch.int64)) for one in values]


def unsigned(words):
    return words.to(torch.int64) & 0xFFFFFFFF


def test_the_hash_is_that_of_the_paper():
    some = list(itertools.product(HARD, repeat=4))[::7]
    found = torch.stack(pcg4d(*words(*zip(*some, strict=True))), 1)
    expected = [oracle.pcg4d(*(value & oracle.MASK for value in four)) for four in some]
    assert unsigned(found).tolist() == expected


def test_numbers_are_those_of_an_independent_program():
    some = [*HARD, *np.random.default_rng(0).integers(2**32, size=200).tolist()]
    expected = [oracle.number(value & oracle.MASK) for value in some]
    np.testing.assert_allclose(normals(words(some)[0]), expected, atol=1e-6)


def test_numbers_of_all_words_are_normal_in_their_first_four_moments():
    # Exactly: every sum of four bytes as often as it occurs.
    total = torch.arange(1021)
    parts = [torch.clamp(total - 255 * k, 0, 255) for k in range(4)]
    values = normals(signed(sum(part << (8 * k) for k, part in enumerate(parts)))).double().numpy()
    t, share = oracle.sums()
    assert len(t) == len(values)
    assert (np.diff(values) > 0).all()
    moments = [(share * values**order).sum() for order in (1, 2, 3, 4)]
    np.testing.assert_allclose(moments, [0, 1, 0, 3], atol=1e-5)
    distance = np.abs(np.cumsum(share) - share / 2 - stats.norm.cdf(values)).max()
    assert distance < 3e-3  # of Kolmogorov and Smirnov


@pytest.mark.parametrize("channels", [1, 3, 4, 9])
def test_numbers_of_nodes_are_those_of_an_independent_program(channels):
    layouts, octaves, nodes = [0, 7, 2**32 - 1], [0, 3, 12], [(0, 0, 0), (5, -3, 2), (2**20, -(2**20), 1)]
    key = keys(layouts, octaves, channels, SKYLINE, CPU)
    for axes in (1, 2, 3):
        along = [torch.tensor(line, dtype=torch.int32) for line in list(zip(*nodes, strict=True))[:axes]]
        found = node_numbers(along, key, channels).view(len(nodes), len(layouts), channels)
        for (n, node), (k, layout), channel in itertools.product(enumerate(nodes), enumerate(layouts), range(channels)):
            expected = oracle.node_number(layout, octaves[n], channel, node[:axes], b"skyl")
            assert found[n, k, channel].item() == pytest.approx(expected, abs=1e-6)


def test_neighbours_are_independent():
    """Raw words of nodes beside one another, across, down and in depth, and bits of theirs."""
    key = keys([5], [4], 1, OCTAVES, CPU)[0, 0, 0].expand(60, 60, 60)
    x, y, z = (line.to(torch.int32) for line in torch.meshgrid(*[torch.arange(-30, 30)] * 3, indexing="ij"))
    found = np.stack([unsigned(word).numpy() / 2**32 for word in pcg4d(x, y, z, key)])
    for axis in (1, 2, 3):
        for lag in (1, 2, 8):
            one, other = np.take(found, range(60 - lag), axis), np.take(found, range(lag, 60), axis)
            for first, second in itertools.product(range(4), repeat=2):
                assert abs(np.corrcoef(one[first].ravel(), other[second].ravel())[0, 1]) < 0.02
    for first, second in itertools.combinations(range(4), 2):
        assert abs(np.corrcoef(found[first].ravel(), found[second].ravel())[0, 1]) < 0.02
    bits = np.floor(found[..., None] * 2.0 ** np.array([1, 8, 16, 24, 32])) % 2
    np.testing.assert_allclose(bits.mean((1, 2, 3)), 0.5, atol=0.01)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_another_language_has_the_same_numbers():
    rng = np.random.default_rng(0)
    asked = [
        [int(rng.integers(2**32)), int(rng.integers(14)), *rng.integers(-5000, 5000, 2).tolist(), int(channel)]
        for channel in rng.integers(12, size=300)
    ]
    script = Path(__file__).with_name("octaves.mjs")
    result = subprocess.run(["node", script], input=json.dumps(asked), capture_output=True, text=True, check=True)
    for (layout, octave, x, y, channel), theirs in zip(asked, json.loads(result.stdout), strict=True):
        key = keys([layout], [octave], channel + 1, OCTAVES, CPU)
        ours = node_numbers([torch.tensor([value], dtype=torch.int32) for value in (x, y)], key, channel + 1)
        assert ours[0, channel].item() == pytest.approx(theirs, abs=1e-6)
