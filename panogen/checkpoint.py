"""Models and training runs on disk: safetensors and JSON, checked in full before they are used.

A model is a folder: ``config.json`` (its shape and chart), ``model.safetensors`` (every tensor of the generator) and
``README.md`` (its card). Nothing in it is ever executed.
"""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from torch import Tensor

from panogen.compact import INDEX, pack, read_shards, unpack, write_shards
from panogen.errors import JobError
from panogen.files import whole_folder, write_text
from panogen.geometry import CHARTS, Chart
from panogen.networks import Generator, GeneratorConfig
from panogen.tensors import fingerprint, read_json, read_tensors, write_tensors

if TYPE_CHECKING:
    from panogen.training import TrainConfig, TrainState

FORMAT = 1
WEIGHTS = "model.safetensors"
EXACT_STATE = "training.safetensors"

T = TypeVar("T")


@dataclass(frozen=True)
class Model:
    """A trained generator, the chart it was trained on, and what its card says in figures."""

    generator: Generator
    chart: Chart
    about: dict[str, Any] = field(default_factory=dict)  # trained_on, licence, images and the like

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the generator's tensors: latents belong to the network that they were made with."""
        return fingerprint(self.generator.state_dict())


def save_model(model: Model, folder: Path, card: str) -> None:
    """Write a model as a new folder, whole or not at all. ``folder`` must not exist."""
    with whole_folder(folder) as part:
        write_model(model, part, card)


def write_model(model: Model, folder: Path, card: str) -> None:
    """Write a model's files into an existing folder."""
    write_tensors(model.generator.state_dict(), folder / WEIGHTS)
    write_description(model, folder, card)


