import hashlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest

import panogen
from panogen.data import Landscapes
from panogen.errors import JobError, UsageError
from panogen.run import KEEP, LOG_EVERY, Run, RunConfig, train
from tests.training.helpers import CONFIG

SMALL = [
    "--stages", "8:64,16:160", "--batch", "8", "--microbatch", "4", "--width", "16", "--depth", "3",
    "--checkpoint-images", "16", "--threads", "1", "--quiet",
]  # fmt: skip
CONFIGURED = RunConfig("procedural:landscapes", CONFIG)
SOURCE = Landscapes(count=4)


def command(*arguments):
    return [sys.executable, "-m", "panogen", "train", *map(str, arguments)]


def final_digest(run):
    (checkpoint,) = (run / "checkpoints").glob("000000224")
    return hashlib.sha256((checkpoint / "training.safetensors").read_bytes()).hexdigest()


def latest(run):
    try:
        return (run / "latest").read_text()
    except FileNotFoundError:
        return None


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL there")
def test_killed_and_resumed_it_ends_with_the_same_weights(tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(whole, *SMALL), check=True)
    process = subprocess.Popen(command(killed, *SMALL))
    for _ in range(2):
        seen = latest(killed)
        while latest(killed) in (None, seen):  # a checkpoint of its own, and on: the next comes 2 steps later
            assert process.poll() is None
            time.sleep(0.002)
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process = subprocess.Popen(command(killed, "--resume", *SMALL[-5:]))
    assert process.wait() == 0
    assert final_digest(killed) == final_digest(whole)
    assert panogen.load(killed).render(seed=1, width=32).std() > 0


@pytest.mark.skipif(os.name == "nt", reason="no SIGINT to another process there")
def test_interrupted_it_keeps_its_last_step(tmp_path):
    run = tmp_path / "run"
    process = subprocess.Popen(
        command(run, *SMALL[:10], "--checkpoint-images", "100000", "--quiet", "--stages", "8:8000")
    )
    while not (run / "metrics.jsonl").exists():
        time.sleep(0.01)
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait() == 130
    (checkpoint,) = (run / "checkpoints").iterdir()
    assert int(checkpoint.name) >= 8 * LOG_EVERY


def test_a_run_leaves_a_log_snapshots_and_its_last_checkpoints(tmp_path):
    run = Run.create(tmp_path / "run", CONFIGURED)
    steps = []
    state = train(run, SOURCE, checkpoint_images=16, report=lambda step, line: steps.append(step))
    assert state.n_images == 96 == 8 * len(steps)
    assert [path.name for path in sorted(run.checkpoints.iterdir())] == ["000000080", "000000096"]
    assert len(list(run.checkpoints.iterdir())) == KEEP
    assert len(list((run.folder / "snapshots").iterdir())) == 6
    card = (run.checkpoints / "000000096" / "model" / "README.md").read_text()
    assert "procedural landscapes" in card
    assert "96 crops" in card


def test_what_a_crash_has_left_is_dropped(tmp_path):
    run = Run.create(tmp_path / "run", CONFIGURED)
    run.clean(0)
    lines = [{"n_images": n} for n in (100, 200, 300)]
    run.metrics.write_text("".join(json.dumps(line) + "\n" for line in lines) + '{"n_images": 1')
    (run.checkpoints / ".000000250.1234.part").mkdir(parents=True)
    run.clean(250)
    assert not list(run.checkpoints.iterdir())
    assert [json.loads(line)["n_images"] for line in run.metrics.read_text().splitlines()] == [100, 200]


def test_seconds_of_training_add_up_over_resumes(tmp_path):
    run = Run.create(tmp_path / "run", CONFIGURED)
    train(run, SOURCE, minutes=0)
    _, first = run.load("cpu")
    train(run, SOURCE, minutes=0)
    _, second = run.load("cpu")
    assert 0 < first < second


def test_other_files_among_the_checkpoints_are_left_alone(tmp_path):
    run = Run.create(tmp_path / "run", CONFIGURED)
    for name in ("best", "old", "000000999"):
        (run.checkpoints / name).mkdir(parents=True)
    train(run, SOURCE, checkpoint_images=16)
    assert {path.name for path in run.checkpoints.iterdir()} == {"best", "old", "000000999", "000000080", "000000096"}


def test_one_process_at_a_time(tmp_path):
    run = Run.create(tmp_path / "run", CONFIGURED)
    with run.lock(), pytest.raises(JobError, match="another process is training this run; wait for it, or stop it"):
        train(run, SOURCE)


@pytest.mark.skipif(os.name == "nt", reason="no file size limit there")
def test_a_full_disk_keeps_the_last_checkpoint(tmp_path):
    run = tmp_path / "run"
    subprocess.run(command(run, *SMALL, "--minutes", "0"), check=True)
    before = (run / "latest").read_text()
    resumed = " ".join(command(run, "--resume", "--threads", "1", "--quiet"))
    result = subprocess.run(["bash", "-c", f"ulimit -f 64; {resumed}"], capture_output=True, text=True)
    assert result.returncode == 1
    assert f"Error: {run}: cannot be written: " in result.stderr
    assert "Traceback" not in result.stderr
    assert (run / "latest").read_text() == before
    assert [path.name for path in (run / "checkpoints").iterdir()] == [before.strip()]


def test_weights_that_are_no_numbers_are_not_saved(tmp_path):
    run = Run.create(tmp_path / "run", CONFIGURED)
    state, _ = run.load("cpu")
    state.g.fourier.phases.data[0] = float("inf")
    with pytest.raises(FloatingPointError, match=r"tensor g\.fourier\.phases is no longer finite"):
        run.save(state, 0.0, SOURCE)
    assert not run.checkpoints.exists()


def test_minutes_end_a_run_that_can_go_on(tmp_path):
    run = Run.create(tmp_path / "run", CONFIGURED)
    assert train(run, SOURCE, minutes=0).n_images == 8
    assert train(run, SOURCE).n_images == 96


def test_a_folder_in_use_is_not_overwritten(tmp_path):
    Run.create(tmp_path / "run", CONFIGURED)
    with pytest.raises(UsageError, match=r"run folder must be new or empty, got .*run; add --resume"):
        Run.create(tmp_path / "run", CONFIGURED)


def test_no_run_to_resume(tmp_path):
    with pytest.raises(JobError, match=r"config.json: cannot be read"):
        Run.open(tmp_path)


def test_a_loss_that_is_no_number_keeps_the_last_checkpoint(tmp_path, monkeypatch):
    run = Run.create(tmp_path / "run", CONFIGURED)
    train(run, SOURCE, minutes=0)
    before = (run.folder / "latest").read_text()
    monkeypatch.setattr("panogen.training.step.generator_loss", lambda scores: scores.mean() * float("nan"))
    with pytest.raises(
        JobError, match=r"training stopped: g_loss became nan; --resume goes on from the last checkpoint"
    ):
        train(run, SOURCE)
    assert (run.folder / "latest").read_text() == before
