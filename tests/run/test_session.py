import dataclasses
import math
import os
import re
import signal
import threading
import time

import pytest

from panogen.base.errors import JobError
from panogen.data import Landscapes
from panogen.run import Run, Session, train
from panogen.run.folder import KEEP
from panogen.run.log import Log
from panogen.run.session import parts_in_flight
from panogen.training import Ranks, training
from panogen.training.losses import LOSSES
from tests.run.helpers import CONFIGURED, LOG_STEPS, OPTIONS, SOURCE, begin, command, log_often, needs_signals, new_run

ONE_STEP = Session(minutes=0)


@pytest.fixture(autouse=True)
def logs_often(monkeypatch):
    log_often(monkeypatch)


@needs_signals
@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_interrupted_it_keeps_its_last_step(tmp_path, name, code):
    run = tmp_path / "run"
    arguments = (run, *OPTIONS, "--stages", "8:80000", "--checkpoint-images", "100000", "--quiet")
    process = begin(command, tmp_path / "told", *map(str, arguments))
    while not (run / "metrics.jsonl").exists():
        time.sleep(0.01)
        assert process.is_alive()
    os.kill(process.pid, getattr(signal, name))
    process.join()
    assert process.exitcode == code
    assert (tmp_path / "told").read_text() == "interrupted\n"
    (checkpoint,) = (run / "checkpoints").iterdir()
    assert int(checkpoint.name) >= 8 * LOG_STEPS


def test_a_run_leaves_a_log_snapshots_and_its_last_checkpoints(tmp_path):
    run = new_run(tmp_path / "run")
    steps = []
    state = train(run, SOURCE, Session(checkpoint_images=16), report=lambda step, line: steps.append(step))
    assert state.n_images == 48 == 8 * len(steps)
    assert [path.name for path in sorted(run.checkpoints.iterdir())] == ["000000032", "000000048"]
    assert len(list(run.checkpoints.iterdir())) == KEEP
    assert len(list((run.folder / "snapshots").iterdir())) == 3 * 2
    card = (run.checkpoints / "000000048" / "model" / "README.md").read_text()
    assert "procedural landscapes" in card
    assert "48 views" in card


def test_seconds_of_training_add_up_over_resumes(tmp_path):
    run = new_run(tmp_path / "run")
    train(run, SOURCE, ONE_STEP)
    _, first = run.load("cpu")
    train(run, SOURCE, ONE_STEP)
    _, second = run.load("cpu")
    assert 0 < first < second


def test_one_process_at_a_time(tmp_path):
    run = new_run(tmp_path / "run")
    with run.work.opened(resume=True), pytest.raises(JobError, match="another process is writing it; wait until"):
        train(run, SOURCE)


def full_disk(told, *arguments):
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))
    command(told, *arguments)


@needs_signals
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path):
    run = tmp_path / "run"
    train(Run.begin(run, CONFIGURED, Landscapes()), Landscapes(), ONE_STEP)
    before = (run / "latest").read_text()
    process = begin(full_disk, tmp_path / "told", str(run), "--resume", "--threads", "1", "--quiet")
    process.join()
    assert process.exitcode == 1
    assert (tmp_path / "told").read_text() == f"Error: {run}: cannot be written: File too large\n"
    assert (run / "latest").read_text() == before
    assert [path.name for path in (run / "checkpoints").iterdir()] == [before.strip()]


def test_minutes_end_a_run_that_can_go_on(tmp_path):
    run = new_run(tmp_path / "run")
    assert train(run, SOURCE, ONE_STEP).n_images == 8
    assert train(run, SOURCE).n_images == 48


def test_a_loss_that_is_no_number_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    run = new_run(tmp_path / "a run")
    train(run, SOURCE, ONE_STEP)
    before = (run.folder / "latest").read_text()
    broken = dataclasses.replace(LOSSES["stylegan2"], generator=lambda real, fake: fake.mean() * math.nan)
    monkeypatch.setitem(LOSSES, "stylegan2", broken)
    kept = f"its last checkpoint is kept, and a new run that begins with '{run.folder}' can have a lower learning_rate"
    with pytest.raises(JobError, match=f"training stopped: g_loss became nan; {re.escape(kept)}"):
        train(run, SOURCE)
    assert (run.folder / "latest").read_text() == before