def write_description(model: Model, folder: Path, card: str) -> None:
    """Write all of a model's files but its weights into an existing folder."""
    config = {
        "format": FORMAT,
        "chart": chart_to_json(model.chart),
        "generator": dataclasses.asdict(model.generator.config),
        "about": model.about,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    (folder / "README.md").write_text(card)


def load_model(folder: Path, device: str = "cpu") -> Model:
    """Read a model. Raises JobError, naming the file, unless every key, shape and value is what the config says."""
    config = read_json(folder / "config.json")
    path = folder / "config.json"
    if config.get("format") != FORMAT:
        raise JobError(f"{path}: format must be {FORMAT}, got {config.get('format')!r}; this panogen reads no other")
    try:
        chart = chart_from_json(config["chart"])
        shape = from_json(GeneratorConfig, config["generator"])
        about = config["about"]
        if not isinstance(about, dict):
            raise TypeError(f"about must be a JSON object, got {about!r}")
        with torch.device("meta"):  # nothing is allocated for a shape that the weights do not have
            generator = Generator(shape, chart)
    except (KeyError, TypeError, ValueError, OverflowError, RuntimeError) as error:
        raise JobError(f"{path}: not a panogen model's config: {error}") from None
    load_exactly(generator, model_tensors(folder), folder / WEIGHTS)
    return Model(generator.eval().requires_grad_(False).to(device), chart, about)


def model_tensors(folder: Path) -> dict[str, Tensor]:
    """The weights of a model, which may be those of a packed checkpoint around it. Raises JobError."""
    path, prefix = folder / WEIGHTS, "g_ema."
    if path.exists() or not (folder.parent / INDEX).exists():
        return read_tensors(path)
    tensors = state_tensors(folder.parent)
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


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


def chart_to_json(chart: Chart) -> dict[str, Any]:
    """The kind of a chart, and its fields."""
    (kind,) = [name for name, cls in CHARTS.items() if type(chart) is cls]
    return {"kind": kind, **dataclasses.asdict(chart)}  # type: ignore[call-overload]


def chart_from_json(value: Any) -> Chart:
    """A chart from what ``chart_to_json`` made of it; those of older models are cylinders without a kind. Raises
    TypeError or ValueError."""
    if not isinstance(value, dict):
        raise TypeError(f"chart must be a JSON object, got {type(value).__name__}")
    kind = value.get("kind", "cylinder")
    if kind not in CHARTS:
        raise ValueError(f"kind of the chart must be one of {', '.join(CHARTS)}, got {kind!r}")
    return from_json(CHARTS[kind], {name: item for name, item in value.items() if name != "kind"})


def from_json(cls: type[T], value: Any) -> T:
    """A config dataclass from what ``dataclasses.asdict`` made of it. Fields that were added since, whose metadata say
    so, may be missing. Raises TypeError or ValueError."""
    if not isinstance(value, dict):
        raise TypeError(f"{cls.__name__} must be a JSON object, got {type(value).__name__}")
    hints = typing.get_type_hints(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    names = {field.name for field in fields}
    added = {field.name for field in fields if field.metadata.get("added")}
    if not names - added <= value.keys() <= names:
        raise TypeError(f"{cls.__name__} must have the fields {sorted(names)}, got {sorted(value)}")
    return cls(**{name: _typed(hints[name], item, f"{cls.__name__}.{name}") for name, item in value.items()})


def _typed(hint: Any, value: Any, name: str) -> Any:
    if types.NoneType in typing.get_args(hint):  # TYPE | None
        return None if value is None else _typed(typing.get_args(hint)[0], value, name)
    if dataclasses.is_dataclass(hint):
        return from_json(hint, value)  # type: ignore[arg-type]
    if typing.get_origin(hint) is tuple:
        return tuple(_typed(typing.get_args(hint)[0], item, name) for item in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        raise TypeError(f"{name} must be of type {hint.__name__}, got {value!r}")
    return value


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


def save_state(
    state: TrainState, folder: Path, seconds: float, card: str, about: dict[str, Any], shard_mb: float | None = None
) -> None:
    """Write a checkpoint as a new folder: the run's tensors, its counters, and the model as it stands.

    With ``shard_mb`` the tensors are packed in half precision, in files of at most so many million bytes, and the
    model's weights are just those among them.
    """
    from panogen.training.state import BETAS

    with whole_folder(folder) as part:
        model = Model(state.g_ema, state.config.chart, about)
        (part / "model").mkdir()
        if shard_mb is None:
            write_tensors(state.tensors(), part / EXACT_STATE)
            write_model(model, part / "model", card)
        else:
            write_shards(pack(state.tensors(), drop_first_moment=BETAS[0] == 0), part, shard_mb)
            write_description(model, part / "model", card)
        counters = Counters(state.n_images, state.stage, seconds, state.augmentation, state.real_sign)
        (part / "training.json").write_text(json.dumps(dataclasses.asdict(counters)) + "\n")


def load_state(config: TrainConfig, folder: Path, device: str = "cpu") -> tuple[TrainState, float]:
    """Read a checkpoint of a run with this config, and the seconds it was trained for. Raises JobError."""
    from panogen.training import TrainState

    values = read_json(folder / "training.json")
    tensors = state_tensors(folder)
    try:
        counters = from_json(Counters, values)
        state = TrainState.from_tensors(config, tensors, counters.n_images, counters.stage, device)
    except (KeyError, IndexError, TypeError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise JobError(f"{folder}: not a checkpoint of this run: {reason}") from None
    state.augmentation, state.real_sign = counters.augmentation, counters.real_sign
    return state, counters.seconds


def state_tensors(folder: Path) -> dict[str, Tensor]:
    """The tensors of a checkpoint, exact or packed. Raises JobError."""
    if not (folder / INDEX).exists():
        return read_tensors(folder / EXACT_STATE)
    packed = read_shards(folder)
    try:
        return unpack(packed)
    except (KeyError, ValueError) as error:
        raise JobError(f"{folder}: not a packed training state: {error}") from None


def write_latest(run: Path, checkpoint: Path) -> None:
    """Make a checkpoint the one that a run is resumed from and shown with."""
    write_text(run / "latest", checkpoint.name + "\n")


def latest_checkpoint(run: Path) -> Path | None:
    """The checkpoint that ``write_latest`` named, or None."""
    try:
        name = (run / "latest").read_text().strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise JobError(f"{run / 'latest'}: cannot be read: {error}") from None
    return run / "checkpoints" / Path(name).name
