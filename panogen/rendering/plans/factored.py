"""A generator folded for a latent field: styles that vary over the picture, without a copy of the model for each.

A layer scales its inputs by a style, and its outputs so that their variance stays (demodulation). Both depend on the
point only through the weights a_k of the anchors, whose styles are s_k (B is the layer's scaled weight):

    s_j = sum_k a_k s_kj
    y_i = d_i sum_j B_ij s_j x_j + bias_i,    d_i = (sum_j (B_ij s_j)^2 + eps)^(-1/2)
    sum_j (B_ij s_j)^2 = sum_kl a_k a_l q_kli,    q_kli = sum_j B_ij^2 s_kj s_lj

so that a layer is one product with the weight that all points share, two small ones with the weights of the anchors,
and two multiplications by a row of numbers. Exact: nothing is approximated.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from panogen.base.arrays import Doubles
from panogen.latents import LatentField
from panogen.networks import ChartPoints, Generator
from panogen.networks.layers import DEMODULATION_EPS, GAIN, SLOPE, ModulatedLinear, StyledLayer
from panogen.rendering.plans.noise import noise_at
from panogen.rendering.plans.plan import Block, Features, Plan, rows_of, tile_of

CACHE_FLOATS = 2**18  # points times channels that go through a layer at once: several such buffers fit a core's cache
FEWEST_POINTS = 256  # for which products are still fast
FEWEST_COLOURS = 16  # columns of a product: fewer may be added up in another order


@dataclass(frozen=True)
class Mix:
    """Weights of the anchors at some points: those of the anchors that count anywhere there, (n, k), and the products
    of every two of them that meet, (n, p); with the numbers of the anchors and of the pairs."""

    anchors: Tensor
    shares: Tensor
    pairs: list[tuple[int, int]]
    products: Tensor

    @classmethod
    def of(cls, weights: Doubles, like: Tensor) -> "Mix":
        """Make a mix from the weights (n, K) of all anchors, in the precision and on the device of a tensor."""
        anchors = np.flatnonzero(weights.any(0))
        shares = weights[:, anchors]
        counts = (shares != 0).astype(np.float32)
        first, second = np.nonzero(np.triu(counts.T @ counts))
        pairs = list(zip(anchors[first].tolist(), anchors[second].tolist(), strict=True))
        return cls(
            torch.from_numpy(anchors).to(like.device),
            torch.from_numpy(shares).to(like),
            pairs,
            torch.from_numpy(np.ascontiguousarray(shares[:, first] * shares[:, second])).to(like),
        )


class FactoredLayer:
    """A modulated layer whose style may differ from point to point."""

    def __init__(self, linear: ModulatedLinear, ws: Tensor):
        """Fold the layer for the anchors' latents ws (K, w_dim)."""
        base = linear.weight * linear.scale
        self.styles = linear.affine(ws)  # (K, in)
        self.weight = (base * GAIN).T.contiguous()  # (in, out)
        self.bias = linear.bias * GAIN
        self._squares = base.square().T  # (in, out)
        self._pairs: dict[tuple[int, int], Tensor] = {}

    def sums_of_squares(self, pairs: Sequence[tuple[int, int]]) -> Tensor:
        """Return what every two anchors add to the sum of squares (p, out): q_kl, twice where they are two, with the
        epsilon.

        The weights sum to 1, so an epsilon in every q_kl is one in their sum. Each pair is computed once, on its own.
        """
        missing = [pair for pair in pairs if pair not in self._pairs]
        if missing:
            squares, styles = self._squares.double(), self.styles.double()
            for first, second in missing:
                q = (styles[first] * styles[second]) @ squares + DEMODULATION_EPS
                self._pairs[first, second] = (q if first == second else 2 * q).to(self.weight.dtype)
        return torch.stack([self._pairs[pair] for pair in pairs])

    def __call__(self, x: Tensor, mix: Mix, scratch: Tensor, out: Tensor, noise: Tensor | None = None) -> Tensor:
        """(n, in), changed on the way, -> (n, out) in ``out``. ``scratch`` is (n, in or out, whichever is more), flat.
        Noise (n, 1), if any, comes before the bias."""
        fan_in, fan_out = self.weight.shape
        x.mul_(torch.mm(mix.shares, self.styles[mix.anchors], out=rows_of(scratch, len(x), fan_in)))
        squares = self.sums_of_squares(mix.pairs)
        demodulation = torch.mm(mix.products, squares, out=rows_of(scratch, len(x), fan_out)).rsqrt_()
        torch.mm(x, self.weight, out=out).mul_(demodulation).add_(self.bias)
        return functional.leaky_relu_(out if noise is None else out.add_(noise), SLOPE)


