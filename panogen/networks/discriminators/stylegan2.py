"""StyleGAN2's residual discriminator (Karras et al. 2020, section 4.1) in plain torch, told where its view lies."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from panogen.networks.config import StyleGAN2Config, check_rows
from panogen.networks.discriminators.depthwise import depthwise
from panogen.networks.discriminators.groups import deviation
from panogen.networks.discriminators.position import HARMONICS, ViewPosition
from panogen.networks.layers import GAIN, SLOPE, Linear, drawn


class Conv(nn.Module):
    """Convolution with an equalised learning rate, a bias and a leaky ReLU, or with neither of the two.

    A ``circular`` one finds the other end of the picture beyond its left and right edges, instead of zeros.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        activate: bool = True,
        circular: bool = False,
    ):
        super().__init__()
        self.weight = nn.Parameter(drawn(out_channels, in_channels, size, size))
        self.bias = nn.Parameter(torch.zeros(out_channels, dtype=torch.float32)) if activate else None
        self.scale = 1 / math.sqrt(in_channels * size**2)
        self.stride, self.padding, self.circular = stride, padding, circular

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, ...), as stride and padding say."""
        x, padding = padded(x, self.padding, self.circular)
        if self.bias is None:
            return functional.conv2d(x, self.weight * self.scale, None, self.stride, padding)
        weight, bias = self.weight * (self.scale * GAIN), self.bias * GAIN
        return functional.leaky_relu(functional.conv2d(x, weight, bias, self.stride, padding), SLOPE)


def padded(x: Tensor, padding: int, circular: bool) -> tuple[Tensor, tuple[int, int]]:
    """Return a picture and the zeros (rows, columns) that a convolution has yet to add around it."""
    if not circular or padding == 0:
        return x, (padding, padding)
    return functional.pad(x, (padding, padding, 0, 0), mode="circular"), (padding, 0)


def blur(x: Tensor, *, circular: bool = False) -> Tensor:
    """[1 3 3 1] low-pass, one pixel wider than its input, so that a 3 x 3 convolution of stride 2 halves it."""
    return _low_pass(*padded(x, 2, circular), stride=1)


def blur_half(x: Tensor, *, circular: bool = False) -> Tensor:
    """[1 3 3 1] low-pass and every other pixel: half the height and width."""
    return _low_pass(*padded(x, 1, circular), stride=2)


def _low_pass(x: Tensor, padding: tuple[int, int], stride: int) -> Tensor:
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0], device=x.device, dtype=x.dtype) / 8
    filters = (taps[:, None] * taps[None, :]).expand(x.shape[1], 1, 4, 4)
    return depthwise(x, filters, stride=stride, padding=padding)


class ResidualBlock(nn.Module):
    """Two convolutions beside a skip; the second halves the resolution, each branch after a low-pass."""

    def __init__(self, in_channels: int, out_channels: int, *, circular: bool = False):
        super().__init__()
        self.conv = Conv(in_channels, in_channels, 3, padding=1, circular=circular)
        self.down = Conv(in_channels, out_channels, 3, stride=2)
        self.skip = Conv(in_channels, out_channels, 1, activate=False)
        self.circular = circular

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H/2, W/2)."""
        down = self.down(blur(self.conv(x), circular=self.circular))
        both: Tensor = down + self.skip(blur_half(x, circular=self.circular))
        return both / math.sqrt(2)


def minibatch_stddev(x: Tensor) -> Tensor:
    """Append, for every channel, its deviation over the group (Karras et al. 2018, section 3, there averaged into one).

    It tells a group of look-alikes from a group of pictures. Not averaged over pixels, and for a group seen through one
    window of the cylinder, it also tells where they look alike: a cloud that every seed paints at the same azimuth.
    """
    return torch.cat([x, deviation(x)], 1)


class Discriminator(nn.Module):
    """Scores views of ``resolution`` rows (a power of two, at least 8) and as many columns, or ``columns``.

    One that ``fades_in`` also keeps what it needs to see a picture at half the resolution. A ``circular`` one sees the
    whole band: its left and right edges meet.
    """

    def __init__(
        self,
        config: StyleGAN2Config,
        resolution: int,
        *,
        fades_in: bool = False,
        columns: int | None = None,
        circular: bool = False,
    ):
        super().__init__()
        check_rows(resolution, "resolution")
        self.config = config
        self.resolution = resolution
        sizes = [2**k for k in range(int(math.log2(resolution)), 2, -1)]
        # Named by resolution, so that a discriminator grown to a higher one keeps the blocks it has.
        self.from_rgb = nn.ModuleDict({str(size): Conv(3, config.channels(size), 1) for size in sizes[: 1 + fades_in]})
        self.blocks = nn.ModuleDict(
            {
                str(size): ResidualBlock(config.channels(size), config.channels(size // 2), circular=circular)
                for size in sizes
            }
        )
        channels = config.channels(4)
        last_columns = (columns or resolution) * 4 // resolution
        self.conv = Conv(2 * channels, channels, 3, padding=1, circular=circular)
        self.dense = Linear(channels * 4 * last_columns, channels)
        self.score = Linear(channels, 1)
        self.azimuth = Linear(2 * HARMONICS, channels) if config.told_azimuth else None
        self.view = Linear(4 * HARMONICS, channels) if config.told_view else None

    @property
    def fades_in(self) -> bool:
        """Whether its first block can be blended in."""
        return len(self.from_rgb) > 1

    def forward(self, images: Tensor, position: ViewPosition | None, fade: float = 1.0) -> Tensor:
        """Images (B, 3, H, W) in [-1, 1] and where they lie (None for the whole band) -> scores (B,).

        ``fade`` below 1 blends a new first block with the picture at half the resolution, which the rest of the network
        has been trained on (Karras et al. 2018, figure 2).
        """
        x = images = images.contiguous(memory_format=torch.channels_last)
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
        score: Tensor = self.score(x)[:, 0]
        # Projection conditioning (Miyato and Koyama 2018): the position says which features speak for a real view.
        for told, features in ((self.azimuth, ViewPosition.azimuth_features), (self.view, ViewPosition.view_features)):
            if told is not None and position is not None:
                score = score + (x * told(features(position))).sum(1) / math.sqrt(x.shape[1])
        return score
