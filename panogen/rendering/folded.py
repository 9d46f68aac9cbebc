"""A generator folded for one latent: everything that does not depend on the point is done once."""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from panogen.networks import Generator
from panogen.networks.coordinates import sample_table, table_taps
from panogen.networks.layers import SLOPE
from panogen.rendering.features import Features, FeatureScratch, with_bias

# Matrix products of this many points are as fast as any here, and every pixel of every picture is computed in a block
# of this very shape: its value then does not depend on its neighbours, on the picture or on the number of threads.
BLOCK_POINTS = 2048
CHANNEL_PADDING = 16  # channels beside the hidden ones; the first of them is always 1 and carries the biases


@dataclass(frozen=True)
class FoldedBlock:
    """A block of the generator: weights of its two layers and of the colours it adds, if any.

    A layer's is (in + 1, out); that of the colours is (3, in + 1), so that three long rows are computed and not many
    short ones. The bias belongs to the last input channel, which is 1.
    """

    layers: tuple[Tensor, Tensor]
    rgb: Tensor | None
    residual: bool


class FoldedScratch:
    """Buffers for one block of points in flight."""

    def __init__(self, points: int, channels: int, width: int, device: torch.device):
        self.features = FeatureScratch(points, channels, device)
        self.hidden = [torch.ones(points, width + CHANNEL_PADDING, device=device) for _ in range(2)]
        self.rgb = torch.empty(3, points, device=device)


class FoldedPlan:
    """The generator's synthesis for one latent, without gradients: equal to it within 1e-5.

    Styles, demodulation and gains are folded into plain weights (equation 2 of the paper, once instead of per layer and
    call). The embedding meets a linear layer, and its sampling is linear too, so its table is projected through that
    layer once: a point then costs a weighted sum of 16 rows of the projected table.
    """

    tile = 1, BLOCK_POINTS

    def __init__(self, generator: Generator, ws: Tensor):
        """Fold a generator for latents ws (num_ws, w_dim)."""
        with torch.inference_mode():
            (first, *others) = [(block.folded(own), block.residual) for block, own in generator.blocks_with_ws(ws)]
            embedding, self.features = generator.embedding, Features(generator)
            # The plan does without the generator's own table, which may be the largest part of it.
            self.table_shape = embedding.table.shape[0], embedding.table.shape[1], embedding.max_height
            self.width = generator.config.width
            ((weight, bias),) = first[0][0]
            channels = self.features.channels
            self.first_weight = weight[:, :channels].T.contiguous()
            # The weights of the spline sum to 1, so the bias can live in the table.
            self.table = torch.addmm(bias, embedding.table.flatten(0, 1), weight[:, channels:].T)
            self.blocks = tuple(
                FoldedBlock(
                    (with_bias(*layers[0]), with_bias(*layers[1])),
                    None if rgb is None else with_bias(*rgb).T.contiguous(),
                    residual,
                )
                for (layers, rgb), residual in others
            )

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.table.device

    def scratch(self, points: int) -> FoldedScratch:
        """Buffers for blocks of ``points`` points."""
        return FoldedScratch(points, self.features.channels, self.width, self.device)

    @property
    def flop_per_point(self) -> int:
        """Floating-point operations of the network's matrix products for one point: the layers and the colours."""
        dense = [self.first_weight] + [weight for block in self.blocks for weight in block.layers]
        dense += [block.rgb for block in self.blocks if block.rgb is not None]
        return 2 * sum(weight.numel() for weight in dense)

    @torch.inference_mode()
    def __call__(self, coords: Tensor, directions: NDArray[np.float64], scratch: FoldedScratch) -> Tensor:
        """Colours (points, 3) of chart coordinates (points, 3) float64, in ``scratch`` until the next call.

        They are the same in all ``directions``.
        """
        fed, channels = self.width + 1, self.width
        x, y = scratch.hidden
        placed = sample_table(self.table, *table_taps(coords, *self.table_shape))
        placed.addmm_(self.features(coords, scratch.features), self.first_weight)
        x[:, :channels] = functional.leaky_relu_(placed, SLOPE)
        rgb = scratch.rgb.zero_()
        for block in self.blocks:
            first, second = block.layers
            functional.leaky_relu_(torch.mm(x[:, :fed], first, out=y[:, :channels]), SLOPE)
            if block.residual:
                added = functional.leaky_relu_(torch.mm(y[:, :fed], second, out=placed), SLOPE)
                x[:, :channels].add_(added).mul_(math.sqrt(0.5))
            else:
                functional.leaky_relu_(torch.mm(y[:, :fed], second, out=x[:, :channels]), SLOPE)
            if block.rgb is not None:
                rgb.addmm_(block.rgb, x[:, :fed].T)
        return rgb.T
