"""Killed at any moment and resumed, a run ends with the same bits."""

import hashlib
import itertools
import json
import os
import random
import signal
import sys

import pytest

from tests.run.helpers import begin, go_on, needs_signals, new_mode

KILLS = 3  # of each mode, the first during a save
MOMENTS, OF_A_SAVE = 100, 18  # touches that there are at least, by a run and of a checkpoint until it is whole
TOUCHES = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir")  # audit events whose first argument is a path
MODES = (["octaves"], ["patches", "ada", "two discriminators"])
TIME_OF = ("images_per_second", "seconds_data", "seconds_networks", "seconds_update", "data_wait", "total_seconds")


def outcome(run):
    """What a finished run leaves, all of it but times: a digest of its tensors, its log, its files."""
    checkpoint = run.checkpoints / f"{run.config.train.total_images:09d}"
    digest = hashlib.sha256((checkpoint / "training.safetensors").read_bytes()).hexdigest()
    log = [json.loads(line) for line in run.metrics.read_text().splitlines()]
    log = [{name: value for name, value in line.items() if name not in TIME_OF} for line in log]
    return digest, log, sorted(str(path.relative_to(run.folder)) for path in run.folder.rglob("*"))


def go_on_until(folder, within, moment):
    """Go on, but be killed just before the ``moment``-th time that a path that begins with ``within`` is touched."""
    count = itertools.count(1)

    def watch(event, arguments):
        if event in TOUCHES and str(arguments[0]).startswith(within) and next(count) == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(watch)
    go_on(folder)


def killed_at(run, within, moment):
    """Whether it was killed, rather than done before."""
    process = begin(go_on_until, run.folder, str(within), moment)
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return process.exitcode != 0


@needs_signals
@pytest.mark.parametrize("modes", MODES, ids=", ".join)
def test_killed_and_resumed_it_ends_with_the_same_bits(tmp_path, modes):
    chance = random.Random(", ".join(modes))
    whole, killed = new_mode(tmp_path / "whole", *modes), [new_mode(tmp_path / "killed0", *modes)]
    finish(whole)
    expected = outcome(whole)
    assert [line["n_images"] for line in expected[1]] == list(range(16, 49, 16))
    assert killed_at(killed[0], f"{killed[0].checkpoints}/.", chance.randint(2, OF_A_SAVE))
    assert list(killed[0].checkpoints.glob(".*.part"))
    kills = 1
    while kills < KILLS:
        if done(killed[-1]):  # sooner than it was to be killed
            killed.append(new_mode(tmp_path / f"killed{len(killed)}", *modes))
        kills += killed_at(killed[-1], killed[-1].folder, chance.randint(1, MOMENTS))
    for run in killed:
        finish(run)
        assert outcome(run) == expected


def done(run):
    return (run.checkpoints / f"{run.config.train.total_images:09d}").exists()


def finish(run):
    process = begin(go_on, run.folder)
    process.join()
    assert process.exitcode == 0
