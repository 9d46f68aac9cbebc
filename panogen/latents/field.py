"""Latent fields: anchors, and how much each counts in each direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from panogen.base.arrays import Doubles
from panogen.base.errors import UsageError
from panogen.latents.layout import Layout
from panogen.latents.seeds import truncate
from panogen.latents.weights import Everywhere, Nested, Weights

if TYPE_CHECKING:
    from torch import Tensor

FIRST_LAYOUT = Layout.of(0)  # of latents of which nobody says another one


@dataclass(frozen=True)
class LatentField:
    """What to paint where: anchors ws (K, num_ws, w_dim), their weights and their K layouts.

    A point's styles are the weighted mean of the anchors' styles, layer by layer. Its noise is that of the anchors'
    layouts, added up (``layout_shares``). No layouts stand for layout 0 everywhere.
    """

    anchors: Tensor
    weights: Weights = field(default_factory=Everywhere)
    layouts: tuple[Layout, ...] = ()

    def __post_init__(self) -> None:
        if self.anchors.ndim != 3 or len(self.anchors) != self.weights.count:
            raise ValueError(
                f"anchors must be ({self.weights.count}, num_ws, w_dim) for these weights, "
                f"got {tuple(self.anchors.shape)}"
            )
        if not self.layouts:
            object.__setattr__(self, "layouts", (FIRST_LAYOUT,) * self.weights.count)
        if len(self.layouts) != self.weights.count:
            raise ValueError(f"layouts must be {self.weights.count}, one an anchor, got {len(self.layouts)}")

    @classmethod
    def constant(cls, ws: Tensor, layout: Layout = FIRST_LAYOUT) -> LatentField:
        """Return the same latents ws (num_ws, w_dim) and the same layout everywhere."""
        return cls(ws[None], Everywhere(), (layout,))

    @property
    def layout_seeds(self) -> tuple[int, ...]:
        """The L layout seeds of the anchors, each once, in order of first appearance."""
        return tuple(dict.fromkeys(seed for layout in self.layouts for seed, _ in layout.shares))

    def layout_shares(self, weights: Doubles) -> Doubles:
        """Amplitudes (n, L) of the layouts' noises at points where the anchors count by ``weights`` (n, K).

        They are the layouts' shares there, scaled so that their squares sum to 1. So independent noises of variance 1,
        added up by them, have variance 1. A point's do not depend on its neighbours, to the bit: no product of
        matrices.
        """
        seeds = self.layout_seeds
        if len(seeds) == 1:
            return np.ones((len(weights), 1))
        shares = np.zeros((len(seeds), len(weights)))
        for layout, counts in zip(self.layouts, weights.T, strict=True):
            for seed, share in layout.shares:
                shares[seeds.index(seed)] += share * counts
        length = np.sqrt(sum(share * share for share in shares))
        return np.ascontiguousarray((shares / length).T)

    def laid_out(self, layout: int) -> LatentField:
        """Return the same latents with the noise of one layout seed everywhere. Raises UsageError."""
        return replace(self, layouts=(Layout.of(layout),) * len(self.layouts))

    def truncated(self, w_avg: Tensor, truncation_psi: float) -> LatentField:
        """Return the field with its anchors drawn towards the mean latent."""
        return replace(self, anchors=truncate(self.anchors, w_avg, truncation_psi))


def blended(fields: Sequence[LatentField], weights: Weights, layers: range | None = None) -> LatentField:
    """Blend fields into one by ``weights`` that count them: their latents and their layouts.

    With ``layers``, only those differ from place to place; in all others, and in its layout, the first field is alone.
    """
    import torch

    if layers is not None:
        fields = [style_mixed(fields[0], one, layers) for one in fields]
    constant = all(isinstance(one.weights, Everywhere) for one in fields)
    over = weights if constant else Nested(weights, tuple(one.weights for one in fields))
    layouts = tuple(layout for one in fields for layout in one.layouts)
    return LatentField(torch.cat([one.anchors for one in fields]), over, layouts)


def style_mixed(first: LatentField, second: LatentField, layers: range) -> LatentField:
    """Style mixing (StyleGAN, section 3.1): the second field's latents in ``layers``, the first one's in all others.

    The layout is the first one's. One of the two must be constant. Raises UsageError.
    """
    varying = [one for one in (first, second) if len(one.anchors) > 1]
    if len(varying) == 2 and first is not second:
        raise UsageError("of two latents that are mixed by layers one must be the same everywhere, got two that vary")
    count = max(len(first.anchors), len(second.anchors))
    anchors = first.anchors.expand(count, -1, -1).clone()
    anchors[:, layers.start : layers.stop] = second.anchors[:, layers.start : layers.stop]
    layouts = first.layouts * (count // len(first.layouts))
    return LatentField(anchors, (varying or [first])[0].weights, layouts)


def between(one: LatentField, other: LatentField, share: float) -> LatentField:
    """Return the place a ``share`` of the way from one constant field to another: its latents and its layout."""
    ws = one.anchors[0].lerp(other.anchors[0], share)
    layout = Layout.mean((one.layouts[0], other.layouts[0]), (1 - share, share))
    return LatentField.constant(ws, layout)
