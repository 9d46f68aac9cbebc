"""A generator folded for one latent: everything that does not depend on the point is done once."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from typing_extensions import override

from panogen.base.arrays import Doubles
from panogen.latents import LatentField
from panogen.networks import ChartPoints, Generator, TableConfig
from panogen.networks.encodings.splines import weighted
from panogen.networks.layers import SLOPE
from panogen.rendering.plans.noise import noise_at
from panogen.rendering.plans.plan import BLOCK_POINTS, PATCH, Block, Channels, Features, Plan, rows_of, tile_of


class FoldedScratch:
    """Buffers for one block of points in flight."""

    def __init__(self, points: int, width: int, device: torch.device):
        at_once = min(points, BLOCK_POINTS)
        self.placed = torch.empty(at_once, width, dtype=torch.float32, device=device)
        self.hidden = [Channels(at_once, widest=width, device=device) for _ in range(2)]
        self.rgb = torch.empty(3, points, dtype=torch.float32, device=device)


class FoldedPlan(Plan):
    """For one latent.

    Styles, demodulation and gains are folded into plain weights (equation 2 of the paper, once instead of per layer and
    call). The embedding meets a linear layer, and its sampling is linear too, so its table is projected through that
    layer once: a point then costs a weighted sum of a few rows of the projected table.
    """

    def __init__(
        self,
        generator: Generator,
        field: LatentField,
        *,
        noise: bool = False,
        any_order: bool = False,
        apart: bool = False,
    ):
        """Fold a generator for a field of one anchor, with its learned ``noise`` or without.

        In ``any_order`` its blocks are successive samples. Where a picture comes ``apart`` into rows and columns,
        those are told to the encodings.
        """
        with torch.inference_mode():
            (ws,) = field.anchors
            (first, *others) = [(block.folded(own), block) for block, own in generator.blocks_with_ws(ws)]
            self.noise = generator.noise_strengths if noise else None
            self.weights, table = np.ones((1, 1)), generator.table
            # The plan does without the generator's own table, which may be the largest part of it.
            self.features = Features([one for one in generator.encodings if one is not table], field)
            self.cells = None if table is None else table.cells
            self.width = generator.config.width
            ((weight, bias),) = first[0][0]
            columns = dict(zip(generator.config.encodings, weight.split(generator.widths_of_encodings, 1), strict=True))
            own = [columns[one] for one in columns if not isinstance(one, TableConfig)]
            self.first_weight = torch.cat(own, 1).T.contiguous() if own else weight[:, :0].T
            # The weights of the cells sum to 1, so the bias can live in the table.
            self.table = (
                bias[None] if table is None else torch.addmm(bias, table.table.flatten(0, 1), columns[table.config].T)
            )
            self.tile = tile_of(generator, any_order=any_order)
            self.apart = apart and self.tile == PATCH
            # Weights of layers are (in + 1, out); those of colours (3, in + 1), so that three long rows are computed,
            # not many short ones.
            self.blocks: list[Block[Tensor, Tensor]] = []
            for (layers, rgb), block in others:
                colours = None if rgb is None else with_bias(*rgb).T.contiguous()
                skip = None if block.skip is None else block.skip.folded().contiguous()
                self.blocks.append(Block([with_bias(*layer) for layer in layers], colours, block.residual, skip))

    @property
    @override
    def products(self) -> list[Tensor]:
        """Return them with the biases."""
        every = (weight for block in self.blocks for weight in (*block.layers, block.colours, block.skip))
        return [self.first_weight, *(weight for weight in every if weight is not None)]

    def scratch(self, points: int) -> FoldedScratch:
        """Buffers for blocks of ``points`` points."""
        return FoldedScratch(points, self.width, self.device)

    @torch.inference_mode()
    def __call__(self, points: ChartPoints, directions: Doubles, scratch: FoldedScratch) -> Tensor:
        """Colours (n, 3) of points, in ``scratch`` until the next call.

        They are the same in all ``directions``, but for the noise, if any.
        """
        features = self.features(points, self.weights)
        noise = None if self.noise is None else noise_at(directions, self.noise)
        for start in range(0, len(points), BLOCK_POINTS):
            span = slice(start, start + BLOCK_POINTS)
            own = None if noise is None else iter(noise[:, span])
            self._colours(self._placed(points, features, span, scratch), own, scratch, scratch.rgb[:, span].zero_())
        return scratch.rgb.T

    def _placed(self, points: ChartPoints, features: Tensor, span: slice, scratch: FoldedScratch) -> Tensor:
        # The first layer's products.
        if self.cells is None:
            placed = scratch.placed[: len(features[span])].copy_(self.table.expand(len(features[span]), -1))
        else:
            placed = weighted(self.table, *self.cells.taps(points.coordinates[span]))
        return placed.addmm_(features[span], self.first_weight)

    def _colours(self, placed: Tensor, noise: Iterator[Tensor] | None, scratch: FoldedScratch, rgb: Tensor) -> None:
        first, second = scratch.hidden
        width = self.width
        x = first.of(width)
        x[:, :width] = activated(placed, noise)
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
            if block.colours is not None:
                rgb.addmm_(block.colours, x[:, : width + 1].T)


def with_bias(weight: Tensor, bias: Tensor) -> Tensor:
    """Return a weight (out, in) and its bias (out,) as one matrix (in + 1, out) for an input that ends with a 1."""
    return torch.cat([weight, bias[:, None]], 1).T.contiguous()


def activated(x: Tensor, noise: Iterator[Tensor] | None) -> Tensor:
    """Return the leaky ReLU of a layer's products (n, out), in place, after its noise (n, 1), if any, is added."""
    return functional.leaky_relu_(x if noise is None else x.add_(next(noise)), SLOPE)
