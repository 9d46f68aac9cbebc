"""Octaves: noise of a place's own, at ever finer scales, drawn and not learned; the network learns what to make of it.

Octave k is noise as ``lattices`` has it on a lattice of the chart, with cells of c_k = (pi/2) / 2^k, times

    A_k = clamp(log2(c_k / footprint) + 1, 0, 1).

Where they are sided, one half of the channels is heard above the horizon and the other below it: at an elevation whose
sine is y they are times

    sqrt(2 u)  and  sqrt(2 (1 - u)),    u = clamp(1/2 + y / (2 y_1), 0, 1),

so that around the horizon both are heard, and the power is the same everywhere.

docs/octaves.md has the sources and what was measured.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional

from panogen.geometry import Chart
from panogen.networks.config import COARSEST_RAD, OctavesConfig
from panogen.networks.encodings.lattice_noise import OCTAVES, keys
from panogen.networks.encodings.lattices import Axis, Noise, by_columns, by_layout, loudness, one_by_one
from panogen.networks.encodings.splines import cubic, quadratic
from panogen.networks.points import ChartPoints

BOTH = 0.25  # y_1: from this sine of the elevation on one side alone is heard


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
        if self.config.sided:
            own *= sides(points.directions[:, 1], self.config.channels)[:, None]
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
        amplitudes = loudness(COARSEST_RAD, torch.maximum(points.footprints[: points.rows], finest), count)
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
        places = points.unrolled / COARSEST_RAD
        apart = [places[:: points.rows, 0], places[: points.rows, 1]] if points.rows else None
        spline = cubic if len(self.periods) == 2 else quadratic
        return [
            Axis.of(self.in_octaves(along, octaves), period, spline)
            for along, period in zip(apart or places.unbind(1), self.periods, strict=True)
        ]


def sides(heights: Tensor, channels: int) -> Tensor:
    """How loud each of some channels is (n, channels) at heights (n,), the sines of elevations."""
    up = (0.5 + heights / (2 * BOTH)).clamp(0, 1)
    loud = torch.stack([up, 1 - up], 1).mul_(2).sqrt_().float()
    return loud.repeat_interleave(channels // 2, 1)