class FactoredColours:
    """The layer that gives colours: modulated, not demodulated, and so linear in the style."""

    def __init__(self, linear: ModulatedLinear, ws: Tensor):
        """Fold the colours for the anchors' latents ws (K, w_dim)."""
        self.weights = linear.folded_weight(ws)  # (K, 3, in)
        self.bias = linear.bias

    def add_to(self, rgb: Tensor, x: Tensor, mix: Mix) -> None:
        """Add the colours of (n, in) to (n, 3)."""
        weights = self.weights[mix.anchors].flatten(0, 1)
        colours = torch.mm(x, functional.pad(weights, (0, 0, 0, max(0, FEWEST_COLOURS - len(weights)))).T)
        rgb.add_(self.bias)
        for own, share in zip(colours.split(3, 1), mix.shares.split(1, 1), strict=False):
            rgb.addcmul_(own, share)


class FactoredScratch:
    """Buffers for one block of points in flight, of which ``at_once`` go through the layers together."""

    def __init__(self, points: int, at_once: int, features: int, width: int, device: torch.device):
        self.features = torch.empty(at_once, features, dtype=torch.float32, device=device)
        self.styles = torch.empty(at_once * max(features, width), dtype=torch.float32, device=device)
        self.hidden = [torch.empty(at_once * width, dtype=torch.float32, device=device) for _ in range(3)]
        self.rgb = torch.empty(points, 3, dtype=torch.float32, device=device)


class FactoredPlan(Plan):
    """For any field, in blocks of any points."""

    def __init__(self, generator: Generator, field: LatentField, *, noise: bool = False, any_order: bool = False):
        """Fold a generator for a field, with its learned ``noise`` or without. In ``any_order`` its blocks are
        successive samples."""
        with torch.inference_mode():
            self.field = field
            self.noise = generator.noise_strengths if noise else None
            self.features = Features(generator.encodings, field)
            self.tile = tile_of(generator, any_order=any_order)
            self.width = generator.config.width
            self.blocks: list[Block[FactoredLayer, FactoredColours]] = []
            for block, own in generator.blocks_with_ws(field.anchors):
                layers = [
                    FactoredLayer(cast(StyledLayer, layer).linear, w)
                    for layer, w in zip(block.layers, own.unbind(1), strict=True)
                ]
                colours = None if block.rgb is None else FactoredColours(block.rgb, own[:, -1])
                skip = None if block.skip is None else block.skip.folded().contiguous()
                self.blocks.append(Block(layers, colours, block.residual, skip))

    @property
    @override
    def products(self) -> list[Tensor]:
        dense = [layer.weight for block in self.blocks for layer in block.layers]
        dense += [block.colours.weights[0] for block in self.blocks if block.colours is not None]
        return dense + [block.skip for block in self.blocks if block.skip is not None]

    @property
    def at_once(self) -> int:
        """Points that go through the layers together: a power of two, like the points of a block."""
        cached: int = 2 ** int(math.log2(CACHE_FLOATS / self.width))
        return max(FEWEST_POINTS, cached)

    def scratch(self, points: int) -> FactoredScratch:
        """Buffers for blocks of ``points`` points."""
        return FactoredScratch(points, min(points, self.at_once), self.features.channels, self.width, self.device)

    @torch.inference_mode()
    def __call__(self, points: ChartPoints, directions: Doubles, scratch: FactoredScratch) -> Tensor:
        """Colours (n, 3) of points seen at directions (n, 3), in ``scratch`` until the next call."""
        weights = self.field.weights(directions)
        features = self.features(points, weights)
        noise = None if self.noise is None else noise_at(directions, self.noise)
        step = len(scratch.features)
        for start in range(0, len(points), step):
            span = slice(start, start + step)
            mix, own = Mix.of(weights[span], features), None if noise is None else noise[:, span]
            x = scratch.features[: len(features[span])].copy_(features[span])
            self._colours(x, mix, own, scratch, scratch.rgb[span].zero_())
        return scratch.rgb

    def _colours(self, x: Tensor, mix: Mix, noise: Tensor | None, scratch: FactoredScratch, rgb: Tensor) -> None:
        count = len(x)
        here, there, aside = scratch.hidden
        layers_noise = itertools.repeat(None) if noise is None else iter(noise)
        for block in self.blocks:
            kept = rows_of(aside, count, x.shape[1]).copy_(x) if block.residual else None
            for layer in block.layers:
                out = rows_of(here, count, layer.weight.shape[1])
                x, here, there = layer(x, mix, scratch.styles, out, next(layers_noise)), there, here
            if kept is not None:
                if block.skip is not None:
                    kept = torch.mm(kept, block.skip, out=rows_of(here, count, x.shape[1]))
                x.add_(kept).mul_(math.sqrt(0.5))
            if block.colours is not None:
                block.colours.add_to(rgb, x, mix)
