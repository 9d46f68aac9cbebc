"""Where the views lie that a discriminator is shown."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

HARMONICS = 3  # cos and sin of 1, 2, 3 times the azimuth; of the height and the scale as far as they go, too


@dataclass(frozen=True)
class ViewPosition:
    """Where on the chart views lie, B of them: the azimuth of their centres, their height in [-1, 1] of the band,
    and their scale in [0, 1], the logarithm of the band's height over the view's as a share of the largest."""

    azimuth_rad: Tensor
    height: Tensor
    scale: Tensor

    def azimuth_features(self) -> Tensor:
        """(B, 2 HARMONICS): cosines and sines of the azimuth and its multiples."""
        return harmonics(self.azimuth_rad)

    def view_features(self) -> Tensor:
        """(B, 4 HARMONICS): the same of height and scale, which go half way round."""
        return torch.cat([harmonics(values * (math.pi / 2)) for values in (self.height, self.scale)], 1)


def harmonics(angles_rad: Tensor) -> Tensor:
    """(B,) -> (B, 2 HARMONICS): cosines and sines of angles and their multiples."""
    angles = angles_rad[:, None] * torch.arange(1, HARMONICS + 1, device=angles_rad.device)
    return torch.cat([angles.cos(), angles.sin()], 1)
