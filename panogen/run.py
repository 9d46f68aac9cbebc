"""A training run on disk: its folder, its log, its snapshots, and how it is resumed.

RUN/config.json       the recipe and the data
    metrics.jsonl     a line every LOG_EVERY steps
    snapshots/        panoramas of the same seeds, as the model learns
    checkpoints/      the last KEEP of them, each with everything to resume from and the model as it stood
    latest            the name of the newest whole checkpoint
"""

import contextlib
import dataclasses
import json
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from panogen.api import Panogen
from panogen.checkpoint import (
    Model,
    from_json,
    latest_checkpoint,
    load_state,
    read_json,
    save_state,
    write_latest,
)
from panogen.data import CropCache, Source
from panogen.errors import JobError, UsageError
from panogen.files import write_text
from panogen.runtime import keep_large_buffers
from panogen.sheet import contact_sheet
from panogen.sinks import save_picture
from panogen.training import StepReport, TrainConfig, TrainState, training
from panogen.version import __version__

LOG_EVERY = 50  # steps
KEEP = 2  # checkpoints
SNAPSHOT_SEEDS = tuple(range(8))


@dataclass(frozen=True)
class RunConfig:
    """What is trained, and on what."""

    data: str
    train: TrainConfig


class Run:
    """A run's folder."""

    def __init__(self, folder: Path, config: RunConfig):
        self.folder, self.config = folder, config
        self.checkpoints = folder / "checkpoints"
        self.metrics = folder / "metrics.jsonl"

    @classmethod
    def create(cls, folder: Path, config: RunConfig) -> "Run":
        """Begin a run in a folder that is new or empty."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"run folder must be new or empty, got {folder}; add --resume to go on with the run in it")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_text(folder / "config.json", json.dumps(dataclasses.asdict(config), indent=2) + "\n")
        except OSError as error:
            raise JobError(f"{folder}: cannot be written: {error.strerror or error}") from None
        return cls(folder, config)

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Find the run in a folder. Raises JobError where there is none."""
        try:
            return cls(folder, from_json(RunConfig, read_json(folder / "config.json")))
        except (TypeError, ValueError, OverflowError) as error:
            raise JobError(f"{folder / 'config.json'}: not a training run's config: {error}") from None

    def lock(self) -> FileLock:
        """A lock that one process at a time can hold; the system releases it when the process ends."""
        return FileLock(self.folder / "lock", timeout=0)

    def load(self, device: str) -> tuple[TrainState, float]:
        """The state to go on from, and its seconds of training: the newest checkpoint, or a fresh start."""
        checkpoint = latest_checkpoint(self.folder)
        if checkpoint is None:
            return TrainState.new(self.config.train, device), 0.0
        return load_state(self.config.train, checkpoint, device)

    def save(self, state: TrainState, seconds: float, source: Source) -> Path:
        """Write a checkpoint and a snapshot, make it the latest, and drop all older ones but ``KEEP`` - 1.

        Raises FloatingPointError, with nothing written, where the state has values that are no finite numbers.
        """
        checkpoint = self.checkpoints / f"{state.n_images:09d}"
        if not checkpoint.exists():
            state.require_finite()
            self.checkpoints.mkdir(exist_ok=True)
            about = describe(state, seconds, source)
            save_state(state, checkpoint, seconds, card(about), about)
            self.save_snapshot(state)
        write_latest(self.folder, checkpoint)
        older = sorted(other for other in self.checkpoints.iterdir() if other.name.isdecimal() and other < checkpoint)
        for other in older[: len(older) - (KEEP - 1)]:
            shutil.rmtree(other)
        return checkpoint

    def save_snapshot(self, state: TrainState) -> None:
        """Panoramas of the averaged generator, twice as dense as its crops."""
        (self.folder / "snapshots").mkdir(exist_ok=True)
        chart = state.config.chart
        shown = Panogen(Model(state.g_ema, chart), self.folder.name)
        width = chart.natural_width(2 * state.d.resolution)
        pictures = [shown.render(seed, width=width) for seed in SNAPSHOT_SEEDS]
        save_picture(self.folder / "snapshots" / f"{state.n_images:09d}.png", contact_sheet(pictures))

    def clean(self, n_images: int) -> None:
        """Drop what a crash has left: parts of checkpoints, and of the log what is cut short or comes again because it
        lies beyond ``n_images``."""
        for part in self.checkpoints.glob(".*.part"):
            shutil.rmtree(part)
        if not self.metrics.exists():
            return
        kept = []
        for line in self.metrics.read_text().splitlines():
            with contextlib.suppress(ValueError, KeyError, TypeError):
                if json.loads(line)["n_images"] <= n_images:
                    kept.append(line + "\n")
        write_text(self.metrics, "".join(kept))


