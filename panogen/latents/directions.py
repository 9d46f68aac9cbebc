"""Directions of w that change pictures most, found in the weights alone.

Closed-form factorisation (Shen and Zhou 2021, "SeFa"): what a step n in w adds to all styles is A n, with A the affine
weights of the layers, one above the other. The unit vectors that move the styles most are the right singular vectors of
A, those of its largest singular values first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def semantic_directions(style_weights: Sequence[Tensor]) -> Tensor:
    """Unit directions (n, w_dim), one a row, those that move the styles most first; n is w_dim or, if that is less, the
    number of styles.

    ``style_weights`` are the matrices (channels, w_dim) that make the styles of the layers to be changed. A direction's
    sign, which the factorisation leaves open, is such that its largest component is positive.
    """
    import torch

    stacked = torch.cat([weight.detach().double() for weight in style_weights])
    directions: Tensor = torch.linalg.svd(stacked, full_matrices=False).Vh
    largest = directions.gather(1, directions.abs().argmax(1, keepdim=True))
    return (directions * largest.sign()).float()
