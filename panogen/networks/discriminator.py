"""StyleGAN2's residual discriminator (Karras et al. 2020, section 4.1) in plain torch, told where its crop lies."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from panogen.networks.layers import GAIN, SLOPE, Linear

AZIMUTH_HARMONICS = 3  # cos and sin of 1, 2, 3 times the azimuth


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Shape of a discriminator.

    A map of r x r pixels has ``channel_base / r`` channels, at most ``channel_max``. ``told_azimuth`` conditions the
    score on the azimuth of the crop: one that sees crops from anywhere never asks for variety at a given azimuth, and
    the generator paints the same cloud at the same place for every seed.
    """

    channel_base: int = 1536
    channel_max: int = 192
    told_azimuth: bool = True

    def __post_init__(self) -> None:
        for name in ("channel_base", "channel_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    def channels(self, resolution: int) -> int:
        """Channels of the maps with ``resolution`` pixels a side."""
        return max(1, min(self.channel_max, self.channel_base // resolution))


class Conv(nn.Module):
    """Convolution with an equalised learning rate, a bias and a leaky ReLU, or with neither of the two."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        activate: bool = True,
    ):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(out_channels, in_channels, size, size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if activate else None
        self.scale = 1 / math.sqrt(in_channels * size**2)
        self.stride, self.padding = stride, padding

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, ...), as stride and padding say."""
        if self.bias is None:
            return functional.conv2d(x, self.weight * self.scale, None, self.stride, self.padding)
        weight, bias = self.weight * (self.scale * GAIN), self.bias * GAIN
        return functional.leaky_relu(functional.conv2d(x, weight, bias, self.stride, self.padding), SLOPE)


def blur(x: Tensor) -> Tensor:
    """[1 3 3 1] low-pass, one pixel wider than its input, so that a 3 x 3 convolution of stride 2 halves it."""
    return _low_pass(x, padding=2, stride=1)


def blur_half(x: Tensor) -> Tensor:
    """[1 3 3 1] low-pass and every other pixel: half the height and width."""
    return _low_pass(x, padding=1, stride=2)


def _low_pass(x: Tensor, padding: int, stride: int) -> Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=x.device, dtype=x.dtype) / 8
    channels = x.shape[1]
    kernel = (taps[:, None] * taps[None, :]).expand(channels, 1, 4, 4)
    return functional.conv2d(x, kernel, stride=stride, padding=padding, groups=channels)


class ResidualBlock(nn.Module):
    """Two convolutions beside a skip; the second halves the resolution, each branch after a low-pass."""

    def __init__(self, in_channels: int, out_channels: int):
        super().__init__()
        self.conv = Conv(in_channels, in_channels, 3, padding=1)
        self.down = Conv(in_channels, out_channels, 3, stride=2)
        self.skip = Conv(in_channels, out_channels, 1, activate=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H/2, W/2)."""
        return (self.down(blur(self.conv(x))) + self.skip(blur_half(x))) / math.sqrt(2)


def minibatch_stddev(x: Tensor) -> Tensor:
    """Append, for every channel, its deviation over the batch (Karras et al. 2018, section 3, there averaged into one).

    It tells a batch of look-alikes from a batch of pictures. Not averaged over pixels, and for a batch seen through one
    window of the cylinder, it also tells where they look alike: a cloud that every seed paints at the same azimuth.
    """
    deviation = (x.var(0, correction=0) + 1e-8).sqrt()
    return torch.cat([x, deviation.expand_as(x)], 1)


def azimuth_features(azimuth_rad: Tensor) -> Tensor:
    """(B,) -> (B, 6): cosines and sines of the azimuth and its multiples."""
    angles = azimuth_rad[:, None] * torch.arange(1, AZIMUTH_HARMONICS + 1, device=azimuth_rad.device)
    return torch.cat([angles.cos(), angles.sin()], 1)


class Discriminator(nn.Module):
    """Scores crops of ``resolution`` pixels a side (a power of two, at least 8).

    One that ``fades_in`` also keeps what it needs to see a picture at half the resolution.
    """

    def __init__(self, config: DiscriminatorConfig, resolution: int, *, fades_in: bool = False):
        super().__init__()
        if resolution < 8 or resolution & (resolution - 1):
            raise ValueError(f"crop resolution must be a power of two, at least 8, got {resolution}")
        self.config = config
        self.resolution = resolution
        sizes = [2**k for k in range(int(math.log2(resolution)), 2, -1)]
        # Named by resolution, so that a discriminator grown to a higher one keeps the blocks it has.
        self.from_rgb = nn.ModuleDict({str(size): Conv(3, config.channels(size), 1) for size in sizes[: 1 + fades_in]})
        self.blocks = nn.ModuleDict(
            {str(size): ResidualBlock(config.channels(size), config.channels(size // 2)) for size in sizes}
        )
        channels = config.channels(4)
        self.conv = Conv(2 * channels, channels, 3, padding=1)
        self.dense = Linear(channels * 16, channels)
        self.score = Linear(channels, 1)
        self.azimuth = Linear(2 * AZIMUTH_HARMONICS, channels) if config.told_azimuth else None

    def forward(self, images: Tensor, azimuth_rad: Tensor, fade: float = 1.0) -> Tensor:
        """Images (B, 3, H, W) in [-1, 1] and the azimuths (B,) of their centres -> scores (B,).

        ``fade`` below 1 blends a new first block with the picture at half the resolution, which the rest of the network
        has been trained on (Karras et al. 2018, figure 2).
        """
        x = images
        for number, (size, block) in enumerate(self.blocks.items()):
            if number == 0:
                x = block(self.from_rgb[size](x))
                if fade < 1:
                    low = self.from_rgb[str(int(size) // 2)](functional.avg_pool2d(images, 2))
                    x = low + (x - low) * fade
            else:
                x = block(x)
        x = self.conv(minibatch_stddev(x))
        x = functional.leaky_relu(self.dense(x.flatten(1)), SLOPE) * GAIN
        score = self.score(x)[:, 0]
        if self.azimuth is None:
            return score
        # Projection conditioning (Miyato and Koyama 2018): the azimuth says which features speak for a real crop.
        told = self.azimuth(azimuth_features(azimuth_rad))
        return score + (x * told).sum(1) / math.sqrt(x.shape[1])
