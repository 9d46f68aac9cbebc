"""Latent fields: anchors, and how much each counts in each direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from panogen.errors import UsageError
from panogen.latents.seeds import truncate
from panogen.latents.weights import Everywhere, Weights

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LatentField:
    """What to paint where: anchors ws (K, num_ws, w_dim) and their weights.

    A point's styles are the weighted mean of the anchors' styles, layer by layer. ``made_of`` is what a picture's file
    says of the anchors: their seeds and the like.
    """

    anchors: Tensor
    weights: Weights = field(default_factory=Everywhere)
    made_of: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.anchors.ndim != 3 or len(self.anchors) != self.weights.count:
            raise ValueError(
                f"anchors must be ({self.weights.count}, num_ws, w_dim) for these weights, "
                f"got {tuple(self.anchors.shape)}"
            )

    @classmethod
    def constant(cls, ws: Tensor, **made_of: Any) -> LatentField:
        """The same latents ws (num_ws, w_dim) everywhere."""
        return cls(ws[None], Everywhere(), made_of)

    def truncated(self, w_avg: Tensor, truncation_psi: float) -> LatentField:
        """The field with its anchors drawn towards the mean latent."""
        return replace(self, anchors=truncate(self.anchors, w_avg, truncation_psi))

    def described(self) -> dict[str, Any]:
        """What a picture's file says of it."""
        return {**self.made_of, **self.weights.described()}


@dataclass(frozen=True)
class Nested:
    """Weights of fields that are blended: each field's own, as much as the field counts."""

    outer: Weights
    inner: tuple[Weights, ...]

    @property
    def count(self) -> int:
        """See ``Weights``."""
        return sum(weights.count for weights in self.inner)

    @property
    def azimuthal(self) -> bool:
        """See ``Weights``."""
        return all(weights.azimuthal for weights in (self.outer, *self.inner))

    def __call__(self, directions: NDArray[np.float64]) -> NDArray[np.float64]:
        """See ``Weights``."""
        shares = self.outer(directions)
        return np.concatenate(
            [shares[:, k : k + 1] * weights(directions) for k, weights in enumerate(self.inner)], axis=1
        )

    def described(self) -> dict[str, Any]:
        """See ``Weights``."""
        return {**self.outer.described(), "fields": [weights.described() for weights in self.inner]}


def blended(fields: Sequence[LatentField], weights: Weights, layers: range | None = None) -> LatentField:
    """One field of several, by ``weights`` that count them.

    With ``layers``, only those differ from place to place; in all others the first field is alone.
    """
    import torch

    made_of: dict[str, Any] = {"blend": [one.described() for one in fields]}
    if layers is not None:
        made_of["layers"] = [layers.start, layers.stop - 1]
        fields = [mixed(fields[0], one, layers) for one in fields]
    constant = all(isinstance(one.weights, Everywhere) for one in fields)
    over = weights if constant else Nested(weights, tuple(one.weights for one in fields))
    return LatentField(torch.cat([one.anchors for one in fields]), over, made_of)


def mixed(first: LatentField, second: LatentField, layers: range) -> LatentField:
    """Style mixing (StyleGAN, section 3.1): the second field's latents in ``layers``, the first one's in all others.

    One of the two must be constant. Raises UsageError.
    """
    varying = [one for one in (first, second) if len(one.anchors) > 1]
    if len(varying) == 2 and first is not second:
        raise UsageError("of two latents that are mixed by layers one must be the same everywhere, got two that vary")
    count = max(len(first.anchors), len(second.anchors))
    anchors = first.anchors.expand(count, -1, -1).clone()
    anchors[:, layers.start : layers.stop] = second.anchors[:, layers.start : layers.stop]
    made_of = {"mix": [first.described(), second.described()], "layers": [layers.start, layers.stop - 1]}
    return LatentField(anchors, (varying or [first])[0].weights, made_of)
