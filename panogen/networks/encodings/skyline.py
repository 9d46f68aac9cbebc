"""Octaves around the horizon: noise that is the same at all heights, for what stands upright and ends somewhere.

Octave k is noise as ``lattices`` has it along the azimuth, with nodes every (pi/2) / 2^k. It falls silent where a
sample is broader than its cells are around the circle. Overhead, where upright things would meet in a star, all do.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from panogen.geometry import Chart
from panogen.networks.config import COARSEST_RAD, SkylineConfig
from panogen.networks.encodings.lattice_noise import SKYLINE, keys
from panogen.networks.encodings.lattices import Axis, Noise, by_layout, hashed, loudness
from panogen.networks.encodings.splines import cubic, weighted
from panogen.networks.points import ChartPoints

AROUND = 4  # nodes of octave 0
SILENT, FULL = 0.3, 0.7  # cosine of the elevation up to which there is no noise, and from which on as loud as it gets


class Skyline(Noise):
    """Noise of ``config.count`` octaves of the azimuth, each as loud as its gain, which falls from octave to octave."""

    comes_apart = True

    def __init__(self, config: SkylineConfig, chart: Chart):
        super().__init__(config)

    @torch.no_grad()
    def forward(self, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
        """Return the features of points under each of some layouts: (layouts, n, channels)."""
        count, rows = self.config.count, points.rows or 1
        x, _, z = points.directions.unbind(1)
        level = torch.hypot(x, z).clamp(min=SILENT)
        broad = points.footprints_rad.clamp(min=self.finest_rad) / level
        near = ((level - SILENT) / (FULL - SILENT)).clamp(max=1)
        loud = (loudness(COARSEST_RAD, broad, count) * self.gains(count).to(broad)[:, None] * near).float()
        if not loud.any():
            return torch.zeros(len(layouts), len(points), self.channels, dtype=torch.float32, device=x.device)
        noise = self._noise(torch.atan2(x[::rows], z[::rows]), layouts)
        values = (noise[:, :, None] * loud.view(count, -1, rows, 1)).flatten(1, 2)
        return by_layout(values, len(layouts)).flatten(-2)

    def _noise(self, azimuths_rad: Tensor, layouts: Sequence[int]) -> Tensor:
        """Noise (octaves, n, layouts * channels) at azimuths (n,), of variance 1."""
        count, device = self.config.count, azimuths_rad.device
        axis = Axis.of(self.in_octaves(azimuths_rad / COARSEST_RAD, count), AROUND, cubic)
        key = keys(layouts, range(count), self.config.channels, SKYLINE, device)
        numbers = hashed([(axis.line(octave),) for octave in range(count)], key, self.config.channels)
        starts = torch.tensor([0, *axis.sizes[:-1]], dtype=torch.int64, device=device).cumsum(0)
        nodes = (axis.first + starts[:, None])[..., None] + torch.arange(axis.taps, device=device)
        weights = axis.weights.transpose(1, 2).flatten(0, 1).contiguous()
        noise: Tensor = weighted(numbers, nodes.flatten(0, 1), weights).unflatten(0, (count, -1))
        return noise
