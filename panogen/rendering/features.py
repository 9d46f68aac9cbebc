"""What the first layer sees of points under a latent field, whose layouts are mixed as the field says."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.latents import LatentField
from panogen.networks.points import ChartPoints

Array = NDArray[np.float64]


class Features:
    """Features of some encodings, side by side, without gradients."""

    def __init__(self, encodings: Sequence[Any], field: LatentField):
        self.encodings, self.field = list(encodings), field
        self.channels: int = sum(encoding.channels for encoding in self.encodings)

    def __call__(self, points: ChartPoints, weights: Array) -> Tensor:
        """(n, channels) of points, from the weights of the field's anchors (n, K), or (1, K) where they are the same
        at all."""
        if not self.encodings:
            return torch.empty(len(points), 0, device=points.footprints.device)
        seeds, shares = layouts_that_count(self.field, weights)
        amplitudes = torch.from_numpy(shares.T.astype(np.float32))[..., None].to(points.footprints.device)
        parts = [mixed(encoding(points, seeds), amplitudes) for encoding in self.encodings]
        return parts[0] if len(parts) == 1 else torch.cat(parts, 1)


def layouts_that_count(field: LatentField, weights: Array) -> tuple[list[int], Array]:
    """The layouts that are to be seen anywhere, and the amplitudes (n, layouts) of each, for weights of the anchors."""
    shares = field.layout_shares(weights)
    counting = np.flatnonzero(shares.any(0))
    return [field.layout_seeds[number] for number in counting], shares[:, counting]


def mixed(values: Tensor, amplitudes: Tensor) -> Tensor:
    """One sum (n, channels) of features under each layout (layouts or 1, n, channels), with amplitudes (layouts, n or
    1, 1) whose squares sum to 1; what no layout changes stays as it is."""
    if len(values) == 1:
        return values[0]
    total = values[0] * amplitudes[0]
    for value, amplitude in zip(values[1:], amplitudes[1:], strict=True):  # in order: what is silent changes no bit
        total += value * amplitude
    return total