def describe(state: TrainState, seconds: float, source: Source) -> dict[str, Any]:
    """What a model of a run says of itself."""
    return {
        "trained_on": source.description,
        "data_licence": source.licence,
        "images": state.n_images,
        "resolution": state.d.resolution,
        "seed": state.config.seed,
        "training_seconds": round(seconds),
        "panogen": __version__,
    }


def card(about: dict[str, Any]) -> str:
    """The first card of a model: what is known without looking at its pictures."""
    hours = about["training_seconds"] / 3600
    return (
        "# A panogen model\n\n"
        f"Trained on {about['trained_on']} ({about['data_licence']}): {about['images']} crops, the last ones "
        f"{about['resolution']} pixels a side, in {hours:.2f} hours, seed {about['seed']}.\n\n"
        "    panogen render --model FOLDER --seed 4 --width 4096 out.png\n"
    )


def train(
    run: Run,
    source: Source,
    *,
    minutes: float | None = None,
    checkpoint_images: int = 8_000,
    workers: int = 1,
    device: str = "cpu",
    report: Callable[[StepReport, dict[str, float]], None] = lambda step, line: None,
) -> TrainState:
    """Train until all images are seen, ``minutes`` are over, or SIGINT asks to stop; each ends with a checkpoint.

    ``report`` hears of every step; its second argument holds the line of the log that the step completed, or nothing.
    Raises JobError where another process trains this run, a loss or a weight became no finite number, or the disk takes
    no checkpoint; the last one is kept.
    """
    try:
        with run.lock():
            return _train(run, source, minutes, checkpoint_images, workers, device, report)
    except Timeout:
        raise JobError(f"{run.folder}: another process is training this run; wait for it, or stop it") from None
    except FloatingPointError as error:
        raise JobError(
            f"training stopped: {error}; --resume goes on from the last checkpoint in {run.folder}"
        ) from None
    except OSError as error:
        raise JobError(f"{run.folder}: cannot be written: {error.strerror or error}") from None


def _train(
    run: Run,
    source: Source,
    minutes: float | None,
    checkpoint_images: int,
    workers: int,
    device: str,
    report: Callable[[StepReport, dict[str, float]], None],
) -> TrainState:
    keep_large_buffers()
    state, before = run.load(device)
    run.clean(state.n_images)
    crops = CropCache(source, run.config.train.chart)
    started = time.monotonic()
    log = Log(run.metrics)
    next_checkpoint = (state.n_images // checkpoint_images + 1) * checkpoint_images
    with interruption() as interrupted:
        for step in training(state, crops, workers):
            elapsed = time.monotonic() - started
            report(step, log.add(step, before + elapsed))
            if step.n_images >= next_checkpoint:
                run.save(state, before + elapsed, source)
                next_checkpoint += checkpoint_images
            if interrupted() or (minutes is not None and elapsed >= minutes * 60):
                break
        run.save(state, before + time.monotonic() - started, source)
        if interrupted():
            raise KeyboardInterrupt
    return state


class Log:
    """Means over LOG_EVERY steps, a JSON object a line."""

    def __init__(self, path: Path):
        self.path = path
        self.steps: list[StepReport] = []
        self.since = time.monotonic()

    def add(self, step: StepReport, total_seconds: float) -> dict[str, float]:
        """Take in a step; returns the line that it completed, or nothing."""
        self.steps.append(step)
        if len(self.steps) < LOG_EVERY:
            return {}
        now = time.monotonic()
        images = self.steps[-1].n_images - self.steps[0].n_images
        line: dict[str, float] = {"n_images": step.n_images, "resolution": step.resolution}
        line["images_per_second"] = round(images * len(self.steps) / (len(self.steps) - 1) / (now - self.since), 2)
        for kind in ("losses", "seconds"):
            names = {name for report in self.steps for name in getattr(report, kind)}
            for name in sorted(names):
                values = [getattr(report, kind)[name] for report in self.steps if name in getattr(report, kind)]
                key = name if kind == "losses" else f"seconds_{name.replace(' ', '_')}"
                scale = 1 if kind == "losses" else len(values) / len(self.steps)
                line[key] = round(float(np.mean(values)) * scale, 5)
        line["total_seconds"] = round(total_seconds, 1)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.steps, self.since = [], now
        return line


@contextlib.contextmanager
def interruption() -> Iterator[Callable[[], bool]]:
    """Turns SIGINT into a question to be asked between steps; a second SIGINT stops at once.

    Signals reach the main thread alone; in any other, nothing is asked.
    """
    asked = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield asked.is_set
        return

    def ask(signum: int, frame: Any) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
