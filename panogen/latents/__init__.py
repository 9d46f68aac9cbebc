"""Latents: from seeds to the w that a picture is painted with."""

from panogen.latents.directions import semantic_directions
from panogen.latents.field import LatentField, between, blended, mixed
from panogen.latents.kernels import BLENDS
from panogen.latents.layout import Layout
from panogen.latents.mosaic import Mosaic
from panogen.latents.painted import Painted, painted
from panogen.latents.seeds import MAX_SEED, parse_seeds, truncate, z_from_seed
from panogen.latents.weights import EVEN, Above, Around, Everywhere, Nested, Paced, Weights

WEIGHTS = {weights.kind: weights for weights in (Everywhere, Around, Paced, Above, Mosaic, Nested, Painted)}

__all__ = [
    "BLENDS",
    "EVEN",
    "MAX_SEED",
    "WEIGHTS",
    "Above",
    "Around",
    "Everywhere",
    "LatentField",
    "Layout",
    "Mosaic",
    "Nested",
    "Paced",
    "Painted",
    "Weights",
    "between",
    "blended",
    "mixed",
    "painted",
    "parse_seeds",
    "semantic_directions",
    "truncate",
    "z_from_seed",
]
