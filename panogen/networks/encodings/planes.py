"""Octaves on the ground and on a plane of clouds: noise that lies flat, and is seen in perspective.

A direction (x, y, z) meets the ground, or the clouds, at (x, z) / |y|, in heights of the eye above the one or below the
other. Octave k is noise as ``lattices`` has it there, with cells of 4 / 2^k. A footprint d is d / y^2 long on a plane,
along the line of sight: an octave falls silent where that is longer than its cells. Towards the horizon, where cells
would be seen as lines, all of them do.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from panogen.geometry import Chart
from panogen.networks.config import PlanesConfig
from panogen.networks.encodings.lattice_noise import CLOUDS, GROUND, keys
from panogen.networks.encodings.lattices import Axis, Noise, by_layout, loudness, one_by_one
from panogen.networks.encodings.splines import cubic
from panogen.networks.points import ChartPoints

COARSEST = 4.0  # the cells of octave 0, in heights of the eye
SILENT, FULL = 0.05, 0.2  # |y| up to which there is no noise, and from which on it is as loud as it gets


class Planes(Noise):
    """Noise of ``config.count`` octaves on either plane, each as loud as its gain, which falls from one to the next."""

    comes_apart = True

    def __init__(self, config: PlanesConfig, chart: Chart):
        super().__init__(config)

    @torch.no_grad()
    def forward(self, points: ChartPoints, layouts: Sequence[int]) -> Tensor:
        """Return the features of points under each of some layouts: (layouts, n, channels)."""
        count, channels = self.config.count, self.config.channels
        x, y, z = points.directions.unbind(1)
        steep = y.abs().clamp(min=SILENT)
        long = points.footprints_rad.clamp(min=self.finest_rad) / steep.square()
        near = ((steep - SILENT) / (FULL - SILENT)).clamp(max=1)
        loud = (loudness(COARSEST, long, count) * self.gains(count).to(long)[:, None] * near).float()
        places = torch.stack([x, z]) / (steep * COARSEST)
        values = torch.zeros(count, len(points), len(layouts) * channels, dtype=torch.float32, device=x.device)
        for lattice, there in ((GROUND, y < -SILENT), (CLOUDS, y > SILENT)):
            found = there.nonzero()[:, 0]
            if len(found):
                key = keys(layouts, range(count), channels, lattice, x.device)
                values[:, found] = self._noise(places[:, found], steep[found], loud[:, found], key)
        return by_layout(values, len(layouts)).flatten(-2)

    def _noise(self, places: Tensor, steep: Tensor, loud: Tensor, key: Tensor) -> Tensor:
        """Noise (octaves, n, layouts * channels) at places (2, n) of a plane, as loud (octaves, n) as it is to be."""
        nearest, axes = steep.argmax(), []
        for along in places:
            cells = self.in_octaves(along, key.shape[2])
            # What is silent is far out, and would be looked up on nodes of its own.
            axes.append(Axis.of(torch.where(loud > 0, cells, cells[:, nearest, None]), 0, cubic))
        axes[-1].weights.mul_(loud[:, None])
        return one_by_one(axes, key, self.config.channels)
