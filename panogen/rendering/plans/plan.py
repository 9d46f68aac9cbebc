"""What a plan is, and what plans are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from panogen.base.arrays import Doubles
from panogen.latents import LatentField
from panogen.networks import ChartPoints, Generator

CHANNEL_PADDING = 16  # channels behind a layer's own; the first of them is always 1 and carries the biases
# Matrix products of this many points are as fast as any here, and every pixel of every picture is computed in a block
# of this very shape: its value then does not depend on its neighbours, on the picture or on the number of threads.
BLOCK_POINTS = 2048
PATCH = 64, 128  # and where layouts count each is such a patch of the picture, in which points share lattices' nodes

Layer = TypeVar("Layer")
ToRGB = TypeVar("ToRGB")


@dataclass(frozen=True)
class Block(Generic[Layer, ToRGB]):
    """A block of the generator: its layers, the colours that it adds, if any, and the way around it, a weight (in,
    out), where its width changes."""

    layers: Sequence[Layer]
    colours: ToRGB | None
    residual: bool
    skip: Tensor | None


class Plan:
    """The generator's synthesis for a field, without gradients: equal to it within 1e-5.

    ``tile`` is the rows and columns of the picture that a block takes its points from, all of one column after the
    other. A block of one row takes successive samples, wherever rows end. ``apart`` says whether the plan wants to be
    told that its points are columns of a picture whose columns are meridians.
    """

    tile: tuple[int, int]
    apart: bool = False

    @property
    def products(self) -> list[Tensor]:
        """The matrices that the network itself multiplies a point with: those of its layers and of its colours."""
        raise NotImplementedError

    @property
    def device(self) -> torch.device:
        """Return the device on which it computes."""
        return self.products[0].device

    @property
    def flop_per_point(self) -> int:
        """Floating-point operations of these products for one point. What anchors add to them is overhead."""
        return 2 * sum(weight.numel() for weight in self.products)

    def scratch(self, points: int) -> Any:
        """Buffers for blocks of ``points`` points; each block in flight needs its own."""
        raise NotImplementedError

    def __call__(self, points: ChartPoints, directions: Doubles, scratch: Any) -> Tensor:
        """Colours (n, 3) of points seen at directions (n, 3), in ``scratch`` until the next call."""
        raise NotImplementedError


def tile_of(generator: Generator, *, any_order: bool) -> tuple[int, int]:
    """Return a plan's ``tile``: a patch where pictures depend on a place's layout, and otherwise, or in ``any_order``,
    successive samples."""
    return PATCH if generator.knows_layouts and not any_order else (1, BLOCK_POINTS)


class Features:
    """Features of some encodings, side by side, without gradients."""

    def __init__(self, encodings: Sequence[Any], field: LatentField):
        self.encodings, self.field = list(encodings), field
        self.channels: int = sum(encoding.channels for encoding in self.encodings)

    def __call__(self, points: ChartPoints, weights: Doubles) -> Tensor:
        """(n, channels) of points, from the weights of the field's anchors (n, K), or (1, K) where all are the same."""
        if not self.encodings:
            return torch.empty(len(points), 0, dtype=torch.float32, device=points.footprints.device)
        shares = self.field.layout_shares(weights)
        counting = np.flatnonzero(shares.any(0))  # layouts that are seen anywhere
        seeds = [self.field.layout_seeds[number] for number in counting]
        return self.mixed(self.of_layouts(points, seeds), shares[:, counting])

    def of_layouts(self, points: ChartPoints, seeds: Sequence[int]) -> list[Tensor]:
        """Return what each encoding says of points under each layout: (layouts or 1, n, channels)."""
        return [encoding(points, seeds) for encoding in self.encodings]

    def mixed(self, parts: Sequence[Tensor], shares: Doubles) -> Tensor:
        """Mix the features of layouts by their shares (n, layouts), or (1, layouts): (n, channels)."""
        amplitudes = torch.from_numpy(shares.T.astype(np.float32))[..., None]
        mixes = [sum_of_layouts(part, amplitudes.to(part)) for part in parts]
        return mixes[0] if len(mixes) == 1 else torch.cat(mixes, 1)


def sum_of_layouts(values: Tensor, amplitudes: Tensor) -> Tensor:
    """Mix features under each layout (layouts or 1, n, channels) into one sum (n, channels). The squares of the
    amplitudes (layouts, n or 1, 1) sum to 1. What no layout changes stays as it is."""
    if len(values) == 1:
        return values[0]
    total = values[0] * amplitudes[0]
    for value, amplitude in zip(values[1:], amplitudes[1:], strict=True):  # in order: what is silent changes no bit
        total += value * amplitude
    return total


class Channels:
    """A buffer of points (..., channels), as wide as the widest layer, in turn for layers of any width."""

    def __init__(self, *points: int, widest: int, device: torch.device):
        self._points, self._width = points, widest
        self._all = torch.ones(*points, widest + CHANNEL_PADDING, dtype=torch.float32, device=device)
        self._now = self._all

    def of(self, width: int) -> Tensor:
        """Return the buffer (..., width + CHANNEL_PADDING) for a layer so wide; channel ``width`` is 1. It holds what
        it held where the width is the one before."""
        if width != self._width:
            shape = *self._points, width + CHANNEL_PADDING
            self._now = self._all.flatten()[: torch.Size(shape).numel()].view(shape)
            self._now[..., width] = 1
            self._width = width
        return self._now


def rows_of(buffer: Tensor, rows: int, columns: int) -> Tensor:
    """Return a buffer's beginning as a matrix without gaps."""
    return buffer[: rows * columns].view(rows, columns)
