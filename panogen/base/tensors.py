"""Tensors and settings on disk: safetensors and JSON, read without executing anything."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from safetensors import SafetensorError

from panogen.base.errors import JobError, reading

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_JSON = 1_000_000  # bytes, of a config or of a header
LENGTH_BYTES, ALIGNMENT = 8, 8  # of a safetensors file's header
ABOUT = "__metadata__"  # the texts in it
NO_PICKLES = "pickled weights are not read"


def tensor_bytes(tensors: Mapping[str, Tensor], about: dict[str, str] | None = None) -> bytes:
    """Return a safetensors file with texts ``about`` it in its header: the same bytes for the same values."""
    from safetensors.torch import save

    file = save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()})
    if about is None:
        return file
    # The library writes texts in the order of a hash map, which is another one each time.
    start = LENGTH_BYTES + int.from_bytes(file[:LENGTH_BYTES], "little")
    header = json.dumps({ABOUT: about, **json.loads(file[LENGTH_BYTES:start])}).encode()
    header += b" " * (-len(header) % ALIGNMENT)
    return len(header).to_bytes(LENGTH_BYTES, "little") + header + file[start:]


def fingerprint(tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of tensors by their names, shapes, types and values."""
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype};".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def read_tensors(path: Path, way_out: str = NO_PICKLES) -> dict[str, Tensor]:
    """Every tensor of a safetensors file, whatever its name. Raises JobError, which names a ``way_out`` where a file is
    another one; never unpickles."""
    from safetensors.torch import load

    with reading(path), path.open("rb") as file:
        header_of(file, path, way_out)
        file.seek(0)
        content = file.read()
    try:
        return load(content)
    except (SafetensorError, ValueError) as error:
        raise JobError(f"{path}: broken or cut short: {error}") from None


def read_about(path: Path) -> dict[str, str]:
    """Return the texts in the header of a safetensors file that ``read_tensors`` has read. Raises JobError."""
    about: dict[str, str] = _header(path).get(ABOUT, {})
    return about


def read_names(path: Path) -> set[str]:
    """Return the names of the tensors of a safetensors file, of which the header alone is read. Raises JobError."""
    return _header(path).keys() - {ABOUT}


def _header(path: Path) -> dict[str, Any]:
    with reading(path), path.open("rb") as file:
        header = header_of(file, path)
    try:
        found: dict[str, Any] = json.loads(header)
    except (ValueError, RecursionError) as error:
        raise JobError(f"{path}: broken or cut short: {error}") from None
    return found


def header_of(file: BinaryIO, path: Path, way_out: str = NO_PICKLES) -> bytes:
    """Return the header of a safetensors file that is open at its beginning. Raises JobError, OSError."""
    length = int.from_bytes(file.read(LENGTH_BYTES), "little")
    header = file.read(length) if length <= LARGEST_JSON else b""
    if not header.startswith(b"{"):
        raise JobError(f"{path}: not a safetensors file; {way_out}")
    return header


def read_json(path: Path, most_bytes: int = LARGEST_JSON) -> dict[str, Any]:
    """Read a JSON object. Raises JobError, also for a file of more than ``most_bytes``."""
    try:
        with reading(path):
            if path.stat().st_size > most_bytes:
                raise JobError(f"{path}: {path.stat().st_size} bytes is too large, at most {most_bytes} are read")
            value = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise JobError(f"{path}: not JSON: {error}") from None
    if not isinstance(value, dict):
        raise JobError(f"{path}: must hold a JSON object, got {type(value).__name__}")
    return value
