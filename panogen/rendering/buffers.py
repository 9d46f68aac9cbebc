"""Buffers for what a network's layers give, whose width may change from layer to layer."""

import torch
from torch import Tensor

CHANNEL_PADDING = 16  # channels behind a layer's own; the first of them is always 1 and carries the biases


class Channels:
    """A buffer of points (..., channels), as wide as the widest layer, in turn for layers of any width."""

    def __init__(self, *points: int, widest: int, device: torch.device):
        self._points, self._width = points, widest
        self._all = torch.ones(*points, widest + CHANNEL_PADDING, device=device)
        self._now = self._all

    def of(self, width: int) -> Tensor:
        """The buffer (..., width + CHANNEL_PADDING) for a layer so wide; channel ``width`` is 1. It holds what it held
        where the width is the one before."""
        if width != self._width:
            shape = *self._points, width + CHANNEL_PADDING
            self._now = self._all.flatten()[: torch.Size(shape).numel()].view(shape)
            self._now[..., width] = 1
            self._width = width
        return self._now


def rows_of(buffer: Tensor, rows: int, columns: int) -> Tensor:
    """A buffer's beginning as a matrix without gaps."""
    return buffer[: rows * columns].view(rows, columns)
