import json

import numpy as np
import pytest

from panogen.base.errors import UsageError
from panogen.latents import MAX_SEED, Layout


def some_layout(rng):
    """Up to six layouts, with shares of any size."""
    seeds = rng.choice(MAX_SEED, rng.integers(1, 7), replace=False)
    return Layout(tuple(zip(seeds.tolist(), rng.dirichlet(np.full(len(seeds), 0.3)).tolist(), strict=True)))


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_layouts_come_back_from_json(rng):
    for _ in range(200):
        layout = some_layout(rng)
        assert Layout.from_json(json.loads(json.dumps(layout.to_json()))) == layout
    assert Layout.of(4).to_json() == [[4, 1.0]]
    assert Layout.from_json([[4, 1]]) == Layout.of(4)
    assert json.dumps(Layout.of(np.int64(MAX_SEED)).to_json()) == f"[[{MAX_SEED}, 1.0]]"


def test_a_mean_adds_the_shares_of_equal_seeds(rng):
    for _ in range(200):
        layouts = [some_layout(rng) for _ in range(3)]
        layouts.append(layouts[0])
        weights = rng.random(4)
        expected = {}
        for layout, weight in zip(layouts, weights / weights.sum(), strict=True):
            for seed, share in layout.shares:
                expected[seed] = expected.get(seed, 0) + weight * share
        assert dict(Layout.mean(layouts, weights.tolist()).shares) == pytest.approx(expected, abs=1e-12)


def test_a_mean_of_one_layout_is_itself(rng):
    for _ in range(200):
        weights = rng.random(rng.integers(1, 12)).tolist()
        assert Layout.mean([Layout.of(7)] * len(weights), weights) == Layout.of(7)


def between(one, other, share):
    return Layout.mean((one, other), (1 - share, share))


def test_between_two_layouts(rng):
    one, other = Layout.of(4), Layout.of(9)
    assert (between(one, other, 0.0), between(one, other, 1.0)) == (one, other)
    assert between(one, other, 0.25) == Layout(((4, 0.75), (9, 0.25)))
    assert between(one, one, rng.random()) == one


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([[-1, 1.0]], r"^layout must be in \[0, 4294967295\], got -1$"),
        ([[2**64, 1.0]], r"^layout must be in \[0, 4294967295\], got 18446744073709551616$"),
        ([["4", 1.0]], "^layout must be a whole number, got '4'$"),
        ([[4.0, 1.0]], "layout must be a whole number, got 4.0"),
        ([[True, 1.0]], "layout must be a whole number, got True"),
        ([[4, -0.5], [5, 1.5]], r"the share of layout 4 must be in \[0, 1\], got -0.5"),
        ([[4, float("nan")]], r"the share of layout 4 must be in \[0, 1\], got nan"),
        ([[4, 10**400]], r"the share of layout 4 must be in \[0, 1\], got 1"),
        ([[4, 0.5], [5, 0.4]], "the shares of layouts must sum to 1, got 0.9"),
        ([[4, 0.5], [4, 0.5]], r"layouts must differ, got \[4, 4\]; add the shares of equal ones"),
        ([], "the shares of layouts must sum to 1, got 0"),
        ([[4, "1"]], r"a layout must be pairs of a seed and its share like \[\[4, 1.0\]\], got \[\[4, '1'\]\]"),
        ([[4, None]], "a layout must be pairs"),
        ([[4]], "a layout must be pairs"),
        ([4, 1.0], "a layout must be pairs"),
        (None, "a layout must be pairs .*, got None"),
        ("x" * 10**5, "a layout must be pairs .*, got 'xxxxxx.{1,30}'$"),
    ],
)
def test_what_is_no_layout(value, message):
    with pytest.raises(UsageError, match=message):
        Layout.from_json(value)


@pytest.mark.parametrize("seed", [-1, 2**32, 2**64, "x", 1.5, None])
def test_what_is_no_layout_seed(seed):
    with pytest.raises(UsageError, match=r"^layout must be "):
        Layout.of(seed)
    assert Layout.of(MAX_SEED).shares == ((MAX_SEED, 1.0),)
