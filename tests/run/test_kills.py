"""Killed at any moment and resumed, a run ends with the same bits."""

import hashlib
import json
import random
import signal
import time

import pytest

from tests.run.helpers import begin, go_on, needs_signals, new_mode

KILLS = 3  # of each mode, the first during a save
MODES = (["octaves"], ["patches", "ada", "two discriminators"])
TIME_OF = ("images_per_second", "seconds_data", "seconds_networks", "seconds_update", "data_wait", "total_seconds")


def outcome(run):
    """What a finished run leaves, all of it but times: a digest of its tensors, its log, its files."""
    checkpoint = run.checkpoints / f"{run.config.train.total_images:09d}"
    digest = hashlib.sha256((checkpoint / "training.safetensors").read_bytes()).hexdigest()
    log = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    log = [{name: value for name, value in line.items() if name not in TIME_OF} for line in log]
    return digest, log, sorted(str(path.relative_to(run.folder)) for path in run.folder.rglob("*"))


def parts(run):
    return set(run.checkpoints.glob(".*.part"))


def killed_in(run, wait):
    """Go on in a process, and kill it when ``wait`` is over; whether it was killed, rather than done before."""
    process = begin(go_on, run.folder)
    wait(process)
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


def killed_at(run, seconds):
    return killed_in(run, lambda process: process.join(seconds))


def killed_in_a_save(run):
    """Whether it was killed between the beginning and the end of a checkpoint."""
    left = parts(run)  # by an earlier kill: the next session drops it

    def wait(process):
        while process.is_alive() and not parts(run) - left:
            time.sleep(0.0002)

    return killed_in(run, wait) and bool(parts(run) - left)


@needs_signals
@pytest.mark.parametrize("modes", MODES, ids=", ".join)
def test_killed_and_resumed_it_ends_with_the_same_bits(tmp_path, modes):
    chance = random.Random(", ".join(modes))
    whole, started = new_mode(tmp_path / "whole", *modes), time.monotonic()
    finish(whole)
    taken, expected = time.monotonic() - started, outcome(whole)
    assert [line["n_images"] for line in expected[1]] == list(range(16, 49, 16))
    killed, kills = [new_mode(tmp_path / "killed0", *modes)], 0
    while kills < KILLS:
        if done(killed[-1]):  # sooner than it was to be killed
            killed.append(new_mode(tmp_path / f"killed{len(killed)}", *modes))
        kills += killed_at(killed[-1], chance.uniform(0, taken / 2)) if kills else killed_in_a_save(killed[-1])
    for run in killed:
        finish(run)
        assert outcome(run) == expected


def done(run):
    return (run.checkpoints / f"{run.config.train.total_images:09d}").exists()


def finish(run):
    process = begin(go_on, run.folder)
    process.join()
    assert process.exitcode == 0
