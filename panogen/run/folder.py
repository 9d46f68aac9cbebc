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
import math
import shutil
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, TypeVar

from panogen.base.arguments import at_home
from panogen.base.errors import JobError, UsageError
from panogen.base.files import write_text
from panogen.base.folder import WorkFolder, check_same
from panogen.base.records import LEFT_OUT, from_json, to_json
from panogen.base.tensors import read_json
from panogen.base.version import __version__
from panogen.data import Reading, Source
from panogen.networks import DiscriminatorConfig
from panogen.run.snapshots import Snapshots
from panogen.training import TrainConfig, TrainState
from panogen.weights.checkpoint import latest_checkpoint, load_state, save_state, start_tensors, write_latest

KEEP = 2  # checkpoints
CONFIG, DATA = "config.json", "data.json"
LARGEST_DATA = 100_000_000  # bytes: a reason for each of many pictures

T = TypeVar("T")


@dataclass(frozen=True)
class RunConfig:
    """What is trained, and on what. ``run_config`` makes one whose ``data`` and ``start`` mean the same from anywhere.

    ``data_kind``, ``photo_fov_deg``, ``recursive`` and ``level`` are how the data's folder is read; ``start`` is the
    model or run that it began with, if any, and ``mean_with`` another one, with which its generator was the mean.
    """

    data: str
    train: TrainConfig
    data_kind: str | None = None
    photo_fov_deg: float | None = None
    start: str | None = None
    recursive: bool | None = field(default=None, metadata=LEFT_OUT)
    level: bool | None = field(default=None, metadata=LEFT_OUT)
    mean_with: str | None = field(default=None, metadata=LEFT_OUT)

    @property
    def reading(self) -> Reading:
        """How the data's folder is read."""
        return Reading(self.data_kind, self.photo_fov_deg, self.recursive, self.level)

    def suited(self, source: Source) -> Source:
        """Return a source as the recipe sees it, for its chart. Raises UsageError for pictures that do not go around
        where whole bands are asked for, JobError where no picture fills the chart."""
        train = self.train
        source = source.fitted(train.chart.band, train.nadir_deg)
        if train.global_weight > 0 and any(source.extent_rad(index) < 2 * math.pi for index in range(len(source))):
            raise UsageError(f"global_weight needs panoramas, got {source.description}; leave it out")
        return source


