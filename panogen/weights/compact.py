"""A training state that travels: half the bits, no first moments, in files below a size that is given.

``pack`` makes the tensors small, ``write_shards`` spreads them over files; ``read_shards`` and ``unpack`` go back.

Large tensors become half precision times one power of two each, which lets the largest value of each just fit: small
values keep their eleven bits down to 2^-29 of it. Second moments are stored as their roots, which halves the
orders of magnitude that they span, and a moment is never rounded to zero, as Adam divides by it.
With beta1 = 0 Adam writes the first moment anew at every step: leaving it out loses nothing.
"""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from panogen.base.errors import JobError, UsageError, reading
from panogen.base.files import sha256
from panogen.base.tensors import read_json, read_tensors, write_tensors

FORMAT = 1
INDEX = "state.json"
EXACT_BELOW = 1024  # elements: biases, counters and the like stay as they are; together they weigh nothing
HALF, ROOT, EXPONENT = ":half", ":root", ":exponent"
FIRST_MOMENT, SECOND_MOMENT = ".exp_avg", ".exp_avg_sq"
LEAST_HALF = 2.0**-24  # the smallest above 0
LARGEST_EXPONENT = 200
LEAST_SHARD_MB = 0.01
ENTRY_BYTES = 120  # at most, of a one-dimensional tensor in a safetensors header, but for its name
FRAME_BYTES = 32  # length, braces and padding of that header


def pack(tensors: dict[str, Tensor], drop_first_moment: bool) -> dict[str, Tensor]:
    """Tensors by name, in half precision where they are large float32 ones.

    ``drop_first_moment`` is for Adam with beta1 = 0. Raises FloatingPointError where a value is no finite number.
    """
    packed = {}
    for name, tensor in tensors.items():
        value = tensor.detach().cpu()
        if not torch.isfinite(value).all():
            raise FloatingPointError(f"tensor {name} is no longer finite")
        if drop_first_moment and name.endswith(FIRST_MOMENT):
            continue
        if value.dtype != torch.float32 or value.numel() < EXACT_BELOW:
            packed[name] = value
        elif name.endswith(SECOND_MOMENT):
            packed[name + ROOT], packed[name + EXPONENT] = _halve(value.double().sqrt(), keep_above_zero=True)
        else:
            packed[name + HALF], packed[name + EXPONENT] = _halve(value.double(), keep_above_zero=False)
    return packed


