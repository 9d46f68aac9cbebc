"""The mapping network: z, which is easy to draw, to w, which is easy to paint with."""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from panogen.networks.layers import GAIN, SLOPE, Linear


class Mapping(nn.Module):
    """Pixel norm and a few slow fully connected layers (StyleGAN, section 2); keeps the mean of its outputs, w_avg."""

    w_avg: Tensor

    def __init__(self, z_dim: int, w_dim: int, num_layers: int, lr_multiplier: float = 0.01):
        super().__init__()
        sizes = [z_dim] + [w_dim] * num_layers
        self.layers = nn.ModuleList(
            Linear(size_in, size_out, lr_multiplier=lr_multiplier) for size_in, size_out in pairwise(sizes)
        )
        self.register_buffer("w_avg", torch.zeros(w_dim, dtype=torch.float32))

    def forward(self, z: Tensor) -> Tensor:
        """(B, z_dim) -> (B, w_dim)."""
        x = z * torch.rsqrt(z.square().mean(-1, keepdim=True) + 1e-8)
        for layer in self.layers:
            x = functional.leaky_relu(layer(x), SLOPE) * GAIN
        return x
