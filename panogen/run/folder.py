"""The folder of a training run, and how it is resumed.

RUN/config.json       the recipe and the data
    data.json         what the data held when the run began, and which of its files were skipped and why
    metrics.jsonl     a line every LOG_EVERY steps
    snapshots/        panoramas of the same seeds, and walks between two of them, as the model learns
    checkpoints/      the last KEEP of them, each with everything to resume from and the model as it stood
    latest            the name of the newest whole checkpoint
    report.html       if asked for: curves and pictures on one page
"""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from torch import Tensor

from panogen.base.errors import JobError, UsageError
from panogen.base.files import write_text
from panogen.base.records import from_json, to_json
from panogen.base.tensors import read_json
from panogen.base.version import __version__
from panogen.data import Source
from panogen.networks import DiscriminatorConfig
from panogen.run.log import cut_log
from panogen.run.snapshots import Snapshots
from panogen.training import TrainConfig, TrainState
from panogen.weights.checkpoint import (
    latest_checkpoint,
    load_model,
    load_state,
    save_state,
    state_tensors,
    write_latest,
)
from panogen.weights.shipped import model_folder

KEEP = 2  # checkpoints
CONFIG, DATA = "config.json", "data.json"
LARGEST_DATA = 100_000_000  # bytes: a reason for each of many pictures

T = TypeVar("T")


@dataclass(frozen=True)
class RunConfig:
    """What is trained, and on what.

    ``data_kind`` and ``photo_fov_deg`` are as ``open_source`` takes them; ``start`` is the model or run that it began
    with, if any.
    """

    data: str
    train: TrainConfig
    data_kind: str | None = None
    photo_fov_deg: float | None = None
    start: str | None = None


class Run:
    """A run's folder."""

    def __init__(self, folder: Path, config: RunConfig):
        self.folder, self.config = folder, config
        self.checkpoints = folder / "checkpoints"
        self.metrics = folder / "metrics.jsonl"
        self.snapshots = Snapshots(folder / "snapshots")
        self.report = folder / "report.html"

    @classmethod
    def create(cls, folder: Path, config: RunConfig, source: Source) -> "Run":
        """Begin a run in a folder that is new or empty."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UsageError(f"run folder must be new or empty, got {folder}; add --resume to go on with the run in it")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            write_text(folder / DATA, json.dumps(data_statistics(source), indent=2) + "\n")
            write_text(folder / CONFIG, json.dumps(to_json(config), indent=2) + "\n")  # last: a run
        except OSError as error:
            raise JobError(f"{folder}: cannot be written: {error.strerror or error}") from None
        return cls(folder, config)

    @classmethod
    def open(cls, folder: Path) -> "Run":
        """Find the run in a folder. Raises JobError where there is none."""
        return cls(folder, read_config(RunConfig, folder))

    def data_at_start(self) -> dict[str, Any]:
        """Read the ``data_statistics`` of when the run began. Raises JobError."""
        return read_json(self.folder / DATA, LARGEST_DATA)

    def require_same_data(self, source: Source) -> None:
        """Raise JobError where the data is no longer what the run began with."""
        began, now = self.data_at_start(), data_statistics(source)
        if began.get("fingerprint") != now["fingerprint"]:
            raise JobError(
                f"{self.config.data}: the data has changed since {self.folder} began: {began.get('count')} pictures "
                f"then, {now['count']} now, fingerprint {str(began.get('fingerprint'))[:8]} then, "
                f"{now['fingerprint'][:8]} now; bring the old pictures back, or begin a new run with --from "
                f"{self.folder}"
            )

    def lock(self) -> FileLock:
        """A lock that one process at a time can hold; the system releases it when the process ends."""
        return FileLock(self.folder / "lock", timeout=0)

    def load(self, device: str) -> tuple[TrainState, float]:
        """The state to go on from, and its seconds of training: the newest checkpoint, or a fresh start."""
        checkpoint = latest_checkpoint(self.folder)
        if checkpoint is not None:
            return load_state(self.config.train, checkpoint, device)
        start = self.config.start and start_tensors(self.config.start)
        try:
            return TrainState.new(self.config.train, device, start or None), 0.0
        except (KeyError, RuntimeError) as error:
            raise JobError(f"{self.config.start}: not a model of this run's shape: {error}") from None

    def save(self, state: TrainState, seconds: float, source: Source) -> Path:
        """Write a checkpoint and a snapshot, make it the latest, and drop all older ones but ``KEEP`` - 1.

        Raises FloatingPointError, with nothing written, where the state has values that are no finite numbers.
        """
        checkpoint = self.checkpoints / f"{state.n_images:09d}"
        if checkpoint != latest_checkpoint(self.folder):
            state.require_finite()
            self.checkpoints.mkdir(exist_ok=True)
            if checkpoint.exists():  # the run was taken back to an earlier one
                shutil.rmtree(checkpoint)
            about = describe(state, seconds, source)
            self.snapshots.save(state)  # first: no checkpoint is without one, whenever the process ends
            save_state(state, checkpoint, seconds, card(about), about)
        write_latest(self.folder, checkpoint)
        older = sorted(other for other in self.checkpoints.iterdir() if other.name.isdecimal() and other < checkpoint)
        for other in older[: len(older) - (KEEP - 1)]:
            shutil.rmtree(other)
        return checkpoint

    def clean(self, n_images: int) -> None:
        """Drop what a crash has left: parts of files and checkpoints, and of the log what is cut short or comes again
        because it lies beyond ``n_images``."""
        for part in list(self.folder.rglob(".*.part")):
            shutil.rmtree(part) if part.is_dir() else part.unlink()
        cut_log(self.metrics, n_images)


def start_tensors(start: str) -> Mapping[str, Tensor]:
    """What a run can begin with: all tensors of another run's newest checkpoint, or the generator of a model."""
    checkpoint = latest_checkpoint(Path(start))
    if checkpoint is not None:
        return state_tensors(checkpoint)
    model = load_model(model_folder(start))
    return {f"g_ema.{name}": value for name, value in model.generator.state_dict().items()}


