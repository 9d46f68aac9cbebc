import json

import pytest

from panogen.run import LOG_EVERY, Log
from panogen.training import StepReport


def step(number, **losses):
    return StepReport(8 * number, 16, losses, {"data": 0.01, "networks": 0.03})


def test_a_line_is_the_mean_of_its_steps(tmp_path, monkeypatch):
    clock = iter([100.0, 110.0, 125.0])
    monkeypatch.setattr("panogen.run.log.time.monotonic", lambda: next(clock))
    log = Log(tmp_path / "metrics.jsonl")
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
    log = Log(tmp_path / "metrics.jsonl")
    for number in range(1, LOG_EVERY):
        assert log.add(step(number, d_loss=1.0), 0.0) == {}
    assert not (tmp_path / "metrics.jsonl").exists()
