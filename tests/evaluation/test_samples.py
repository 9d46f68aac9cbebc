import math

from panogen.evaluation.samples import ends, rank_rows


def test_ends_are_the_worst_and_the_best_and_never_the_same():
    assert ends([3, 9, 1, 5], 2) == {"worst": [1, 3], "best": [2, 0]}
    assert ends([3, 9, 1], 2) == {"worst": [1], "best": [2]}
    assert ends([3], 2) == {"worst": [], "best": []}


def test_a_seam_is_as_bad_when_it_is_too_smooth_as_when_it_is_too_rough():
    rows = [{"seam.ratio": ratio} for ratio in (1.0, 0.25, 3.0, "nan", 1.1)]
    (ranking,) = rank_rows(rows, ["a", "b", "c", "d", "e"])
    assert [one["name"] for one in ranking["worst"]] == ["b", "c"]
    assert [one["name"] for one in ranking["best"]] == ["a", "e"]
    assert not any(math.isnan(one["value"]) for end in ("worst", "best") for one in ranking[end])
