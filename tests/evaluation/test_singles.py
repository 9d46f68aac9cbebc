import math

import pytest

from panogen.evaluation.measures import metrics_of_pictures
from panogen.evaluation.singles import faults, rank_rows, ranked, row_of
from tests.evaluation.helpers import hard_seam, smooth_panorama
from tests.metrics.adversarial import duplicated_seam, mirrored_half


@pytest.mark.parametrize("seed", range(6))
def test_faults_are_named_and_nothing_else(seed):
    picture = smooth_panorama(seed)
    metrics = [name for name in metrics_of_pictures() if name != "poles"]
    assert faults(row_of(picture, metrics)) == []
    assert "hard seam" in faults(row_of(hard_seam(picture), metrics))
    assert "column at the seam is there twice" in faults(row_of(duplicated_seam(picture), metrics))
    assert "one half mirrors the other" in faults(row_of(mirrored_half(picture), metrics))


def test_a_kink_a_copy_and_flat_poles_are_named():
    seam = {"seam.ratio": 1.0, "seam.percentile": 50.0, "seam.ratio_second": 7.0, "seam.percentile_second": 100.0}
    assert faults(seam) == ["kink at the seam"]
    assert faults({**seam, "seam.ratio": 7.0, "seam.percentile": 100.0}) == ["hard seam"]
    assert faults({"mirror.correlation": 0.99, "mirror.mirrored": 0.0}) == ["one half is a copy of the other"]
    assert faults({"poles.spread_top": 20.0, "poles.spread_bottom": 1.0}) == ["flat zenith"]


def test_what_was_not_measured_or_is_no_number_is_no_fault():
    assert faults({}) == []
    assert faults({"mirror.correlation": math.nan, "mirror.mirrored": math.nan}) == []


@pytest.mark.parametrize(
    ("values", "worst", "best"), [([3, 9, 1, 5], [1, 3], [2, 0]), ([3, 9, 1], [1], [2]), ([3], [], [])]
)
def test_ends_are_the_worst_and_the_best_and_never_the_same(values, worst, best):
    found = ranked(dict(enumerate(values)), lambda value: value, range(10, 20), 2)
    assert [one["index"] for one in found["worst"]] == worst
    assert [one["index"] for one in found["best"]] == best
    assert all(one["name"] == 10 + one["index"] and one["value"] == values[one["index"]] for one in found["worst"])


def test_a_seam_is_as_bad_when_it_is_too_smooth_as_when_it_is_too_rough():
    rows = [{"seam.ratio": ratio} for ratio in (1.0, 0.25, 3.0, "nan", 1.1)]
    (ranking,) = rank_rows(rows, ["a", "b", "c", "d", "e"])
    assert [one["name"] for one in ranking["worst"]] == ["b", "c"]
    assert [one["name"] for one in ranking["best"]] == ["a", "e"]
    assert not any(math.isnan(one["value"]) for end in ("worst", "best") for one in ranking[end])
