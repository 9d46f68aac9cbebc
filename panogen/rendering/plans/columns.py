"""A generator folded for each column of a panorama: latents that change with the azimuth alone.

All points of a column have the same styles, so its layers are ordinary ones, whose weights are folded once for many
points. And columns and rows of such a picture are meridians and parallels, so what the network is fed comes apart:
with frequencies (F_x, F_y, F_h) and a phase p, in turns,

    F_x cos azimuth + F_y sin azimuth + F_h height + p = a(column) + b(row),
    sin(2 pi (a + b)) = sin 2 pi a cos 2 pi b + cos 2 pi a sin 2 pi b,

and a point's embedding is a spline along its column, whose cells are splines around the circle.
"""

import math
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
from panogen.rendering.plans.plan import Block, Channels, Features, Plan

# Points of a column share a folded weight, which costs little beside the product if they are many, and more of a wide
# network's time, for which nothing else is saved. Strips of whole rows take memory, so they are not higher than that.
FEWEST_ROWS, MOST_ROWS, ROWS = 512, 1024, 256
# Folding takes many small steps, which cost the same for all columns at once, but the numbers (points times channels)
# of too many leave the core's cache. Blocks are wider than that: neighbouring columns share the nodes of their noise.
FEWEST_POINTS, FLOATS_AT_ONCE, TURNS = 2048, 2**19, 4
# Products of few rows are made in another order, so the styles of fewer columns are made of as many.
FEWEST_STYLES = 8


class ColumnLayer:
    """A modulated layer whose style differs from column to column.

    Its bias belongs to one more input, which is 1; in its sum of squares is the epsilon. Demodulation is left to what
    follows: a leaky ReLU lets a positive factor pass, leaky_relu(d y + b) = d leaky_relu(y + b / d), so the outputs
    wait for the factors d of their columns, and those become part of the next layer's style.
    """

    def __init__(self, linear: ModulatedLinear):
        base = (linear.weight * linear.scale).T
        self.weight, self.bias = (base * GAIN).contiguous(), linear.bias * GAIN  # (in, out), (out,)
        self.squares = functional.pad(base.square(), (0, 0, 0, 1), value=DEMODULATION_EPS)

    def folded(self, styles: Tensor, count: int, waiting: Tensor | None, buffer: Tensor) -> tuple[Tensor, Tensor]:
        """Weights (n, in + 1, out), in ``buffer``, for n = ``count`` of the styles (..., in + 1), whose last is 1, and
        inputs that wait for factors (n, in); with the factors (n, out) for which the outputs wait."""
        fan_in, fan_out = self.weight.shape
        factors = torch.mm(styles.square(), self.squares).rsqrt_()[:count]
        scales = styles[:count, :fan_in] if waiting is None else styles[:count, :fan_in] * waiting
        folded = buffer[: count * (fan_in + 1) * fan_out].view(count, fan_in + 1, fan_out)
        torch.mul(self.weight, scales[:, :, None], out=folded[:, :fan_in])
        torch.div(self.bias, factors, out=folded[:, fan_in])
        return folded, factors


class ColumnScratch:
    """Buffers for one block of points in flight, some columns of some rows each."""

    def __init__(self, tile: tuple[int, int], at_once: int, width: int, hidden: int, fan_in: int, device: torch.device):
        rows, columns = tile
        self.hidden = [Channels(at_once, rows, widest=width, device=device) for _ in range(hidden)]
        self.weight = torch.empty(at_once * fan_in * width, dtype=torch.float32, device=device)
        self.rgb = torch.empty(columns, rows, 3, dtype=torch.float32, device=device)


