"""Models and training runs on disk: safetensors and JSON, checked in full before they are used.

A model is a folder: ``config.json`` (its shape and chart), ``model.safetensors`` (every tensor of the generator) and
``README.md`` (its card). Nothing in it is ever executed.
"""

from __future__ import annotations

import copy
import dataclasses
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from panogen.base.errors import JobError, UsageError, reading
from panogen.base.files import whole_folder, write_text
from panogen.base.folder import differences
from panogen.base.records import from_json, to_json
from panogen.base.tensors import fingerprint, read_json, read_names, read_tensors, tensor_bytes
from panogen.geometry import Chart
from panogen.networks import Generator, GeneratorConfig
from panogen.weights.shipped import model_folder, shipped_models

if TYPE_CHECKING:
    from panogen.training import TrainConfig, TrainState

FORMAT = 1
WEIGHTS = "model.safetensors"
STATE = "training.safetensors"
PACKED = "state.json"  # of checkpoints in half precision, as 0.5.0 could write them


@dataclass(frozen=True)
class Model:
    """A trained generator, the chart it was trained on, its card, and what that says in figures."""

    generator: Generator
    chart: Chart
    about: dict[str, Any] = field(default_factory=dict)  # trained_on, licence, images and the like
    card: str = ""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the generator's tensors: latents belong to the network that they were made with."""
        return fingerprint(self.generator.state_dict())

    def truncated(self, truncation: float) -> Model:
        """Return the model whose latents lie so much nearer to their mean, in (0, 1]; the card says so."""
        if truncation == 1:
            return self
        before = self.about.get("truncation", 1.0)
        whole = truncation * before
        note = "Its latents lie at {:g} of the distance from their mean that they were trained at."
        return dataclasses.replace(
            self,
            generator=self.generator.truncated(truncation),
            about={**self.about, "truncation": whole},
            card=f"{self.card.replace(note.format(before), '').rstrip()}\n\n{note.format(whole)}\n",
        )

    @property
    def _form(self) -> dict[str, Any]:
        truncation = self.about.get("truncation", 1.0)
        return {"chart": to_json(self.chart), "truncation": truncation, **to_json(self.generator.config)}

    def mean_with(self, other: Model, share: float = 0.5) -> Model:
        """Return the model whose every weight is the mean of both ones', of which the other has ``share``, in (0, 1);
        the card says so.

        Of two that have gone on from one, it can be better than either (Izmailov et al. 2018, "Averaging Weights Leads
        to Wider Optima"; Wortsman et al. 2022, "Model soups"). Raises UsageError unless both have one shape and
        truncation.
        """
        if not 0 < share < 1:
            raise UsageError(f"share must be in (0, 1), got {share:g}")
        if unlike := differences(other._form, self._form):
            raise UsageError(
                "mean_with must be a model of the same chart, network and truncation, got another, whose "
                f"{unlike[0]}; name one that has gone on from the same"
            )
        generator = copy.deepcopy(self.generator)
        theirs = other.generator.state_dict()
        generator.load_state_dict({name: one.lerp(theirs[name], share) for name, one in generator.state_dict().items()})
        shares = "" if share == 0.5 else f", with {share:g} of the second"
        card = f"{self.card.rstrip()}\n\nIts weights are the means of two models'{shares}.\n"
        return dataclasses.replace(self, generator=generator, card=card)


def save_model(model: Model, folder: Path) -> None:
    """Write a model as a new folder, whole or not at all. ``folder`` must not exist, or be empty."""
    with whole_folder(folder) as part:
        write_model(model, part)


def write_model(model: Model, folder: Path) -> None:
    """Write a model's files into an existing folder."""
    (folder / WEIGHTS).write_bytes(tensor_bytes(model.generator.state_dict()))
    config = {
        "format": FORMAT,
        "chart": to_json(model.chart),
        "generator": to_json(model.generator.config),
        "about": model.about,
    }
    write_text(folder / "config.json", json.dumps(config, indent=2) + "\n")
    write_text(folder / "README.md", model.card)


def load_model(folder: Path, device: str = "cpu") -> Model:
    """Read a model. Raises JobError, naming the file, unless every key, shape and value is what the config says."""
    config = read_json(folder / "config.json")
    path = folder / "config.json"
    if "train" in config:
        raise JobError(f"{folder}: a training run that has no checkpoint yet; wait for its first one, or name a model")
    if config.get("format") != FORMAT:
        raise JobError(f"{path}: format must be {FORMAT}, got {config.get('format')!r}; this panogen reads no other")
    try:
        chart = from_json(Chart, config["chart"])
        shape = from_json(GeneratorConfig, upgraded(config["generator"]))
        about = config["about"]
        if not isinstance(about, dict):
            raise TypeError(f"about must be a JSON object, got {about!r}")
        with torch.device("meta"):  # nothing is allocated for a shape that the weights do not have
            generator = Generator(shape, chart)
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise JobError(f"{path}: not a panogen model's config: {error}") from None
    tensors = checkpoint_tensors(folder / WEIGHTS, folder.parent)
    tensors = {name: value for name, value in tensors.items() if value.numel()}  # 0.5.0 kept empty ones
    load_exactly(generator, tensors, folder / WEIGHTS)
    card = folder / "README.md"
    return Model(
        generator.eval().requires_grad_(False).to(device),
        chart,
        about,
        card.read_text("utf-8", "replace") if card.is_file() else "",
    )


