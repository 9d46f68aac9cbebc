"""A generator folded for one latent: everything that does not depend on the point is done once."""

from dataclasses import dataclass
from typing import Self

import torch
from torch import Tensor
from torch.nn import functional

from panogen.networks import Generator
from panogen.networks.coordinates import CoordinateEmbedding, FourierFeatures, sample_table
from panogen.networks.layers import SLOPE


@dataclass(frozen=True)
class Dense:
    """x -> x weight + bias, for one latent."""

    weight: Tensor  # (in, out)
    bias: Tensor  # (out,)

    @classmethod
    def fold(cls, weight: Tensor, bias: Tensor) -> Self:
        """From a weight (out, in), as networks keep it."""
        return cls(weight.T.contiguous(), bias)


@dataclass(frozen=True)
class FoldedBlock:
    """A block of the generator: styled layers, and the colours it adds, if any."""

    layers: tuple[Dense, ...]
    rgb: Dense | None
    residual: bool


@dataclass
class Scratch:
    """Buffers for one block of points in flight."""

    features: Tensor  # (points, fourier channels)
    hidden: tuple[Tensor, Tensor, Tensor]  # (points, width) each
    rgb: Tensor  # (points, 3)


class Plan:
    """The generator's synthesis for one latent, without gradients: equal to it within 1e-5.

    Styles, demodulation and gains are folded into plain weights (equation 2 of the paper, once instead of per layer and
    call). The embedding meets a linear layer, and its sampling is linear too, so its table is projected through that
    layer once: a point then costs a weighted sum of 16 rows of the projected table.
    """

    def __init__(self, fourier: FourierFeatures, embedding: CoordinateEmbedding, blocks: tuple[FoldedBlock, ...]):
        self.fourier, self.embedding, self.blocks = fourier, embedding, blocks
        (first,) = blocks[0].layers
        channels = fourier.phases.shape[0]
        self.first_weight = first.weight[:channels].contiguous()
        # The weights of the spline sum to 1, so the bias can live in the table.
        self.table = torch.addmm(first.bias, embedding.table.detach().flatten(0, 1), first.weight[channels:])

    @classmethod
    @torch.no_grad()
    def fold(cls, generator: Generator, ws: Tensor) -> Self:
        """Fold a generator for latents ws (num_ws, w_dim)."""
        blocks = []
        for block, own in generator.blocks_with_ws(ws):
            layers, rgb = block.folded(own)
            folded = tuple(Dense.fold(*layer) for layer in layers)
            blocks.append(FoldedBlock(folded, None if rgb is None else Dense.fold(*rgb), block.residual))
        return cls(generator.fourier, generator.embedding, tuple(blocks))

    def scratch(self, points: int) -> Scratch:
        """Buffers for blocks of ``points`` points."""
        channels, width = self.first_weight.shape
        like = self.first_weight
        return Scratch(
            like.new_empty(points, channels),
            (like.new_empty(points, width), like.new_empty(points, width), like.new_empty(points, width)),
            like.new_empty(points, 3),
        )

    @property
    def flop_per_point(self) -> int:
        """Floating-point operations of the matrix products and of the table's sums, for one point."""
        dense = [self.first_weight] + [layer.weight for block in self.blocks[1:] for layer in block.layers]
        dense += [block.rgb.weight for block in self.blocks if block.rgb is not None]
        return 2 * sum(weight.numel() for weight in dense) + 2 * 16 * self.table.shape[1]

    @torch.inference_mode()
    def __call__(self, coords: Tensor, scratch: Scratch) -> Tensor:
        """Colours (points, 3) of chart coordinates (points, 3) float64, in ``scratch`` until the next call."""
        cells, weights = self.embedding.taps(coords)
        placed = sample_table(self.table, cells, weights)
        x, y, spare = scratch.hidden
        torch.addmm(placed, self.fourier(coords, out=scratch.features), self.first_weight, out=x)
        functional.leaky_relu_(x, SLOPE)
        rgb = scratch.rgb.zero_()
        for block in self.blocks[1:]:
            first, second = block.layers
            functional.leaky_relu_(torch.addmm(first.bias, x, first.weight, out=y), SLOPE)
            functional.leaky_relu_(torch.addmm(second.bias, y, second.weight, out=spare), SLOPE)
            if block.residual:
                x.add_(spare).mul_(0.5**0.5)
            else:
                x, spare = spare, x
            if block.rgb is not None:
                rgb.addmm_(x, block.rgb.weight).add_(block.rgb.bias)
        return rgb
