"""The CIPS authors' checkpoints (github.com/saic-mdal/CIPS): CIPSskip and CIPSres as panogen models.

Their networks see a flat square picture whose outermost pixels have their centres at -1 and 1. So the plane's edges lie
half a pixel beyond, and stay there at every size. The learned table has as many cells, but ends at -1 and 1 itself.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from panogen.base.errors import JobError, reading
from panogen.geometry import Plane
from panogen.latents.seeds import z_from_seed
from panogen.networks import FourierConfig, Generator, GeneratorConfig, TableConfig
from panogen.weights.checkpoint import Model

SAFE_TORCH = "2.10"  # from which on reading tensors alone is trusted to run nothing
AVERAGED = 4096  # latents whose mean is taken for w_avg, which the files lack
HEADS = {"CIPSskip": "skip", "CIPSres": "residual"}
STYLED = {
    "conv.weight": "linear.weight",
    "conv.modulation.weight": "linear.affine.weight",
    "conv.modulation.bias": "linear.affine.bias",
    "activate.bias": "linear.bias",
    "noise.weight": "noise",
}
COLOURS = {
    "conv.weight": "weight",
    "conv.modulation.weight": "affine.weight",
    "conv.modulation.bias": "affine.bias",
    "bias": "bias",
}


def read_official(path: Path) -> Model:
    """Read a checkpoint of the authors, or the state dict of its ``g_ema``, as a model. Nothing in it is executed.

    Raises JobError, naming the file, unless it is one in full: every name, shape, type and value.
    """
    tensors = read_state_dict(path)
    network = "CIPSres" if "to_rgb_last.bias" in tensors else "CIPSskip"
    if "lff.ffm.conv.weight" not in tensors or "emb.input" not in tensors:
        known = " or ".join(HEADS)
        raise JobError(f"{path}: not a network of {known}: it has no lff.ffm and emb.input, got {sample(tensors)}")
    config = config_of(tensors, network, path)
    cells = table_of(config).columns
    chart = Plane(cells / (cells - 1))
    with torch.device("meta"):
        generator = Generator(config, chart)
    ours = {name: value.shape for name, value in generator.state_dict().items()}
    names = dict(tensor_names(config))
    foreign = tensors.keys() - names.keys()
    if foreign:
        raise JobError(f"{path}: tensor {min(foreign)} is not of a {network} network; only those can be read")
    values = {own: converted(tensors, name, ours[own], path) for name, own in names.items()}
    values["mapping_network.w_avg"] = torch.zeros(config.w_dim, dtype=torch.float32)
    generator.load_state_dict(values, assign=True)
    generator.eval().requires_grad_(False)
    z = z_from_seed(0, config.z_dim, AVERAGED)
    generator.w_avg.copy_(generator.mapping(torch.from_numpy(z))[:, 0].mean(0))
    if not torch.isfinite(generator.w_avg).all():
        raise JobError(f"{path}: its mapping gives latents that are no finite numbers; download it again")
    about = {
        "trained_on": f"what the authors of CIPS trained this {network} on",
        "licence": "that of the authors' weights",
        "network": network,
        "imported": path.name,
    }
    return Model(generator, chart, about)


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a bare state dict, or of ``g_ema`` among others. Raises JobError."""
    if torch.__version__ < SAFE_TORCH:
        raise JobError(
            f"{path}: torch {SAFE_TORCH} or newer reads such files safely, got {torch.__version__}; update it"
        )
    with reading(path):
        file = path.open("rb")
    try:
        with file:
            content = torch.load(file, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        if "global" in str(error).lower():  # the name of a class or function to call
            raise JobError(
                f"{path}: holds more than tensors, which might be code and is never run; save the state dict of its "
                "g_ema alone"
            ) from None
        raise JobError(f"{path}: not a PyTorch checkpoint; give the authors' g_ema.pt") from None
    except Exception:  # whatever a broken file makes of torch's reader
        raise JobError(f"{path}: broken, cut short or not a PyTorch checkpoint; download it again") from None
    state = content.get("g_ema", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping) or not state or not all(map(plain, state.values())):
        raise JobError(f"{path}: must hold a state dict, or one under g_ema, got {sample(content)}")
    return {str(name): value.detach() for name, value in state.items()}


def plain(value: Any) -> bool:
    """Whether it is a dense tensor."""
    return isinstance(value, Tensor) and value.layout is torch.strided


def sample(content: Any) -> str:
    """Say what something is, or what the first of its keys are, for a sentence."""
    if not isinstance(content, Mapping):
        return f"a {type(content).__name__}"
    keys = [str(key) for key in list(content)[:3]]
    return ", ".join(keys) + (", ..." if len(content) > len(keys) else "") if keys else "nothing"


def config_of(tensors: Mapping[str, Tensor], network: str, path: Path) -> GeneratorConfig:
    """Return the shape of a network, from those of its tensors. Raises JobError."""

    def size(name: str, axis: int) -> int:
        if name not in tensors:
            raise JobError(f"{path}: tensor {name} is missing; the file is not a whole {network}")
        shape = tensors[name].shape
        if axis >= len(shape):
            raise JobError(f"{path}: tensor {name} has the wrong shape, got {tuple(shape)}")
        return int(shape[axis])

    def count(prefix: str) -> int:
        return len({name.split(".")[1] for name in tensors if name.startswith(prefix)})

    rows, columns = size("emb.input", 2), size("emb.input", 3)
    if rows != columns:
        raise JobError(f"{path}: emb.input must be square, got {rows} x {columns}")
    if network == "CIPSskip":
        first, pairs = "conv1", count("linears.") // 2
        last = [f"linears.{2 * pair + 1}" for pair in range(pairs)]
    else:
        first, pairs = "linears.0", count("linears.") - 1
        last = [f"linears.{pair + 1}.conv2" for pair in range(pairs)]
    try:
        return GeneratorConfig(
            head=HEADS[network],
            width=size(f"{first}.conv.weight", 1),
            depth=1 + 2 * pairs,
            z_dim=size("style.1.weight", 1),
            w_dim=size("style.1.weight", 0),
            mapping_layers=count("style."),
            encodings=(
                FourierConfig(size("lff.ffm.conv.weight", 0)),
                TableConfig(size("emb.input", 1), rows, columns),
            ),
            pair_widths=tuple(size(f"{layer}.conv.weight", 1) for layer in last),
            noise=True,
        )
    except ValueError as error:
        raise JobError(f"{path}: not the shape of a {network}: {error}") from None


def table_of(config: GeneratorConfig) -> TableConfig:
    """Return the table of a network of theirs, which always has one."""
    table = config.encoding(TableConfig)
    assert table is not None
    return table


def tensor_names(config: GeneratorConfig) -> Iterator[tuple[str, str]]:
    """Yield the authors' name of each tensor, and panogen's."""
    yield from {
        "lff.ffm.conv.weight": "fourier.frequencies",
        "lff.ffm.conv.bias": "fourier.phases",
        "emb.input": "embedding.table",
    }.items()
    for layer in range(config.mapping_layers):
        for name in ("weight", "bias"):
            yield f"style.{layer + 1}.{name}", f"mapping_network.layers.{layer}.{name}"  # style.0 is the pixel norm

    def renamed(theirs: str, ours: str, names: dict[str, str]) -> Iterator[tuple[str, str]]:
        return ((f"{theirs}.{name}", f"{ours}.{own}") for name, own in names.items())

    pairs, skip = config.depth // 2, config.head == "skip"
    yield from renamed("conv1" if skip else "linears.0", "blocks.0.layers.0", STYLED)
    for pair in range(1, pairs + 1):
        layers = [f"linears.{2 * pair - 2 + k}" if skip else f"linears.{pair}.conv{k + 1}" for k in (0, 1)]
        for k in (0, 1):
            yield from renamed(layers[k], f"blocks.{pair}.layers.{k}", STYLED)
        if not skip and config.widths[pair] != config.widths[pair - 1]:
            yield f"linears.{pair}.skip.0.weight", f"blocks.{pair}.skip.weight"
        if skip or pair == pairs:
            yield from renamed(f"to_rgbs.{pair - 1}" if skip else "to_rgb_last", f"blocks.{pair}.rgb", COLOURS)


def converted(tensors: Mapping[str, Tensor], name: str, ours: torch.Size, path: Path) -> Tensor:
    """Return a tensor of theirs as one of ours, of that shape. Raises JobError unless it is there, as it should be."""
    wanted = their_shape(name, ours)
    if name not in tensors:
        raise JobError(f"{path}: tensor {name} is missing; the file is not whole, or of another network")
    found = tensors[name]
    if found.shape != wanted or found.dtype != torch.float32:
        got = f"{tuple(found.shape)} {found.dtype}"
        raise JobError(f"{path}: tensor {name} must be {tuple(wanted)} torch.float32 in this network, got {got}")
    if not torch.isfinite(found).all():
        raise JobError(f"{path}: tensor {name} has values that are no finite numbers; download it again")
    if name == "emb.input":
        return found[0].permute(1, 2, 0).contiguous()
    if name.startswith("lff."):  # theirs are radians, ours turns
        found = (found.double() / (2 * math.pi)).float()
    return found.reshape(ours).clone()


def their_shape(name: str, ours: torch.Size) -> torch.Size:
    """Return the shape that a tensor has with the authors, who write a linear layer as a convolution of one pixel."""
    if name == "emb.input":
        rows, columns, channels = ours
        return torch.Size((1, channels, rows, columns))
    if name.endswith("skip.0.weight") or name == "lff.ffm.conv.weight":
        return torch.Size((*ours, 1, 1))
    if name.endswith(".conv.weight"):
        return torch.Size((1, *ours, 1, 1))
    if name.startswith("to_rgb") and not name.endswith(("modulation.weight", "modulation.bias")):
        return torch.Size((1, *ours, 1, 1))
    return ours


def card_of(model: Model, name: str) -> str:
    """Return the README of an imported model."""
    config, about = model.generator.config, model.about
    widths = ", ".join(map(str, config.widths))
    table, fourier = table_of(config), config.encoding(FourierConfig)
    assert fourier is not None
    cells = f"{table.rows} x {table.columns}"
    return f"""# {name}

Square pictures by {about["network"]}, read from `{about["imported"]}`, a checkpoint of the authors of CIPS (Anokhin et
al., CVPR 2021). Licence: the authors' for their weights, wherever the file is from; panogen's own does not cover them.

| | |
|---|---|
| Network | CIPS, head `{config.head}`, {config.depth} styled layers, {widths} channels out of the first and each pair |
| Input | {fourier.channels} Fourier features, an embedding of {cells} cells x {table.channels} |
| Latents | {config.z_dim} -> {config.w_dim}, {config.mapping_layers} layers |
| Chart | a plane of {model.chart.vertical_fov_deg:.2f} degrees; {cells} pixels are the authors' own |

    panogen render --model {name} --seed 4 --width {table.columns} out.png

Every tensor was read as it is. Two things differ from the authors' own pictures:

- Their layers add fresh noise each time. Here it is off; `--noise` adds noise of the learned strengths that belongs to
  the place, so that the same picture comes twice.
- The file has no mean latent. That of truncation is the mean of {AVERAGED} latents of a fixed seed.
"""
