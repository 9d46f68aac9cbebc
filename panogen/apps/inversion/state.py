"""Where a search stands: all that it needs to go on to the same end, bit for bit."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from panogen.base.errors import JobError
from panogen.base.files import whole_file
from panogen.base.tensors import read_about, read_tensors, tensor_bytes

FORMAT = "panogen inversion 1"
LEAST_GAIN = 0.005  # share by which a loss must fall to count as progress
COUNTERS = ("step", "best_loss", "mark_loss", "mark_step", "seconds")


@dataclass
class Descent:
    """A stage on its way: ``latents`` as the search sees them, and ``best``, those of the least loss so far.

    ``moments`` are Adam's. ``mark_loss`` is the last loss that counted as progress, and ``mark_step`` its step.
    """

    latents: Tensor
    best: Tensor
    moments: dict[str, Tensor] = field(default_factory=dict)
    step: int = 0
    best_loss: float = math.inf
    mark_loss: float = math.inf
    mark_step: int = 0
    seconds: float = 0.0

    def __post_init__(self) -> None:
        self.latents.requires_grad_()

    @property
    def waited(self) -> int:
        """Steps since the last progress."""
        return self.step - self.mark_step

    def note(self, loss: float) -> None:
        """Take in the loss of the latents as they stand."""
        if loss < self.best_loss:
            self.best_loss, self.best = loss, self.latents.detach().clone()
        if loss < self.mark_loss * (1 - LEAST_GAIN):
            self.mark_loss, self.mark_step = loss, self.step


@dataclass
class SearchState:
    """The latents that finished stages have ``found``, and the stage that is on its way, if one has begun.

    ``records`` has the PSNR in dB, the steps and the seconds of each finished stage.
    """

    found: dict[str, Tensor] = field(default_factory=dict)
    records: dict[str, dict[str, float]] = field(default_factory=dict)
    descent: Descent | None = None

    def finish(self, stage: str, psnr_db: float, descent: Descent) -> None:
        """End a stage with the best latents that it has seen."""
        seconds = round(descent.seconds, 1)
        self.found[stage] = descent.best
        self.records[stage] = {"psnr_db": round(psnr_db, 3), "steps": descent.step, "seconds": seconds}
        self.descent = None

    def save(self, path: Path) -> None:
        """Write it whole. Raises OSError."""
        tensors = {f"found.{stage}": latents for stage, latents in self.found.items()}
        counters = None
        if self.descent is not None:
            tensors |= {"latents": self.descent.latents, "best": self.descent.best}
            tensors |= {f"adam.{name}": value for name, value in self.descent.moments.items()}
            counters = {name: getattr(self.descent, name) for name in COUNTERS}
        about = {"records": self.records, "counters": counters}
        with whole_file(path) as file:
            file.write(tensor_bytes(tensors, {"format": FORMAT, "about": json.dumps(about)}))

    @classmethod
    def load(cls, path: Path, device: str) -> "SearchState":
        """Read a state. Raises JobError."""
        tensors, header = read_tensors(path), read_about(path)
        if header.get("format") != FORMAT:
            raise JobError(f"{path}: format must be {FORMAT!r}, got {header.get('format')!r}; not an inversion's state")

        def group(name: str) -> dict[str, Tensor]:
            chosen = {key.removeprefix(f"{name}."): value for key, value in tensors.items() if key.startswith(name)}
            return {key: value if key == "step" else value.to(device) for key, value in chosen.items()}

        try:
            about, found = json.loads(header["about"]), group("found")
            state = cls({stage: found[stage] for stage in about["records"]}, about["records"])  # in their order
            if about["counters"] is not None:
                (latents,), (best,) = group("latents").values(), group("best").values()
                counters = {name: about["counters"][name] for name in COUNTERS}
                state.descent = Descent(latents, best, group("adam"), **counters)
            return state
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise JobError(f"{path}: not an inversion's state: {error}") from None
