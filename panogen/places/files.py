"""Latent fields on disk: safetensors, with the fingerprint of the model that they belong to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from panogen.base.errors import JobError
from panogen.base.files import whole_file
from panogen.base.records import from_json, to_json
from panogen.base.tensors import read_about, read_tensors, tensor_bytes
from panogen.geometry import Chart
from panogen.latents import LatentField, Layout, Nested, Painted, Weights
from panogen.latents.field import FIRST_LAYOUT

FORMAT = "panogen latent 1"
ANCHORS = "anchors"


@dataclass(frozen=True)
class StoredLatent:
    """A field, the fingerprint and the name of the model that it was made with, and what it was made of, as JSON."""

    field: LatentField
    model: str
    model_name: str
    made_of: dict[str, Any]


def save_field(field: LatentField, path: Path, model: str, model_name: str, made_of: dict[str, Any]) -> None:
    """Write a field, whole or not at all, for the model with a fingerprint. Raises OSError."""
    tensors = {ANCHORS: field.anchors}
    weights = packed(field.weights, tensors)
    about: dict[str, Any] = {"weights": weights, "made_of": made_of, "model": model, "model_name": model_name}
    if set(field.layouts) != {FIRST_LAYOUT}:  # files without them are as those of 0.5.0 were
        about["layouts"] = [layout.to_json() for layout in field.layouts]
    with whole_file(path) as file:
        file.write(tensor_bytes(tensors, {"format": FORMAT, "about": json.dumps(about)}))


def read_latent(path: Path) -> StoredLatent:
    """Read a field. Raises JobError, naming the file, where it is not whole and valid."""
    tensors = read_tensors(path, "give a latent's, or a picture of panogen's")
    header = read_about(path)
    if header.get("format") != FORMAT:
        raise JobError(f"{path}: format must be {FORMAT!r}, got {header.get('format')!r}; not a latent of panogen's")
    try:
        about: dict[str, Any] = json.loads(header["about"])
        anchors = tensors[ANCHORS]
        if anchors.dtype != torch.float32 or not torch.isfinite(anchors).all():
            raise ValueError("its anchors are not finite float32 numbers")
        layouts = tuple(map(Layout.from_json, about.get("layouts", ())))
        field = LatentField(anchors, unpacked(about["weights"], tensors), layouts)
        return StoredLatent(field, str(about["model"]), str(about["model_name"]), dict(about["made_of"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise JobError(f"{path}: not a latent that can be used: {error}") from None


def packed(weights: Weights, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """Return weights for JSON; what is large in them, the shares of masks, goes into ``tensors``."""
    if isinstance(weights, Nested):
        inner = [packed(one, tensors) for one in weights.inner]
        return {"kind": Nested.kind, "outer": packed(weights.outer, tensors), "inner": inner}
    if isinstance(weights, Painted):
        name = f"shares{len(tensors)}"
        tensors[name] = torch.from_numpy(weights.shares).clone()
        return {"kind": Painted.kind, "shares": name, "chart": to_json(weights.chart)}
    found: dict[str, Any] = to_json(weights)
    return found


def unpacked(value: dict[str, Any], tensors: dict[str, Tensor]) -> Weights:
    """Return the weights that ``packed`` wrote. Raises KeyError, TypeError, ValueError."""
    if value["kind"] == Nested.kind:
        return Nested(unpacked(value["outer"], tensors), tuple(unpacked(one, tensors) for one in value["inner"]))
    if value["kind"] == Painted.kind:
        return Painted(tensors[value["shares"]].numpy(), from_json(Chart, value["chart"]))
    return from_json(Weights, value)
