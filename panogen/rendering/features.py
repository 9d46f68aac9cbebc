"""The Fourier features of a block of points, without new buffers."""

import math

import torch
from torch import Tensor

from panogen.networks import Generator


class FeatureScratch:
    """Buffers for the Fourier features of one block of points in flight."""

    def __init__(self, points: int, axes: int, channels: int, device: torch.device):
        self.coords = torch.ones(points, axes + 1, dtype=torch.float64, device=device)
        self.turns = torch.empty(points, channels, dtype=torch.float64, device=device)
        self.features = torch.empty(points, channels, device=device)


class Features:
    """The generator's Fourier features, without new buffers."""

    def __init__(self, generator: Generator):
        fourier = generator.fourier
        self.turns_weight = with_bias(fourier.frequencies.double(), fourier.phases.double())

    @property
    def channels(self) -> int:
        """Number of features."""
        return self.turns_weight.shape[1]

    def scratch(self, points: int) -> FeatureScratch:
        """Buffers for blocks of ``points`` points."""
        axes = self.turns_weight.shape[0] - 1
        return FeatureScratch(points, axes, self.channels, self.turns_weight.device)

    def __call__(self, coords: Tensor, scratch: FeatureScratch) -> Tensor:
        """Features (points, channels) of chart coordinates (points, axes) float64, in ``scratch`` until the next
        call."""
        scratch.coords[:, :-1] = coords
        turns = torch.mm(scratch.coords, self.turns_weight, out=scratch.turns)
        scratch.features.copy_(turns.frac_())
        return scratch.features.mul_(2 * math.pi).sin_()


def with_bias(weight: Tensor, bias: Tensor) -> Tensor:
    """A weight (out, in) and its bias (out,) as one matrix (in + 1, out) for an input that ends with a 1."""
    return torch.cat([weight, bias[:, None]], 1).T.contiguous()
