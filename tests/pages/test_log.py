import json

import numpy as np

from panogen.pages.log import Log, evenly, smoothed, thinned


def log_of(tmp_path, *lines):
    path = tmp_path / "metrics.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return Log.read(path)


def test_what_is_no_number_is_left_out(tmp_path):
    log = log_of(
        tmp_path,
        {"n_images": 100, "r1": float("nan"), "d_loss": float("inf"), "name": "x", "flag": True, "g_loss": 1},
        "[1, 2]",
        "",
        {"d_loss": 1.0},
        '{"n_images": 200, "d_l',
    )
    assert log.lines == ({"n_images": 100, "g_loss": 1.0},)


def test_no_log_is_an_empty_log(tmp_path):
    log = Log.read(tmp_path / "metrics.jsonl")
    assert (log.lines, log.names(), log.stages(), log.shares()[1]) == ((), [], [], {})


def test_of_two_versions_of_a_line_the_later_counts(tmp_path):
    log = log_of(
        tmp_path, {"n_images": 1, "a": 1}, {"n_images": 3, "a": 2}, {"n_images": 2, "a": 3}, {"n_images": 3, "a": 4}
    )
    x, y = log.series("a")
    assert (x.tolist(), y.tolist()) == ([1, 2, 3], [1, 3, 4])


def test_a_name_that_lines_lack_has_a_shorter_series(tmp_path):
    log = log_of(tmp_path, {"n_images": 1, "a": 1}, {"n_images": 2, "b": 2}, {"n_images": 3, "a": 3, "b": 4})
    assert log.names() == ["a", "b"]
    assert log.series("b")[0].tolist() == [2, 3]
    assert len(log.series("c")[0]) == 0


def test_stages(tmp_path):
    log = log_of(tmp_path, *({"n_images": n, "resolution": 32 if n < 3 else 64} for n in range(1, 6)))
    assert log.stages() == [(1, 32), (3, 64)]


def test_shares_of_time_sum_to_one_and_begin_with_the_wait_for_data(tmp_path):
    log = log_of(
        tmp_path,
        {"n_images": 1, "seconds_r1": 0.5, "seconds_data": 1.5, "total_seconds": 9},
        {"n_images": 2, "seconds_data": 0.0},
        {"n_images": 3, "seconds_data": 1.0, "seconds_generator_forward": 3.0},
    )
    x, shares = log.shares()
    assert x.tolist() == [1, 3]
    assert list(shares) == ["data", "r1", "generator forward"]
    assert {name: share.tolist() for name, share in shares.items()} == {
        "data": [0.75, 0.25],
        "r1": [0.25, 0],
        "generator forward": [0, 0.75],
    }


def test_smoothing_is_the_mean_of_the_neighbours():
    y = np.random.default_rng(0).normal(size=40)
    found = smoothed(y, 3)
    assert np.allclose(found, [y[max(k - 3, 0) : k + 4].mean() for k in range(40)], atol=1e-12)
    assert np.array_equal(smoothed(np.arange(9.0), 0), np.arange(9.0))


def test_pictures_are_chosen_evenly_over_the_images_not_over_the_files():
    assert evenly(np.arange(5.0), 12) == [0, 1, 2, 3, 4]
    chosen = evenly(np.arange(500.0), 12)
    assert (len(chosen), chosen[0], chosen[-1]) == (12, 0, 499)
    assert max(np.diff(chosen)) - min(np.diff(chosen)) <= 1
    crowded = np.concatenate([np.arange(100.0), [1000, 2000]])
    assert evenly(crowded, 3) == [0, 100, 101]


def test_thinning_keeps_peaks_and_ends_in_time():
    y = np.sin(np.arange(10_000) / 300)
    y[4321], y[7000] = 9, -9
    kept = thinned(y, 600)
    assert {4321, 7000} <= set(kept)
    assert len(kept) <= 600
    assert kept == sorted(kept)
    assert thinned(y[:5], 600) == [0, 1, 2, 3, 4]
