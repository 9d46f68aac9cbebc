"""Latent fields on disk: safetensors, with the fingerprint of the model that they belong to."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from panogen.base.errors import JobError, UsageError
from panogen.base.files import whole_file
from panogen.base.tensors import read_about, read_tensors, tensor_bytes
from panogen.latents import Everywhere, LatentField, Layout, Mosaic
from panogen.latents.field import FIRST_LAYOUT

FORMAT = "panogen latent 1"
ANCHORS = "anchors"
KEPT = {"everywhere": Everywhere, "mosaic": Mosaic}  # the weights that a file can hold


@dataclass(frozen=True)
class StoredLatent:
    """A field, and the fingerprint and the name of the model that it was made with."""

    field: LatentField
    model: str
    model_name: str


def save_latent(field: LatentField, path: Path, model: str, model_name: str) -> None:
    """Write a field, whole or not at all, for the model with a fingerprint. Raises OSError."""
    kind = next(name for name, kept in KEPT.items() if type(field.weights) is kept)
    weights = {"kind": kind, **vars(field.weights)}
    about: dict[str, Any] = {"weights": weights, "made_of": field.made_of, "model": model, "model_name": model_name}
    if set(field.layouts) != {FIRST_LAYOUT}:  # files without them are as those of 0.5.0 were
        about["layouts"] = [layout.to_json() for layout in field.layouts]
    with whole_file(path) as file:
        file.write(tensor_bytes({ANCHORS: field.anchors}, {"format": FORMAT, "about": json.dumps(about)}))


def read_latent(path: Path) -> StoredLatent:
    """Read a field. Raises JobError, naming the file, where it is not whole and valid."""
    tensors = read_tensors(path)
    header = read_about(path)
    if header.get("format") != FORMAT:
        raise JobError(f"{path}: format must be {FORMAT!r}, got {header.get('format')!r}; not a latent of panogen's")
    try:
        about: dict[str, Any] = json.loads(header["about"])
        anchors, weights = tensors[ANCHORS], dict(about["weights"])
        if anchors.dtype != torch.float32 or not torch.isfinite(anchors).all():
            raise ValueError("its anchors are not finite float32 numbers")
        layouts = tuple(map(Layout.from_json, about.get("layouts", ())))
        field = LatentField(anchors, KEPT[weights.pop("kind")](**weights), layouts, dict(about["made_of"]))
        return StoredLatent(field, str(about["model"]), str(about["model_name"]))
    except (KeyError, TypeError, ValueError, UsageError) as error:
        raise JobError(f"{path}: not a latent that can be used: {error}") from None
