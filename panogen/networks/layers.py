"""Linear layers of CIPS: equalised, and modulated by a style.

B is a batch of latents, N the points of one latent's picture. Points are rows: (B, N, channels).
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

SLOPE = 0.2  # of every leaky ReLU
GAIN = math.sqrt(2)  # of every leaky ReLU, so that it keeps the variance (He et al. 2015)
DEMODULATION_EPS = 1e-8


def drawn(*shape: int, spread: float = 1.0) -> Tensor:
    """Initial weights, N(0, spread^2).

    Weights on the meta device have no values, and stay as they are: to draw even none, torch would import its symbolic
    algebra and its compiler, which take as long as torch itself.
    """
    weights = torch.empty(shape, dtype=torch.float32)
    return weights if weights.is_meta else weights.normal_(0, spread)


class Linear(nn.Module):
    """Linear layer with an equalised learning rate (Karras et al. 2018, section 4.1).

    The weight is drawn from N(0, 1)/lr_multiplier and scaled by lr_multiplier/sqrt(fan in) when it is used, so that
    Adam moves all layers at comparable speed and a layer with a small multiplier slower than the others.
    """

    def __init__(self, in_channels: int, out_channels: int, *, bias_init: float = 0.0, lr_multiplier: float = 1.0):
        super().__init__()
        self.weight = nn.Parameter(drawn(out_channels, in_channels, spread=1 / lr_multiplier))
        self.bias = nn.Parameter(torch.full((out_channels,), bias_init / lr_multiplier, dtype=torch.float32))
        self.scale = lr_multiplier / math.sqrt(in_channels)
        self.lr_multiplier = lr_multiplier

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return functional.linear(x, self.weight * self.scale, self.bias * self.lr_multiplier)


class ModulatedLinear(nn.Module):
    """Linear layer whose weight depends on a latent (CIPS equation 2; StyleGAN2 section 2.2)."""

    def __init__(
        self, in_channels: int, out_channels: int, w_dim: int, *, demodulate: bool = True, spread: float = 1.0
    ):
        super().__init__()
        self.affine = Linear(w_dim, in_channels, bias_init=1.0)
        self.weight = nn.Parameter(drawn(out_channels, in_channels, spread=spread))
        self.bias = nn.Parameter(torch.zeros(out_channels, dtype=torch.float32))
        self.scale = 1 / math.sqrt(in_channels)
        self.demodulate = demodulate

    def folded_weight(self, w: Tensor) -> Tensor:
        """Return the weight of each latent: (B, w_dim) -> (B, out, in).

        W_ij = s_j B_ij / sqrt(sum_k (s_k B_ik)^2 + eps) with the style s = A w + b, where B is the scaled weight.
        """
        modulated: Tensor = self.affine(w)[:, None, :] * (self.weight * self.scale)
        if not self.demodulate:
            return modulated
        return modulated * torch.rsqrt(modulated.square().sum(-1, keepdim=True) + DEMODULATION_EPS)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(B, N, in), (B, w_dim) -> (B, N, out)."""
        return torch.baddbmm(self.bias, x, self.folded_weight(w).transpose(1, 2))

    def varying(self, x: Tensor, ws: Tensor, weights: Tensor) -> Tensor:
        """Points (N, in), anchors' latents (K, w_dim), their weights (N, K) at the points -> (N, out).

        The style is a point's own, s = sum_k a_k (A w_k + b), so that it takes the place of a weight of each latent:
        y_i = d_i sum_j B_ij s_j x_j + bias_i with d_i = (sum_j B_ij^2 s_j^2 + eps)^(-1/2).
        """
        styles, base = weights @ self.affine(ws), self.weight * self.scale
        y = functional.linear(x * styles, base)
        if self.demodulate:
            y = y * torch.rsqrt(functional.linear(styles.square(), base.square()) + DEMODULATION_EPS)
        return y + self.bias


class StyledLayer(nn.Module):
    """Modulated layer and leaky ReLU. The gain of the ReLU is folded into the weight: it passes through the kink.

    With ``noise`` there is a learned strength of the noise that the layer was trained to have in all its channels
    alike, before its bias. Only plans that are asked for it add any.
    """

    def __init__(self, in_channels: int, out_channels: int, w_dim: int, *, noise: bool = False):
        super().__init__()
        self.linear = ModulatedLinear(in_channels, out_channels, w_dim)
        self.noise = nn.Parameter(torch.zeros(1, dtype=torch.float32)) if noise else None

    def folded(self, w: Tensor) -> tuple[Tensor, Tensor]:
        """Weight (B, out, in) and bias (out,) such that the layer is leaky_relu(x weight^T + bias)."""
        return self.linear.folded_weight(w) * GAIN, self.linear.bias * GAIN

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """(B, N, in), (B, w_dim) -> (B, N, out)."""
        weight, bias = self.folded(w)
        return functional.leaky_relu(torch.baddbmm(bias, x, weight.transpose(1, 2)), SLOPE, inplace=True)

    def varying(self, x: Tensor, ws: Tensor, weights: Tensor) -> Tensor:
        """Return the layer's points (N, out) from the arguments of ``ModulatedLinear.varying``."""
        return functional.leaky_relu(self.linear.varying(x, ws, weights) * GAIN, SLOPE)


class Skip(nn.Module):
    """The way around a residual block in which the number of channels changes: a plain equalised layer."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.weight = nn.Parameter(drawn(out_channels, in_channels))
        self.scale = 1 / math.sqrt(in_channels)

    def folded(self) -> Tensor:
        """Weight (in, out) such that the layer is x weight."""
        return (self.weight * self.scale).T

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)."""
        return x @ self.folded()