def load_exactly(module: torch.nn.Module, tensors: dict[str, Tensor], path: Path) -> None:
    """Fill a module; raises JobError unless ``tensors`` are exactly its own by name, shape and type, and finite."""
    expected = module.state_dict()
    for name in sorted(expected.keys() | tensors.keys()):
        if name not in tensors:
            raise JobError(f"{path}: tensor {name} is missing; the file does not belong to its config.json")
        if name not in expected:
            raise JobError(f"{path}: tensor {name} is not of this network; the file does not belong to its config.json")
        found, wanted = tensors[name], expected[name]
        if found.shape != wanted.shape or found.dtype != wanted.dtype:
            raise JobError(
                f"{path}: tensor {name} must be {tuple(wanted.shape)} {wanted.dtype}, "
                f"got {tuple(found.shape)} {found.dtype}; the file does not belong to its config.json"
            )
        if not torch.isfinite(found).all():
            raise JobError(f"{path}: tensor {name} has values that are no finite numbers; train or download it again")
    module.load_state_dict(tensors, assign=True)


def upgraded(generator: Any) -> Any:
    """Return a generator's config as it is written now; up to 0.5.0 its encodings were fields of its own."""
    if not isinstance(generator, dict) or "encodings" in generator:
        return generator
    fields = dict(generator)
    fourier, table = (
        {name.removeprefix(prefix): fields.pop(name) for name in list(fields) if name.startswith(prefix)}
        for prefix in ("fourier_", "embedding_")
    )
    encodings = [
        {"kind": "fourier", "upright": False, "fading": False, **fourier},
        {"kind": "embedding", **table},
    ]
    return {**fields, "encodings": [encoding for encoding in encodings if encoding.get("channels") != 0]}


@dataclass(frozen=True)
class Counters:
    """How far a run has come: images seen, stage, seconds of training, and where the augmentation's control stands."""

    n_images: int
    stage: int
    seconds: float
    augmentation: float
    real_sign: float

    def __post_init__(self) -> None:
        if min(self.n_images, self.stage, self.seconds, self.augmentation) < 0:
            raise ValueError(f"counters must not be negative, got {self}")


def save_state(state: TrainState, folder: Path, seconds: float, card: str, about: dict[str, Any]) -> None:
    """Write a checkpoint as a new folder: the run's tensors, its counters, and the model as it stands."""
    with whole_folder(folder) as part:
        (part / STATE).write_bytes(tensor_bytes(state.tensors()))
        (part / "model").mkdir()
        write_model(Model(state.g_ema, state.config.chart, about, card), part / "model")
        counters = Counters(state.n_images, state.stage, seconds, state.augmentation, state.real_sign)
        write_text(part / "training.json", json.dumps(dataclasses.asdict(counters)) + "\n")


def load_state(config: TrainConfig, folder: Path, device: str = "cpu") -> tuple[TrainState, float]:
    """Read a checkpoint of a run with this config, and the seconds it was trained for. Raises JobError."""
    from panogen.training import TrainState

    values = read_json(folder / "training.json")
    tensors = checkpoint_tensors(folder / STATE, folder)
    try:
        counters = from_json(Counters, values)
        state = TrainState.from_tensors(config, tensors, counters.n_images, counters.stage, device)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise JobError(f"{folder}: not a checkpoint of this run: {reason}") from None
    state.augmentation, state.real_sign = counters.augmentation, counters.real_sign
    return state, counters.seconds


def start_tensors(start: str, mean_with: str | None = None) -> dict[str, Tensor]:
    """Return what a run can begin with: all tensors of another run's newest checkpoint, or the generator of a model.

    With ``mean_with`` the generator is the mean of both models'. Raises JobError; UsageError for two of unlike shapes.
    """
    checkpoint = checkpoint_of(start)
    known = {} if checkpoint is None else checkpoint_tensors(checkpoint / STATE, checkpoint)
    if known and mean_with is None:
        return known
    model = load_model(model_folder(start))
    if mean_with is not None:
        model = model.mean_with(load_model(model_folder(mean_with)))
    others = {name: value for name, value in known.items() if not name.startswith(("g.", "g_ema."))}
    return others | {f"g_ema.{name}": value for name, value in model.generator.state_dict().items()}


def start_names(start: str) -> set[str]:
    """Return the names of the tensors of the run that another begins with; none of a model. Raises JobError."""
    checkpoint = checkpoint_of(start)
    if checkpoint is None:
        return set()
    require_unpacked(checkpoint / STATE, checkpoint)
    return read_names(checkpoint / STATE)


def checkpoint_of(start: str) -> Path | None:
    """Return the newest checkpoint where a name is a run's folder, None where it is a model's or, wherever it is read,
    that of a shipped one."""
    return None if start in shipped_models() else latest_checkpoint(Path(start))


def checkpoint_tensors(path: Path, checkpoint: Path) -> dict[str, Tensor]:
    """Read a file of tensors, of a model or of the checkpoint around it. Raises JobError."""
    require_unpacked(path, checkpoint)
    return read_tensors(path)


def require_unpacked(path: Path, checkpoint: Path) -> None:
    """Raise JobError where a checkpoint has something else in place of a file of tensors."""
    if not path.exists() and (checkpoint / PACKED).exists():
        raise JobError(
            f"{checkpoint}: was packed by --state-shard-mb of panogen 0.5, which this one does not read; go on with "
            "its run in panogen 0.5 without that option, and the next checkpoint is whole"
        )


def write_latest(run: Path, checkpoint: Path) -> None:
    """Make a checkpoint the one that a run is resumed from and shown with."""
    write_text(run / "latest", checkpoint.name + "\n")


def latest_checkpoint(run: Path) -> Path | None:
    """Return the checkpoint that ``write_latest`` named, or None."""
    path = run / "latest"
    with reading(path):
        try:
            name = path.read_text("utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except UnicodeDecodeError as error:
            raise OSError(str(error)) from None
    return run / "checkpoints" / Path(name).name
