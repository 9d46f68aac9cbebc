"""Runs small enough for tests, in this process or in others that can be killed."""

import itertools
import multiprocessing
import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from panogen.base.signals import STOPPING
from panogen.data import Landscapes
from panogen.run import Run, RunConfig, Session, train
from tests.training.helpers import CONFIG, config_of, short

CONFIGURED = RunConfig("procedural:landscapes", short(CONFIG))
SOURCE = Landscapes(count=4)
OPTIONS = (
    "--patch", "8", "--batch", "8", "--microbatch", "4", "--channels", "16", "--depth", "3",
    "--discriminator-base", "64", "--discriminator-max", "8", "--threads", "1",
)  # fmt: skip
LOG_STEPS = 2  # for runs that end after a few
NOTED = "panogen.pictures.canvas.journal.Journal.entry"  # called when a block is on disk, and nothing says so yet

needs_signals = pytest.mark.skipif(os.name == "nt", reason="no such signals there")

# One server imports everything once, torch's optimizers what they import when the first is made, too; every process
# begins as a copy of it.
FRESH = multiprocessing.get_context("forkserver" if os.name != "nt" else "spawn")
PRELOADED = ["pytest", "panogen.cli.train", "panogen.run", "torch._dynamo", "tests.training.helpers"]
FRESH.set_forkserver_preload(PRELOADED)


def new_run(folder: Path, config: RunConfig = CONFIGURED) -> Run:
    return Run.begin(folder, config, SOURCE)


def new_mode(folder: Path, *modes: str) -> Run:
    return new_run(folder, RunConfig("procedural:landscapes", short(config_of(*modes))))


def log_often(patch: pytest.MonkeyPatch) -> None:
    """Have runs write a line of their log every second step, and snapshots of two places each."""
    patch.setattr("panogen.run.log.LOG_EVERY", LOG_STEPS)
    patch.setattr("panogen.run.snapshots.SEEDS", (0, 1))
    patch.setattr("panogen.run.snapshots.WALK_STEPS", 2)


def go_on(folder: Path) -> None:
    """Train the run in a folder from where it stands, with a line of the log and a checkpoint every second step."""
    with pytest.MonkeyPatch.context() as patch:
        log_often(patch)
        train(Run.open(folder), SOURCE, Session(checkpoint_images=16))


def command(told: Path, *arguments: str) -> None:
    """What ``panogen train ARGUMENTS`` does, with a log of every second step; its talk goes into a file."""
    from panogen.cli.main import main

    for number in STOPPING:  # whoever runs the tests may ignore some
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    sys.stderr = told.open("w")
    with pytest.MonkeyPatch.context() as patch:
        log_often(patch)
        main(["train", *arguments])


def begin(target: Callable[..., None], *arguments: object) -> multiprocessing.process.BaseProcess:
    """A process of its own that calls a function."""
    process = FRESH.Process(target=target, args=arguments, daemon=True)
    process.start()
    return process


def killed_before(call: str, number: int, target: Callable[..., None], *arguments: object) -> None:
    """Call a function in a process of its own, which is killed just before the ``number``-th call of another one, by
    its dotted name."""
    process = begin(go_until, call, number, target, *arguments)
    process.join()
    assert process.exitcode == -signal.SIGKILL


def go_until(call: str, number: int, target: Callable[..., None], *arguments: object) -> None:
    """Call a function in this process, and end it as ``killed_before`` says."""
    count, found = itertools.count(1), pkgutil.resolve_name(call)

    def counted(*given: object, **options: object) -> object:
        if next(count) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return found(*given, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(call, counted)
        target(*arguments)
