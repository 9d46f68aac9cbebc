import json

import pytest

from panogen.run.log import LOG_EVERY, Log, LogWriter, cut_log
from panogen.training import StepReport


def step(number, **losses):
    return StepReport(8 * number, 16, losses, {"data": 0.01, "networks": 0.03})


def test_a_line_is_the_mean_of_its_steps(tmp_path, monkeypatch):
    clock = iter([100.0, 110.0, 125.0])
    monkeypatch.setattr("panogen.run.log.time.monotonic", lambda: next(clock))
    log = LogWriter(tmp_path / "metrics.jsonl")
    lines = []
    for number in range(1, 2 * LOG_EVERY + 1):
        rare = {"r1": 6.0} if number % 16 == 0 else {}  # the penalty does not come every step
        lines.append(log.add(step(number, d_loss=float(number), **rare), 10.0 + number))
    written = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert written == [line for line in lines if line] == [lines[LOG_EVERY - 1], lines[2 * LOG_EVERY - 1]]
    assert written[0] == {
        "n_images": 8 * LOG_EVERY,
        "resolution": 16,
        "images_per_second": 8 * LOG_EVERY / 10,
        "d_loss": (LOG_EVERY + 1) / 2,
        "r1": 6.0,
        "seconds_data": 0.01,
        "seconds_networks": 0.03,
        "data_wait": 0.25,
        "total_seconds": 60.0,
    }
    assert written[1]["images_per_second"] == pytest.approx(8 * LOG_EVERY / 15, abs=0.01)


def test_nothing_is_written_before_a_line_is_whole(tmp_path):
    log = LogWriter(tmp_path / "metrics.jsonl")
    for number in range(1, LOG_EVERY):
        assert log.add(step(number, d_loss=1.0), 0.0) == {}
    assert not (tmp_path / "metrics.jsonl").exists()


def test_the_last_steps_of_a_session_are_written(tmp_path):
    log = LogWriter(tmp_path / "metrics.jsonl")
    assert log.write(1.0) == {}
    for number in (1, 2, 3):
        log.add(step(number, d_loss=float(number)), 0.0)
    line = log.write(4.0)
    assert (line["n_images"], line["d_loss"], line["total_seconds"]) == (24, 2.0, 4.0)
    assert [json.loads(text) for text in (tmp_path / "metrics.jsonl").read_text().splitlines()] == [line]
    assert log.write(5.0) == {}


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


def test_a_log_is_cut_where_a_run_goes_on(tmp_path):
    path = tmp_path / "metrics.jsonl"
    cut_log(path, 100)
    assert not path.exists()
    lines = [json.dumps({"n_images": n, "d_loss": n / 8}) for n in (100, 300, 200)]
    path.write_text("\n".join(["", "[1]", '{"n_images": "x"}', *lines]))  # a kill has kept the last line's end back
    cut_log(path, 250)
    assert path.read_text().splitlines(keepends=True) == [line + "\n" for line in (lines[0], lines[2])]
    path.write_text(lines[0] + "\n" + lines[1][:9])
    cut_log(path, 250)
    assert path.read_text() == lines[0] + "\n"
