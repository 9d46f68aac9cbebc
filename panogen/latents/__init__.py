"""Latents: from seeds to the w that a picture is painted with."""

from panogen.latents.field import LatentField
from panogen.latents.kernels import BLENDS
from panogen.latents.layout import Layout
from panogen.latents.mosaic import Mosaic
from panogen.latents.painted import Painted
from panogen.latents.seeds import MAX_SEED
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
]
