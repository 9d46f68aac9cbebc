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

from panogen import __version__
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
from panogen.data import CropCache, open_source
from panogen.errors import JobError, UsageError
from panogen.files import write_text
from panogen.runtime import keep_large_buffers
from panogen.sheet import contact_sheet
from panogen.sinks import save_picture
from panogen.training import StepReport, TrainConfig, TrainState, training

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
        run = cls(folder, config)
        try:
            (folder / "snapshots").mkdir(parents=True)
            run.checkpoints.mkdir()
            write_text(folder / "config.json", json.dumps(dataclasses.asdict(config), indent=2) + "\n")
        except OSError as error:
            raise JobError(f"{folder}: cannot be written: {error.strerror or error}") from None
        return run

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Find the run in a folder. Raises JobError where there is none."""
        try:
            return cls(folder, from_json(RunConfig, read_json(folder / "config.json")))
        except (TypeError, ValueError) as error:
            raise JobError(f"{folder / 'config.json'}: not a training run's config: {error}") from None

    def load(self, device: str) -> TrainState:
        """The state to go on from: the newest checkpoint, or a fresh start before the first."""
        checkpoint = latest_checkpoint(self.folder)
        if checkpoint is None:
            return TrainState.new(self.config.train, device)
        return load_state(self.config.train, checkpoint, device)

    def save(self, state: TrainState, seconds: float) -> Path:
        """Write a checkpoint, make it the latest, and drop all but the last ``KEEP``."""
        checkpoint = self.checkpoints / f"{state.n_images:09d}"
        if not checkpoint.exists():
            about = self.about(state, seconds)
            save_state(state, checkpoint, card(about), about)
            snapshot = self.folder / "snapshots" / f"{state.n_images:09d}.png"
            shown = Panogen(Model(state.g_ema, state.config.chart), self.folder.name)
            width = state.config.chart.natural_width(2 * state.d.resolution)
            save_picture(snapshot, contact_sheet([shown.render(seed, width=width) for seed in SNAPSHOT_SEEDS]))
        write_latest(self.folder, checkpoint)
        for old in sorted(self.checkpoints.iterdir())[:-KEEP]:
            shutil.rmtree(old)
        return checkpoint

    def about(self, state: TrainState, seconds: float) -> dict[str, Any]:
        """What a model of this run says of itself."""
        source = open_source(self.config.data)
        return {
            "data": self.config.data,
            "trained_on": source.description,
            "data_licence": source.licence,
            "images": state.n_images,
            "resolution": state.d.resolution,
            "seed": state.config.seed,
            "training_seconds": round(seconds),
            "panogen": __version__,
        }

    def trained_seconds(self, n_images: int) -> float:
        """Seconds of training that the log counts up to ``n_images``; lines beyond are dropped, as they come again."""
        try:
            lines = [json.loads(line) for line in self.metrics.read_text().splitlines()]
        except FileNotFoundError:
            return 0.0
        kept = [line for line in lines if line["n_images"] <= n_images]
        if len(kept) < len(lines):
            write_text(self.metrics, "".join(json.dumps(line) + "\n" for line in kept))
        return kept[-1]["total_seconds"] if kept else 0.0


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
    *,
    minutes: float | None = None,
    checkpoint_images: int = 8_000,
    workers: int = 1,
    device: str = "cpu",
    report: Callable[[StepReport, dict[str, float]], None] = lambda step, line: None,
) -> TrainState:
    """Train until all images are seen, ``minutes`` are over, or SIGINT asks to stop; each ends with a checkpoint.

    ``report`` hears of every step; its second argument holds the line of the log that the step completed, or nothing.
    Raises JobError where a loss became no finite number, or the disk takes no checkpoint; the last one is kept.
    """
    keep_large_buffers()
    state = run.load(device)
    before = run.trained_seconds(state.n_images)
    crops = CropCache(open_source(run.config.data), run.config.train.chart)
    started = time.monotonic()
    log = Log(run.metrics)
    next_checkpoint = (state.n_images // checkpoint_images + 1) * checkpoint_images
    with interruption() as interrupted:
        try:
            for step in training(state, crops, workers):
                elapsed = time.monotonic() - started
                report(step, log.add(step, before + elapsed))
                out_of_time = minutes is not None and elapsed >= minutes * 60
                if step.n_images >= next_checkpoint:
                    run.save(state, before + elapsed)
                    next_checkpoint += checkpoint_images
                if out_of_time or interrupted():
                    break
            run.save(state, before + time.monotonic() - started)
        except FloatingPointError as error:
            raise JobError(f"training stopped: {error}; the last checkpoint in {run.folder} is kept") from None
        except OSError as error:
            raise JobError(f"{run.folder}: cannot be written: {error.strerror or error}") from None
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
    """Turns SIGINT into a question to be asked between steps; a second SIGINT stops at once."""
    asked = threading.Event()

    def ask(signum: int, frame: Any) -> None:
        asked.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, ask)
    try:
        yield asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)