class ColumnPlan(Plan):
    """For a field that depends on the azimuth alone, in blocks of whole columns' points."""

    apart = True

    def __init__(self, generator: Generator, field: LatentField, rows: int):
        """Fold a generator for an azimuthal field and pictures of so many rows."""
        if not field.weights.azimuthal:
            raise ValueError(f"weights must depend on the azimuth alone, got {field.weights}")
        if not generator.comes_apart:
            raise ValueError("encodings must come apart into rows and columns, and some do not")
        self.field, self.width, self.features = field, generator.config.width, Features(generator.encodings, field)
        with torch.inference_mode():
            styles, blocks = [], list[Block[ColumnLayer, Tensor]]()
            for block, own in generator.blocks_with_ws(field.anchors):
                linears = [cast(StyledLayer, layer).linear for layer in block.layers]
                styles += [
                    functional.pad(linear.affine(w), (0, 1), value=1.0)
                    for linear, w in zip(linears, own.unbind(1), strict=True)
                ]
                colours = None  # weights (K, 3, in + 1)
                if block.rgb is not None:
                    weights = block.rgb.folded_weight(own[:, -1])
                    # Shares sum to 1, so the bias can be one in all anchors' weights.
                    colours = torch.cat([weights, block.rgb.bias[:, None].expand(len(weights), -1, -1)], 2)
                skip = None if block.skip is None else block.skip.folded()
                blocks.append(Block([ColumnLayer(linear) for linear in linears], colours, block.residual, skip))
            self.styles = torch.cat(styles, 1)  # (K, in + 1 of all layers)
            self.fans_in = [own.shape[1] for own in styles]
            first, *self.blocks = blocks
            (self.first,) = first.layers
        tall, self.at_once = columns_at_once(rows, self.width)
        self.tile = tall, TURNS * self.at_once

    @property
    @override
    def products(self) -> list[Tensor]:
        dense = [self.first.weight, *(layer.weight for block in self.blocks for layer in block.layers)]
        dense += [block.colours[0] for block in self.blocks if block.colours is not None]
        return dense + [block.skip for block in self.blocks if block.skip is not None]

    def scratch(self, points: int) -> ColumnScratch:
        """Buffers for blocks of ``points`` points."""
        tall = self.tile[0]
        hidden = 3 if any(block.residual for block in self.blocks) else 2
        return ColumnScratch((tall, points // tall), self.at_once, self.width, hidden, max(self.fans_in), self.device)

    @torch.inference_mode()
    def __call__(self, points: ChartPoints, directions: Doubles, scratch: ColumnScratch) -> Tensor:
        """Colours (n, 3) of points, columns as high as a tile, and the directions (n, 3) that they are seen at, in
        ``scratch`` until the next call."""
        tall = self.tile[0]
        weights = self.field.weights(directions[::tall])
        features = self.features(points, weights.repeat(tall, 0)).view(len(weights), tall, -1)
        for start in range(0, len(weights), self.at_once):
            span = slice(start, start + self.at_once)
            self._colours(features[span], weights[span], scratch, scratch.rgb[span].zero_())
        return scratch.rgb.view(-1, 3)

    def _colours(self, features: Tensor, weights: Doubles, scratch: ColumnScratch, rgb: Tensor) -> None:
        # Of some columns, with the weights of the anchors in each.
        count = len(weights)
        padding = (0, max(0, FEWEST_STYLES - count)), (0, 0)
        shares = torch.from_numpy(np.pad(weights, padding, mode="edge")).to(self.styles)
        styles = iter(torch.mm(shares, self.styles).split(self.fans_in, 1))
        first, second, *spare = scratch.hidden

        def through(layer: ColumnLayer, waiting: Tensor | None, x: Tensor, into: Channels) -> tuple[Tensor, Tensor]:
            weight, factors = layer.folded(next(styles), count, waiting, scratch.weight)
            y, width = into.of(layer.weight.shape[1]), layer.weight.shape[1]
            functional.leaky_relu_(torch.bmm(x[..., : weight.shape[1]], weight, out=y[..., :width]), SLOPE)
            return y, factors

        weight, factors = self.first.folded(next(styles), count, None, scratch.weight)
        x = first.of(self.width)
        placed = torch.baddbmm(weight[:, -1:], features, weight[:, :-1], out=x[..., : self.width])
        functional.leaky_relu_(placed, SLOPE)
        waiting: Tensor | None = factors
        for block in self.blocks:
            (one, two), (fan_in, width) = block.layers, block.layers[0].weight.shape
            y, factors = through(one, waiting, x, second)
            y, factors = through(two, factors, y, spare[0] if block.residual else first)
            if block.residual:
                kept = x[..., :fan_in] if waiting is None else x[..., :fan_in].mul_(waiting[:, None])
                if block.skip is not None:
                    x = second.of(width)
                    kept = torch.bmm(kept, block.skip.expand(len(kept), -1, -1), out=x[..., :width])
                    first, second = second, first
                kept.addcmul_(y[..., :width], factors[:, None]).mul_(math.sqrt(0.5))
            else:
                x = y
            waiting = None if block.residual else factors
            if block.colours is not None:
                weight = torch.mm(shares, block.colours.flatten(1))[:count].view(-1, *block.colours.shape[1:])
                if waiting is not None:
                    weight[..., :width].mul_(waiting[:, None])
                rgb.add_(torch.bmm(x[..., : width + 1], weight.transpose(1, 2)))


def columns_at_once(rows: int, width: int) -> tuple[int, int]:
    """Rows of a block for pictures of so many rows and networks so wide, few rows too many for either, and how many
    columns go through the layers at once."""
    most = min(max(FEWEST_ROWS, 2 * width), MOST_ROWS)
    tall = math.ceil(rows / math.ceil(rows / most) / ROWS) * ROWS
    return tall, max(1, max(FEWEST_POINTS, FLOATS_AT_ONCE // width) // tall)
