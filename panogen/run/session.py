"""A session: from a run's newest checkpoint onwards, until it is done or asked to stop."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from panogen.base.errors import JobError, UsageError, writing
from panogen.base.extras import require
from panogen.base.runtime import default_workers, keep_large_buffers
from panogen.base.signals import Stopped, handled
from panogen.data import CropCache, Source
from panogen.data.crops import CACHE_MB
from panogen.run.folder import Run
from panogen.run.log import LogWriter, cut_log
from panogen.run.page import write_report
from panogen.training import Ranks, StepReport, TrainState, training
from panogen.training.ranks import ONE_RANK
from panogen.weights.checkpoint import latest_checkpoint

Report = Callable[[StepReport, dict[str, float]], None]


@dataclass(frozen=True)
class Session:
    """How a run is trained today; nothing here changes what comes out.

    ``minutes`` ends it early. Decoded pictures stay in memory up to ``cache_mb``. Checkpoints come every
    ``checkpoint_images``. ``workers`` threads compute parts of a batch at a time; None: see ``parts_in_flight``.
    """

    minutes: float | None = None
    checkpoint_images: int = 8_000
    cache_mb: int = CACHE_MB
    workers: int | None = None
    device: str = "cpu"
    report_page: bool = False
    tensorboard: bool = False


def train(
    run: Run,
    source: Source,
    session: Session = Session(),
    ranks: Ranks = ONE_RANK,
    report: Report = lambda step, line: None,
    stopping: Callable[[], None] = lambda: None,
) -> TrainState:
    """Train until all images are seen, the minutes are over, or a signal asks to stop; each ends with a checkpoint.

    ``report`` hears of every step; its second argument holds the line of the log that the step completed, or nothing.
    ``stopping`` hears of a signal at once, while the step in hand goes on.
    Of several processes the first alone writes and reports. Raises JobError where another process trains this run, a
    loss or a weight became no finite number, or the disk takes no checkpoint; the last one is kept. Raises it, too,
    where a picture of the data or another process has gone, after a checkpoint.
    """
    try:
        with run.work.opened(resume=True) if ranks.first else writing(run.folder):
            return _train(run, source, session, ranks, report, stopping)
    except FloatingPointError as error:
        raise JobError(f"training stopped: {error}; {kept_of(run)} can have a lower learning_rate") from None


def parts_in_flight(device: str, ranks: Ranks) -> int:
    """Return as many parts as there are cores. A GPU is filled by one, and two would take twice its memory."""
    return max(1, default_workers() // ranks.world) if device == "cpu" else 1


def kept_of(run: Run) -> str:
    """Say what is left of a run that stopped, and begin to say what to do."""
    if latest_checkpoint(run.folder) is None:
        return "it had no checkpoint yet; a new run"
    return f"its last checkpoint is kept, and a new run that begins with {str(run.folder)!r}"


def _train(
    run: Run, source: Source, session: Session, ranks: Ranks, report: Report, stopping: Callable[[], None]
) -> TrainState:
    keep_large_buffers()
    source = run.config.suited(source)
    run.require_same_data(source)
    state, before = run.load(session.device)
    writer = Writer(run, source, session, state.n_images) if ranks.first else None
    crops = CropCache(source, run.config.train.chart.band, session.cache_mb)
    workers = parts_in_flight(session.device, ranks) if session.workers is None else session.workers
    started = time.monotonic()
    if writer is not None and run.config.start is not None and state.n_images == 0:
        writer.save(state, before)  # what it begins with may change or go
    with interruption(stopping) as interrupted, writer or contextlib.nullcontext():
        failure: JobError | None = None
        try:
            for step in training(state, crops, workers, ranks):
                elapsed = time.monotonic() - started
                if writer is not None:
                    report(step, writer.add(step, state, before + elapsed))
                over = session.minutes is not None and elapsed >= session.minutes * 60
                if ranks.any(over or interrupted() is not None, state.device):
                    break
        except JobError as error:  # a picture or another process has gone: the state is as before the step
            failure = error
        finally:  # whatever has happened
            if writer is not None:
                writer.log.write(before + time.monotonic() - started)
        if writer is not None:
            writer.save(state, before + time.monotonic() - started)
        if failure is not None:
            raise failure
        if (number := interrupted()) is not None:
            raise Stopped(number)
    return state


class Writer:
    """Writes all that a session leaves behind. A context manager: what is open is closed at its end."""

    def __init__(self, run: Run, source: Source, session: Session, n_images: int):
        cut_log(run.metrics, n_images)
        self.run, self.source, self.session = run, source, session
        self.log = LogWriter(run.metrics)
        self.board = tensorboard(run.folder / "tensorboard", n_images) if session.tensorboard else None
        self.next_checkpoint = (n_images // session.checkpoint_images + 1) * session.checkpoint_images

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, *exception: Any) -> None:
        if self.board is not None:
            self.board.close()

    def add(self, step: StepReport, state: TrainState, seconds: float) -> dict[str, float]:
        """Take in a step, with a checkpoint if one is due; returns the line of the log that it completed, if any."""
        line = self.log.add(step, seconds)
        if self.board is not None:
            for name, value in line.items():
                if name != "n_images":
                    self.board.add_scalar(name, value, step.n_images)
        if step.n_images >= self.next_checkpoint:
            self.save(state, seconds)
            self.next_checkpoint += self.session.checkpoint_images
        return line

    def save(self, state: TrainState, seconds: float) -> None:
        """Write a checkpoint, and the page and the pictures that go with it."""
        self.run.save(state, seconds, self.source)
        if self.board is not None:
            with Image.open(self.run.snapshots.path(state.n_images)) as picture:
                self.board.add_image("snapshot", np.asarray(picture.convert("RGB")), state.n_images, dataformats="HWC")
        if self.session.report_page:
            write_report(self.run)


def tensorboard(folder: Path, n_images: int = 0) -> Any:
    """Return a writer of event files. Raises UsageError where the extra is not installed, or cannot write there.

    A run that is resumed with ``n_images`` seen writes what came after them anew; TensorBoard then forgets the first
    version.
    """
    require("tensorboard", "a log for TensorBoard needs its package", "; leave it out")
    from torch.utils.tensorboard import SummaryWriter

    try:
        str(folder).encode()
    except UnicodeEncodeError:
        raise UsageError(f"tensorboard takes folders whose names are text, got {str(folder)!r}; leave it out") from None
    return SummaryWriter(str(folder), purge_step=n_images + 1 if n_images else None, flush_secs=20)


@contextlib.contextmanager
def interruption(stopping: Callable[[], None]) -> Iterator[Callable[[], int | None]]:
    """Turns a signal that asks to stop into a question to be asked between steps, whose answer is its number; a second
    one stops at once."""
    asked: list[int] = []

    def ask(number: int, frame: Any) -> None:
        if asked:
            raise Stopped(number)
        asked.append(number)
        stopping()

    with handled(ask):
        yield lambda: asked[0] if asked else None
