"""A generator folded for one latent: everything that does not depend on the point is done once."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from panogen.networks import Generator
from panogen.networks.lattices import sample_table
from panogen.networks.layers import SLOPE
from panogen.rendering.buffers import Channels, rows_of
from panogen.rendering.features import Features, FeatureScratch, with_bias
from panogen.rendering.noise import noise_at

# Matrix products of this many points are as fast as any here, and every pixel of every picture is computed in a block
# of this very shape: its value then does not depend on its neighbours, on the picture or on the number of threads.
BLOCK_POINTS = 2048


@dataclass(frozen=True)
class FoldedBlock:
    """A block of the generator: weights of its two layers, of the colours it adds, if any, and of the way around it
    where its width changes.

    A layer's is (in + 1, out); that of the colours is (3, in + 1), so that three long rows are computed and not many
    short ones. The bias belongs to the last input channel, which is 1. The way around is (in, out).
    """

    layers: tuple[Tensor, Tensor]
    rgb: Tensor | None
    residual: bool
    skip: Tensor | None


class FoldedScratch:
    """Buffers for one block of points in flight."""

    def __init__(self, points: int, features: FeatureScratch, width: int, device: torch.device):
        self.features = features
        self.hidden = [Channels(points, widest=width, device=device) for _ in range(2)]
        self.rgb = torch.empty(3, points, device=device)


class FoldedPlan:
    """The generator's synthesis for one latent, without gradients: equal to it within 1e-5.

    Styles, demodulation and gains are folded into plain weights (equation 2 of the paper, once instead of per layer and
    call). The embedding meets a linear layer, and its sampling is linear too, so its table is projected through that
    layer once: a point then costs a weighted sum of a few rows of the projected table.
    """

    tile = 1, BLOCK_POINTS

    def __init__(self, generator: Generator, ws: Tensor, *, noise: bool = False):
        """Fold a generator for latents ws (num_ws, w_dim), with its learned ``noise`` or without."""
        with torch.inference_mode():
            (first, *others) = [(block.folded(own), block) for block, own in generator.blocks_with_ws(ws)]
            self.noise = generator.noise_strengths if noise else None
            embedding, self.features = generator.embedding, Features(generator)
            # The plan does without the generator's own table, which may be the largest part of it.
            self.lattice = embedding.lattice
            self.width = generator.config.width
            ((weight, bias),) = first[0][0]
            channels = self.features.channels
            self.first_weight = weight[:, :channels].T.contiguous()
            # The weights of the cells sum to 1, so the bias can live in the table.
            self.table = torch.addmm(bias, embedding.table.flatten(0, 1), weight[:, channels:].T)
            self.blocks = tuple(
                FoldedBlock(
                    (with_bias(*layers[0]), with_bias(*layers[1])),
                    None if rgb is None else with_bias(*rgb).T.contiguous(),
                    block.residual,
                    None if block.skip is None else block.skip.folded().contiguous(),
                )
                for (layers, rgb), block in others
            )

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.table.device

    def scratch(self, points: int) -> FoldedScratch:
        """Buffers for blocks of ``points`` points."""
        return FoldedScratch(points, self.features.scratch(points), self.width, self.device)

    @property
    def flop_per_point(self) -> int:
        """Floating-point operations of the network's matrix products for one point: the layers and the colours."""
        dense = [self.first_weight] + [weight for block in self.blocks for weight in block.layers]
        dense += [extra for block in self.blocks for extra in (block.rgb, block.skip) if extra is not None]
        return 2 * sum(weight.numel() for weight in dense)

    @torch.inference_mode()
    def __call__(self, coords: Tensor, directions: NDArray[np.float64], scratch: FoldedScratch) -> Tensor:
        """Colours (points, 3) of chart coordinates (points, axes) float64, in ``scratch`` until the next call.

        They are the same in all ``directions``, but for the noise, if any.
        """
        noise = None if self.noise is None else iter(noise_at(directions, self.noise))
        first, second = scratch.hidden
        placed = sample_table(self.table, *self.lattice.taps(coords))
        placed.addmm_(self.features(coords, scratch.features), self.first_weight)
        width = self.width
        x = first.of(width)
        x[:, :width] = activated(placed, noise)
        rgb = scratch.rgb.zero_()
        for block in self.blocks:
            one, two = block.layers
            fed, width = width + 1, one.shape[1]
            y = second.of(width)
            activated(torch.mm(x[:, :fed], one, out=y[:, :width]), noise)
            if block.residual:
                added = rows_of(placed.view(-1), len(placed), width)
                activated(torch.mm(y[:, : width + 1], two, out=added), noise)
                if block.skip is not None:
                    torch.mm(x[:, : fed - 1], block.skip, out=y[:, :width])
                    first, second, x = second, first, y
                x[:, :width].add_(added).mul_(math.sqrt(0.5))
            else:
                x = first.of(width)
                activated(torch.mm(y[:, : width + 1], two, out=x[:, :width]), noise)
            if block.rgb is not None:
                rgb.addmm_(block.rgb, x[:, : width + 1].T)
        return rgb.T


def activated(x: Tensor, noise: Iterator[Tensor] | None) -> Tensor:
    """The leaky ReLU of a layer's products (n, out), in place, with the layer's noise (n, 1), if any, added first."""
    return functional.leaky_relu_(x if noise is None else x.add_(next(noise)), SLOPE)
