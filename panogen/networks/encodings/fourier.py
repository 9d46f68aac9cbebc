"""Fourier features of a point's coordinates (CIPS section 3.2)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from panogen.geometry import Chart
from panogen.networks.config import FourierConfig
from panogen.networks.layers import drawn
from panogen.networks.points import ChartPoints


class FourierFeatures(nn.Module):
    """sin(2 pi (F c + p)) with learned frequencies F and phases p (CIPS section 3.2).

    The features close around a cylinder because its coordinates do. Frequencies start as N(0, scale^2) in turns for
    each unit of a coordinate. Turns are formed in float64 and reduced to one turn before the cast to float32: formed in
    float32, the sine of a high frequency is wrong by 6e-4.

    Fading ones are the mean over a sample's square, taken for a normal distribution of as much variance: a feature
    loses exp(-(2 pi |F| footprint)^2 / 24) (Barron et al. 2021, "mip-NeRF", equation 14). Around a cylinder the square
    counts as deep as it is wide, so that features come apart; they fade a little early.
    """

    def __init__(self, config: FourierConfig, chart: Chart):
        super().__init__()
        self.config = config
        self.comes_apart = chart.apart
        self.axes = slice(chart.upright, chart.upright + 1) if config.upright else slice(chart.axes)
        axes = 1 if config.upright else chart.axes
        self.frequencies = nn.Parameter(drawn(config.channels, axes, spread=config.scale))
        self.phases = nn.Parameter(torch.rand(config.channels, dtype=torch.float32))

    @property
    def channels(self) -> int:
        """Number of features."""
        return self.config.channels

    @property
    def finest_rad(self) -> float:
        """An eighth of a turn of a typical frequency: finer detail than that it has hardly any of its own."""
        return 1 / (8 * self.config.scale)

    def forward(self, points: ChartPoints, layouts: Sequence[int] = ()) -> Tensor:
        """Return the features of points, in [-1, 1], whatever the layout: (1, n, channels)."""
        if points.rows:
            return self._by_columns(points, points.rows)
        coordinates = points.coordinates[:, self.axes]
        turns = torch.addmm(self.phases.double(), coordinates, self.frequencies.double().T)
        features = torch.sin(turns.frac().float() * (2 * math.pi))
        if self.config.fading:
            features = features * self.fading(points.footprints)
        return features[None]

    def _by_columns(self, points: ChartPoints, tall: int) -> Tensor:
        # sin 2 pi (a + b) = sin 2 pi a cos 2 pi b + cos 2 pi a sin 2 pi b, with the turns of a column and of a row.
        frequencies = self.frequencies.double()
        turns = torch.outer(points.heights, frequencies[:, -1]).add_(self.phases.double())
        sines, cosines = sine_and_cosine(turns)
        if self.config.fading:
            fading = self.fading(points.footprints[:tall])
            sines, cosines = sines * fading, cosines * fading
        if self.config.upright:
            return sines.repeat(len(points) // tall, 1)[None]
        sine, cosine = sine_and_cosine(points.coordinates[::tall, :-1] @ frequencies[:, :-1].T)
        features = torch.addcmul(sine[:, None] * cosines, cosine[:, None], sines)
        return features.view(1, -1, self.channels)

    def fading(self, footprints: Tensor) -> Tensor:
        """Return what is left of each feature at footprints (n,): (n, channels)."""
        squares = self.frequencies.square().sum(1) * ((2 * math.pi) ** 2 / 24)
        return torch.exp(-torch.outer(footprints.square().float(), squares))


def sine_and_cosine(turns: Tensor) -> tuple[Tensor, Tensor]:
    """Return sines and cosines as float32 of angles in turns, float64."""
    angles = turns.frac().mul(2 * math.pi)
    return angles.sin().float(), angles.cos().float()