def discriminator_of(folder: Path) -> DiscriminatorConfig | None:
    """Shape of the discriminator of the run in a folder, if there is one. Raises JobError."""
    if latest_checkpoint(folder) is None:
        return None
    return read_config(DiscriminatorConfig, folder, "train", "discriminator")


def read_config(cls: type[T], folder: Path, *within: str) -> T:
    """Read a run's config, or the part of it ``within`` fields of these names. Raises JobError."""
    path = folder / CONFIG
    try:
        return from_json(cls, reduce(getitem, within, read_json(path)))
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise JobError(f"{path}: not a training run's config: {error}") from None


def data_statistics(source: Source) -> dict[str, Any]:
    """What a source says of itself."""
    return {
        "description": source.description,
        "licence": source.licence,
        "count": len(source),
        "skipped": {path.name: reason for path, reason in source.skipped.items()},
        "fingerprint": source.fingerprint(),
    }


def describe(state: TrainState, seconds: float, source: Source) -> dict[str, Any]:
    """What a model of a run says of itself."""
    return {
        "trained_on": source.description,
        "data_licence": source.licence,
        "images": state.n_images,
        "resolution": state.config.stages[state.stage].resolution,
        "seed": state.config.seed,
        "training_seconds": round(seconds),
        "panogen": __version__,
    }


def card(about: dict[str, Any]) -> str:
    """The first card of a model: what is known without looking at its pictures."""
    hours = about["training_seconds"] / 3600
    return (
        "# A panogen model\n\n"
        f"Trained on {about['trained_on']} ({about['data_licence']}): {about['images']} views, the last ones of bands "
        f"{about['resolution']} pixels high, in {hours:.2f} hours, seed {about['seed']}.\n\n"
        "    panogen render --model FOLDER --seed 4 --width 4096 out.png\n"
    )