def test_a_loss_that_becomes_no_number_leaves_the_log_of_the_steps_before(tmp_path, monkeypatch):
    monkeypatch.setattr("panogen.run.log.LOG_EVERY", 50)
    parts = iter(range(100))  # two a step
    loss = LOSSES["stylegan2"].generator
    broken = dataclasses.replace(
        LOSSES["stylegan2"], generator=lambda real, fake: loss(real, fake) * (math.nan if next(parts) >= 6 else 1)
    )
    monkeypatch.setitem(LOSSES, "stylegan2", broken)
    run = new_run(tmp_path / "run")
    with pytest.raises(JobError, match="training stopped: g_loss became nan; its last checkpoint is kept"):
        train(run, SOURCE, Session(checkpoint_images=16))
    assert (run.folder / "latest").read_text() == "000000016\n"
    assert [line["n_images"] for line in Log.read(run.metrics).lines] == [24]


def test_a_loss_that_is_no_number_before_the_first_checkpoint(tmp_path, monkeypatch):
    broken = dataclasses.replace(LOSSES["stylegan2"], generator=lambda real, fake: fake.mean() * math.nan)
    monkeypatch.setitem(LOSSES, "stylegan2", broken)
    with pytest.raises(JobError, match="it had no checkpoint yet; a new run can have a lower learning_rate"):
        train(new_run(tmp_path / "run"), SOURCE)


class Vanishing(Landscapes):
    """Landscapes that can be seen so many times."""

    def __init__(self, times):
        super().__init__(count=4)
        self.times = times

    def scene(self, index, rows, columns, chart):
        self.times -= 1
        if self.times < 0:
            raise JobError(f"{index}.jpg: cannot be read any more: No such file or directory")
        return super().scene(index, rows, columns, chart)


@pytest.mark.parametrize("times", [0, 17])
def test_a_picture_that_vanishes_loses_nothing(tmp_path, times):
    whole, run = new_run(tmp_path / "whole"), new_run(tmp_path / "run")
    often = Session(cache_mb=0)
    train(whole, SOURCE, often)
    seen: list[int] = []
    with pytest.raises(JobError, match=r"\.jpg: cannot be read any more: No such file or directory"):
        train(run, Vanishing(times), often, report=lambda step, line: seen.append(step.n_images))
    assert (run.folder / "latest").read_text() == f"{max(seen, default=0):09d}\n"
    train(run, SOURCE, often)
    name = "checkpoints/000000048/training.safetensors"
    assert (run.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_threads_do_not_change_what_comes_out(tmp_path):
    one, three = new_run(tmp_path / "one"), new_run(tmp_path / "three")
    train(one, SOURCE, Session(checkpoint_images=10**6, workers=1))
    train(three, SOURCE, Session(checkpoint_images=10**6, workers=3))
    name = "checkpoints/000000048/training.safetensors"
    assert (one.folder / name).read_bytes() == (three.folder / name).read_bytes()


def test_every_core_trains_unless_it_is_said_how_many(tmp_path, monkeypatch):
    run, found = new_run(tmp_path / "run"), []

    def watched(state, crops, workers, ranks):
        found.append(workers)
        return training(state, crops, workers, ranks)

    monkeypatch.setattr("panogen.run.session.training", watched)
    monkeypatch.setattr("panogen.run.session.default_workers", lambda: 5)
    for session in (ONE_STEP, Session(minutes=0, workers=2)):
        train(run, SOURCE, session)
    assert found == [5, 2]
    assert parts_in_flight("cpu", Ranks(1, 2)) == 2
    assert parts_in_flight("cpu", Ranks(0, 10_000)) == 1
    assert parts_in_flight("cuda:0", Ranks()) == 1  # a GPU takes one part at a time


def test_it_trains_beside_the_main_thread(tmp_path):
    run, done = new_run(tmp_path / "run"), []
    thread = threading.Thread(target=lambda: done.append(train(run, SOURCE, ONE_STEP)))
    thread.start()
    thread.join()
    assert done[0].n_images == 8


def test_a_finished_run_can_be_resumed(tmp_path):
    run = new_run(tmp_path / "run")
    train(run, SOURCE)
    before = {path: path.stat().st_mtime_ns for path in run.checkpoints.rglob("*")}
    assert train(run, SOURCE, Session(report_page=True)).n_images == 48
    assert {path: path.stat().st_mtime_ns for path in run.checkpoints.rglob("*")} == before
    assert (run.folder / "report.html").exists()