def unpack(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    """What ``pack`` took: float32 within 2^-11 of each value, 2^-10 of second moments; dropped first moments are zeros.

    Raises KeyError or ValueError where ``packed`` is not what ``pack`` makes.
    """
    tensors = {}
    for name, value in packed.items():
        plain, colon, kind = name.rpartition(":")
        if colon + kind in (HALF, ROOT):
            scaled = value.double() * _power_of_two(packed[plain + EXPONENT], plain)
            tensors[plain] = (scaled if colon + kind == HALF else scaled.square()).float()
            if not torch.isfinite(tensors[plain]).all():
                raise ValueError(f"tensor {plain} has values that are no finite numbers")
        elif colon + kind != EXPONENT:
            tensors[name] = value
    for name in [name for name in tensors if name.endswith(SECOND_MOMENT)]:
        first = name.removesuffix(SECOND_MOMENT) + FIRST_MOMENT
        if first not in tensors:
            tensors[first] = torch.zeros_like(tensors[name])
    return tensors


def _halve(value: Tensor, *, keep_above_zero: bool) -> tuple[Tensor, Tensor]:
    """float64 -> float16 of the same shape, and the exponent of the power of two that it was divided by, int16 ()."""
    exponent = int(torch.frexp(value.abs().max()).exponent) - 15  # the largest lands in [2^14, 2^15]
    half = (value * math.ldexp(1.0, -exponent)).half()
    if keep_above_zero:
        half[(half == 0) & (value != 0)] = LEAST_HALF
    return half, torch.tensor(exponent, dtype=torch.int16)


def _power_of_two(exponent: Tensor, name: str) -> float:
    if exponent.shape != () or exponent.dtype != torch.int16 or abs(int(exponent)) > LARGEST_EXPONENT:
        raise ValueError(f"exponent of tensor {name} must be one within +-{LARGEST_EXPONENT}")
    return math.ldexp(1.0, int(exponent))


def write_shards(tensors: dict[str, Tensor], folder: Path, shard_mb: float) -> None:
    """Write tensors into an existing folder: ``state-00001-of-00003.safetensors``, ... and, last, ``state.json``.

    No file of tensors is larger than ``shard_mb`` million bytes; what does not fit into one goes on in the next.
    Raises UsageError where that is too small for anything, and OSError.
    """
    if not LEAST_SHARD_MB <= shard_mb < math.inf:
        raise UsageError(f"shard_mb must be at least {LEAST_SHARD_MB}, got {shard_mb}; 15 suits most ways to carry it")
    shards = _cut(tensors, int(shard_mb * 1e6))
    digests = {}
    for file, shard in zip(_names(len(shards)), shards, strict=True):
        write_tensors(shard, folder / file)
        digests[file] = sha256(folder / file)
    shapes = {name: {"dtype": _dtype(value), "shape": list(value.shape)} for name, value in tensors.items()}
    index = {"format": FORMAT, "shards": digests, "tensors": shapes}
    (folder / INDEX).write_text(json.dumps(index) + "\n")


def read_shards(folder: Path) -> dict[str, Tensor]:
    """What ``write_shards`` wrote there. Raises JobError, naming the file, unless it is all there, whole and finite."""
    path = folder / INDEX
    index = read_json(path)
    if index.get("format") != FORMAT:
        raise JobError(f"{path}: format must be {FORMAT}, got {index.get('format')!r}; this panogen reads no other")
    pieces: dict[str, Tensor] = {}
    try:
        shards, shapes = index["shards"], index["tensors"]
        if list(shards) != _names(len(shards)):
            raise ValueError(f"shards must be numbered from 1 to {len(shards)}, got {list(shards)}")
        for file, digest in shards.items():
            _require_digest(folder / file, digest)
            pieces |= read_tensors(folder / file)
        tensors = {name: _joined(name, about["dtype"], about["shape"], pieces) for name, about in shapes.items()}
        if pieces:
            raise ValueError(f"tensor {min(pieces)} is in a shard, but not in the index")
    except JobError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise JobError(f"{path}: not a whole training state: {error}; copy the folder again from its source") from None
    return tensors


def _cut(tensors: dict[str, Tensor], limit: int) -> list[dict[str, Tensor]]:
    """Flat pieces ``NAME#0``, ``NAME#1``, ... in shards of at most ``limit`` bytes each, filled one after the other."""
    shards: list[dict[str, Tensor]] = [{}]
    room = limit - FRAME_BYTES
    for name, value in tensors.items():
        rest = value.detach().cpu().flatten()
        for number in itertools.count():
            piece = f"{name}#{number}"
            entry = ENTRY_BYTES + len(json.dumps(piece))
            if room < entry + rest.itemsize:
                shards.append({})
                room = limit - FRAME_BYTES
            shards[-1][piece] = rest[: (room - entry) // rest.itemsize].clone()
            room -= entry + shards[-1][piece].nbytes
            rest = rest[shards[-1][piece].numel() :]
            if not rest.numel():
                break
    return shards


def _joined(name: str, dtype: str, shape: list[int], pieces: dict[str, Tensor]) -> Tensor:
    """The tensor whose pieces these are; they are taken out of ``pieces``. Raises ValueError."""
    found: list[Tensor] = []
    while (piece := pieces.pop(f"{name}#{len(found)}", None)) is not None:
        found.append(piece)
    if not found:
        raise ValueError(f"tensor {name} is missing")
    value = torch.cat(found)
    if _dtype(value) != dtype or value.numel() != math.prod(shape):
        raise ValueError(f"tensor {name} must be {tuple(shape)} {dtype}, got {value.numel()} of {_dtype(value)}")
    if not torch.isfinite(value).all():
        raise ValueError(f"tensor {name} has values that are no finite numbers")
    return value.reshape(shape)


def _names(count: int) -> list[str]:
    return [f"state-{number:05d}-of-{count:05d}.safetensors" for number in range(1, count + 1)]


def _dtype(value: Tensor) -> str:
    return str(value.dtype).removeprefix("torch.")


def _require_digest(path: Path, digest: Any) -> None:
    with reading(path, "; copy it again from its source"):
        found = sha256(path)
    if found != digest:
        raise JobError(f"{path}: SHA-256 is {found}, {INDEX} has {digest}; copy it again from its source")
