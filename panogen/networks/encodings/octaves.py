"""Octaves: noise of a place's own, at ever finer scales, drawn and not learned; the network learns what to make of it.

Octave k is noise as ``lattices`` has it on a lattice of the chart, with cells of c_k = (pi/2) / 2^k, times

    A_k = clamp(log2(c_k / footprint) + 1, 0, 1).

docs/octaves.md has the sources and what was measured.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from panogen.geometry import Chart
from panogen.networks.config import OctavesConfig
from panogen.networks.encodings.lattice_noise import OCTAVES, keys
from panogen.networks.encodings.lattices import (
    Axis,
    Noise,
    by_columns,
    by_layout,
    cubic,
    in_octaves,
    loudness,
    one_by_one,
    quadratic,
)
from panogen.networks.points import ChartPoints

COARSEST = math.pi / 2  # the cells of octave 0


class Octaves(Noise):
    """Noise of ``config.count`` octaves, each as loud as its gain, which falls from octave to octave.

    ``config.continued`` octaves that are finer, and that nothing was learned for, go on in the channels of the last
    one, as much quieter as those are from one to the next. In training they are silent.
    """

    config: OctavesConfig

    def __init__(self, config: OctavesConfig, chart: Chart):
        super().__init__(config)
        self.periods, self.comes_apart = chart.periods, chart.apart

    def forward(self, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
        """Return the features of points under each of some layouts: (layouts, n, channels)."""
        gains = self.gains(self.config.count + self.config.continued)
        own, beyond = self.noise(points, layouts, gains).split((self.config.count, self.config.continued), -2)
        if self.config.continued:
            own[..., -1:, :] += beyond.sum(-2, keepdim=True)
        features: Tensor = own.flatten(-2)
        return features

    @torch.no_grad()
    def noise(self, points: ChartPoints, layouts: Sequence[int], gains: Tensor | None = None) -> Tensor:
        """Return the octaves of points under each of some layouts, as they are or times their gains: (layouts, n,
        octaves, channels)."""
        config, device = self.config, points.unrolled.device
        count = config.count + config.continued
        octaves = torch.arange(count, dtype=torch.float64, device=device)[:, None]
        finest = config.finest_rad / 2 ** (octaves - config.count + 1).clamp(min=0)
        amplitudes = loudness(COARSEST, torch.maximum(points.footprints[: points.rows], finest), count)
        heard = max((octave for octave, loud in enumerate(amplitudes.any(1).tolist(), 1) if loud), default=0)
        if not heard:
            return torch.zeros(len(layouts), len(points), count, config.channels, dtype=torch.float32, device=device)
        if gains is not None:
            amplitudes *= gains.to(device)[:, None]
        axes = self._axes(points, heard)
        axes[-1].weights.mul_(amplitudes[:heard, None].float())
        key = keys(layouts, range(heard), config.channels, OCTAVES, device)
        summed = by_columns if points.rows else one_by_one
        values: Tensor = by_layout(summed(axes, key, config.channels), len(layouts))
        return values if heard == count else functional.pad(values, (0, 0, 0, count - heard))

    def _axes(self, points: ChartPoints, octaves: int) -> list[Axis]:
        # Of all points, or of the columns and of the rows.
        places = points.unrolled / COARSEST
        apart = [places[:: points.rows, 0], places[: points.rows, 1]] if points.rows else None
        spline = cubic if len(self.periods) == 2 else quadratic
        return [
            Axis.of(in_octaves(along, octaves), period, spline)
            for along, period in zip(apart or places.unbind(1), self.periods, strict=True)
        ]