class Run:
    """A run's folder."""

    def __init__(self, folder: Path, config: RunConfig, request: dict[str, Any] | None = None):
        self.folder, self.config = folder, config
        self.work = WorkFolder(folder, "run", request or to_json(config), CONFIG)
        self.checkpoints = folder / "checkpoints"
        self.metrics = folder / "metrics.jsonl"
        self.snapshots = Snapshots(folder / "snapshots")
        self.report = folder / "report.html"

    @classmethod
    def begin(cls, folder: str | Path, config: RunConfig, source: Source, *, resume: bool = False) -> "Run":
        """Begin a run in a folder that is new or empty or, with ``resume``, find the same one there, whose pictures may
        have moved.

        Raises UsageError for a folder or pictures that do not suit, JobError for other pictures than the run began
        with and for a folder that cannot be written.
        """
        folder, source = Path(at_home(folder)), config.suited(source)
        found = cls.find(folder) if resume else None
        if found is not None:
            check_same(folder, "run", to_json(replace(found.config, data=config.data)), to_json(config))
        run = found or cls(folder, config)
        with run.work.opened(resume=resume):
            if not (folder / DATA).exists():
                write_text(folder / DATA, json.dumps(data_statistics(source), indent=2) + "\n")
            return run if run.config.data == config.data else run._moved(config.data, source)

    def _moved(self, data: str, source: Source) -> "Run":
        self.require_same_data(source, data)
        request = {**self.work.request, "data": data}
        write_text(self.folder / CONFIG, json.dumps(request, indent=2) + "\n")
        return Run.open(self.folder)

    @classmethod
    def open(cls, folder: str | Path) -> "Run":
        """Read the run in a folder. Raises JobError where there is none."""
        folder = Path(at_home(folder))
        return cls(folder, read_config(RunConfig, folder), read_json(folder / CONFIG))

    @classmethod
    def find(cls, folder: Path) -> "Run | None":
        """Return the run in a folder, if one has begun there. Raises JobError where it cannot be read."""
        return cls.open(folder) if (folder / CONFIG).is_file() else None

    def data_at_start(self) -> dict[str, Any]:
        """Read the ``data_statistics`` of when the run began. Raises JobError."""
        return read_json(self.folder / DATA, LARGEST_DATA)

    def require_same_data(self, source: Source, data: str | None = None) -> None:
        """Raise JobError where the pictures, those of ``data`` where they are not in their place, are no longer what
        the run began with."""
        began, now = self.data_at_start(), data_statistics(source)
        if began.get("fingerprint") != now["fingerprint"]:
            raise JobError(
                f"{data or self.config.data}: not the pictures that {self.folder} began with: "
                f"{began.get('count')} then, {now['count']} now, fingerprint {str(began.get('fingerprint'))[:8]} then, "
                f"{now['fingerprint'][:8]} now; bring those back, or let a new run begin with {str(self.folder)!r}"
            )

    def load(self, device: str) -> tuple[TrainState, float]:
        """Return the state to go on from, and its seconds of training: the newest checkpoint, or a fresh start."""
        checkpoint = latest_checkpoint(self.folder)
        if checkpoint is not None:
            return load_state(self.config.train, checkpoint, device)
        start = self.config.start and start_tensors(self.config.start, self.config.mean_with)
        try:
            return TrainState.new(self.config.train, device, start or None), 0.0
        except (KeyError, RuntimeError) as error:
            raise JobError(f"{self.config.start}: not a model of this run's shape: {error}") from None

    def save(self, state: TrainState, seconds: float, source: Source) -> Path:
        """Write a checkpoint and a snapshot, make it the latest, and drop all older ones but ``KEEP`` - 1.

        Where the run was taken back to an earlier one and has trained from there, those beyond are of what is no
        longer, and are dropped, too, with their snapshots. Raises FloatingPointError, with nothing written, where the
        state has values that are no finite numbers.
        """
        checkpoint = self.checkpoints / numbered(state.n_images)
        trained = checkpoint != latest_checkpoint(self.folder)
        if trained:
            state.require_finite()
            self.checkpoints.mkdir(exist_ok=True)
            if checkpoint.exists():  # the run was taken back to an earlier one
                shutil.rmtree(checkpoint)
            about = describe(state, seconds, source)
            self.snapshots.save(state)  # first: no checkpoint is without one, whenever the process ends
            save_state(state, checkpoint, seconds, card(about), about)
        write_latest(self.folder, checkpoint)
        if trained:
            self._drop_beyond(state.n_images)
        older = sorted(other for other in self.checkpoints.iterdir() if other.name.isdecimal() and other < checkpoint)
        for other in older[: len(older) - (KEEP - 1)]:
            shutil.rmtree(other)
        return checkpoint

    def _drop_beyond(self, n_images: int) -> None:
        names = [path.name for path in self.checkpoints.iterdir() if path.name.isdecimal()]
        for name in names:
            if int(name) > n_images and name == numbered(int(name)):
                shutil.rmtree(self.checkpoints / name)
        self.snapshots.drop_beyond(n_images)


def numbered(n_images: int) -> str:
    """Return the name of the checkpoint after so many images."""
    return f"{n_images:09d}"


def found_again(name: str) -> str:
    """Return the name of a folder as it is from anywhere, and any other name as it is."""
    folder = Path(at_home(name))
    return str(folder.resolve()) if folder.is_dir() else name


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
    """Return what a source says of itself, for JSON."""
    return {
        "description": source.description,
        "licence": source.licence,
        "count": len(source),
        "skipped": source.skipped,
        "fingerprint": source.fingerprint(),
    }


def describe(state: TrainState, seconds: float, source: Source) -> dict[str, Any]:
    """Return what a model of a run says of itself, for JSON."""
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
    """Return the first card of a model: what is known without looking at its pictures."""
    hours = about["training_seconds"] / 3600
    return (
        "# A panogen model\n\n"
        f"Trained on {about['trained_on']} ({about['data_licence']}): {about['images']} views, the last ones of bands "
        f"{about['resolution']} pixels high, in {hours:.2f} hours, seed {about['seed']}.\n\n"
        "    panogen render --model FOLDER --seed 4 --width 4096 out.png\n"
    )
