"""A generator folded for each column of a panorama: latents that change with the azimuth alone.

All points of a column then have the same styles. Its layers are ordinary ones: the factored styles and demodulation of
``factored`` are multiplied into the shared weight once for many points, instead of at every point.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from panogen.latents import LatentField
from panogen.networks import Generator
from panogen.networks.layers import SLOPE
from panogen.rendering.factored import FactoredColours, FactoredLayer, FieldPlan, Mix
from panogen.rendering.features import FeatureScratch
from panogen.rendering.folded import CHANNEL_PADDING

COLUMN_POINTS = 512  # that share a folded weight: enough for its folding to cost little beside the product


class MeridianScratch:
    """Buffers for one block of points in flight, some columns of ``COLUMN_POINTS`` each."""

    def __init__(self, columns: int, fourier: int, features: int, width: int, device: torch.device):
        def lively(channels: int) -> Tensor:
            return torch.ones(columns, COLUMN_POINTS, channels + CHANNEL_PADDING, device=device)

        self.fourier = FeatureScratch(columns * COLUMN_POINTS, fourier, device)
        self.features = lively(features)
        self.hidden = [lively(width) for _ in range(3)]
        self.rgb = torch.empty(columns, COLUMN_POINTS, 3, device=device)


class MeridianPlan(FieldPlan):
    """The generator's synthesis for a field that depends on the azimuth alone, in blocks of whole columns' points.

    Equal to the generator within 1e-5, without gradients.
    """

    tile_rows = COLUMN_POINTS

    def __init__(self, generator: Generator, field: LatentField):
        """Fold a generator for an azimuthal field."""
        if not field.weights.azimuthal:
            raise ValueError(f"weights must depend on the azimuth alone, got {field.weights}")
        super().__init__(generator, field)

    def scratch(self, points: int) -> MeridianScratch:
        """Buffers for blocks of ``points`` points."""
        fourier = self.features.channels
        features = fourier + self.table.shape[2]
        return MeridianScratch(points // COLUMN_POINTS, fourier, features, self.width, self.device)

    @torch.inference_mode()
    def __call__(self, coords: Tensor, directions: NDArray[np.float64], scratch: MeridianScratch) -> Tensor:
        """Colours (points, 3) of chart coordinates (points, 3) float64 and the directions (points, 3) that they are of,
        in ``scratch`` until the next call. Every ``COLUMN_POINTS`` points in a row have one azimuth."""
        mix = Mix.of(self.field.weights(directions[::COLUMN_POINTS]), self.table)
        self.place(coords, scratch.fourier, scratch.features.flatten(0, 1))
        x, channels = scratch.features, scratch.features.shape[2] - CHANNEL_PADDING
        *targets, kept = scratch.hidden
        rgb = scratch.rgb.zero_()
        for layers, colours, residual in self.blocks:
            if residual:
                kept.copy_(x)
            for layer in layers:
                weight = folded(layer, mix)
                y = torch.bmm(x[..., : channels + 1], weight, out=targets[0][..., : self.width])
                functional.leaky_relu_(y, SLOPE)
                x, channels, targets = targets[0], self.width, targets[::-1]
            if residual:
                x[..., :channels].add_(kept[..., :channels]).mul_(math.sqrt(0.5))
            if colours is not None:
                rgb.baddbmm_(x[..., : channels + 1], folded_colours(colours, mix))
        return rgb.flatten(0, 1)


def folded(layer: FactoredLayer, mix: Mix) -> Tensor:
    """Weights (n, in + 1, out) of a layer for each of the n rows of a mix; the bias belongs to an input that is 1."""
    fan_in, fan_out = layer.weight.shape
    styles = mix.shares @ layer.styles[mix.anchors]
    demodulation = (mix.products @ layer.sums_of_squares(mix.pairs)).rsqrt_()
    weight = torch.empty(len(styles), fan_in + 1, fan_out, device=styles.device)
    torch.mul(layer.weight, styles[:, :, None], out=weight[:, :fan_in]).mul_(demodulation[:, None, :])
    weight[:, fan_in] = layer.bias
    return weight


def folded_colours(colours: FactoredColours, mix: Mix) -> Tensor:
    """Weights (n, in + 1, 3) of the colours for each of the n rows of a mix."""
    weight = torch.einsum("nk,kci->nic", mix.shares, colours.weights[mix.anchors])
    return torch.cat([weight, colours.bias.expand(len(weight), 1, -1)], 1)
