"""The CIPS generator (Anokhin et al., CVPR 2021): every pixel on its own, from a coordinate and a latent."""

import copy
import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from panogen.geometry import Chart
from panogen.networks.config import GeneratorConfig, TableConfig
from panogen.networks.encodings.table import CoordinateEmbedding
from panogen.networks.layers import GAIN, Linear, ModulatedLinear, Skip, StyledLayer
from panogen.networks.mapping import Mapping
from panogen.networks.points import ChartPoints

WeightAndBias = tuple[Tensor, Tensor]

CACHED_POINTS = 512  # of each latent
COLOUR_SPREAD = 0.5  # of the initial weights of colours: pictures begin within [-1, 1]
NO_LAYOUT = (0,)


class Block(nn.Module):
    """One or two styled layers, and the colours that they give, if any; ``skip`` is the way around them, None where
    their input has as many channels."""

    def __init__(
        self, layers: list[StyledLayer], rgb: ModulatedLinear | None, *, residual: bool, skip: Skip | None = None
    ):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.rgb: ModulatedLinear | None = rgb
        self.residual = residual
        self.skip: Skip | None = skip

    def folded(self, ws: Tensor) -> tuple[list[WeightAndBias], WeightAndBias | None]:
        """Fold ws (layers, w_dim) into weights (out, in) and biases (out,) of the layers, and of the colours."""
        layers = []
        for layer, w in zip(self.layers, ws, strict=True):
            weight, bias = cast(StyledLayer, layer).folded(w[None])
            layers.append((weight[0], bias))
        rgb = None if self.rgb is None else (self.rgb.folded_weight(ws[-1:])[0], self.rgb.bias)
        return layers, rgb

    def forward(self, x: Tensor, ws: Tensor) -> tuple[Tensor, Tensor | None]:
        """(B, N, in), (B, layers, w_dim) -> (B, N, out) and the colours (B, N, 3) to add."""
        y = x
        for layer, w in zip(self.layers, ws.unbind(1), strict=True):
            y = layer(y, w)
        if self.residual:
            y = self._joined(x, y)
        return y, None if self.rgb is None else self.rgb(y, ws[:, -1])

    def varying(self, x: Tensor, ws: Tensor, weights: Tensor) -> tuple[Tensor, Tensor | None]:
        """(N, in), anchors (K, layers, w_dim) and their weights (N, K) -> (N, out) and the colours (N, 3) to add."""
        y = x
        for layer, w in zip(self.layers, ws.unbind(1), strict=True):
            y = cast(StyledLayer, layer).varying(y, w, weights)
        if self.residual:
            y = self._joined(x, y)
        return y, None if self.rgb is None else self.rgb.varying(y, ws[:, -1], weights)

    def _joined(self, x: Tensor, y: Tensor) -> Tensor:
        return ((x if self.skip is None else self.skip(x)) + y) / math.sqrt(2)


class Generator(nn.Module):
    """CIPS on a chart: a modulated MLP on what encodings say of a point.

    Each encoding is a module under the name of its kind, as ``encodings`` says.
    """

    def __init__(self, config: GeneratorConfig, chart: Chart):
        super().__init__()
        self.config, self.chart = config, chart
        self.mapping_network = Mapping(config.z_dim, config.w_dim, config.mapping_layers)
        for encoding in config.encodings:
            self.add_module(encoding.kind, encoding.build(chart))
        residual = config.head == "residual"
        features = sum(self.widths_of_encodings)
        first = StyledLayer(features, config.width, config.w_dim, noise=config.noise)
        blocks = [Block([first], None, residual=False)]
        for number, (width_in, width) in enumerate(pairwise(config.widths), 1):
            layers = [StyledLayer(size, width, config.w_dim, noise=config.noise) for size in (width_in, width)]
            gives_rgb = not residual or number == config.depth // 2
            rgb = ModulatedLinear(width, 3, config.w_dim, demodulate=False, spread=COLOUR_SPREAD) if gives_rgb else None
            skip = Skip(width_in, width) if residual and width != width_in else None
            blocks.append(Block(layers, rgb, residual=residual, skip=skip))
        self.blocks = nn.ModuleList(blocks)

    @property
    def num_ws(self) -> int:
        """Number of styled layers, each of which can have a latent of its own."""
        return self.config.depth

    @property
    def w_avg(self) -> Tensor:
        """Mean latent (w_dim,) over the z seen in training."""
        return self.mapping_network.w_avg

    @property
    def styled_layers(self) -> list[StyledLayer]:
        """All of them, the first one first."""
        return [cast(StyledLayer, layer) for block in self.blocks for layer in cast(Block, block).layers]

    @property
    def noise_strengths(self) -> Tensor:
        """Return what the noise of each styled layer is multiplied by before its leaky ReLU: (layers,). The gain of the
        ReLU is in it.

        Raises ValueError where the network has learned none.
        """
        if not self.config.noise:
            raise ValueError("the network has learned no strengths of noise")
        return torch.cat([cast(Tensor, layer.noise) for layer in self.styled_layers]) * GAIN

    @property
    def style_weights(self) -> list[Tensor]:
        """Return the matrix (channels, w_dim) of each styled layer that makes its styles from w."""
        affine = [layer.linear.affine for layer in self.styled_layers]
        return [layer.weight * layer.scale for layer in affine]

    def blocks_with_ws(self, ws: Tensor) -> Iterator[tuple[Block, Tensor]]:
        """Each block with the latents of its layers, from ws (..., num_ws, w_dim)."""
        counts = [len(cast(Block, block).layers) for block in self.blocks]
        for block, own in zip(self.blocks, ws.split(counts, -2), strict=True):
            yield cast(Block, block), own

    def mapping(self, z: Tensor) -> Tensor:
        """(B, z_dim) -> ws (B, num_ws, w_dim), one latent for all layers."""
        w: Tensor = self.mapping_network(z)
        return w[:, None].expand(-1, self.num_ws, -1)

    def truncated(self, truncation: float) -> "Generator":
        """Return a copy whose latents lie nearer to their mean: at z it paints what this one does at

            w_avg + truncation (w(z) - w_avg),  truncation in (0, 1].

        The last layer of the mapping network makes w smaller, a leaky ReLU lets a positive factor pass, and the affine
        maps from w to styles add what is missing of w_avg.
        """
        copied = copy.deepcopy(self)
        mapping = copied.mapping_network
        last = cast(Linear, mapping.layers[-1])
        with torch.no_grad():
            missing = (1 - truncation) * mapping.w_avg
            for module in copied.modules():
                if isinstance(module, ModulatedLinear):
                    affine = module.affine
                    wanting = functional.linear(missing, affine.weight * affine.scale)
                    affine.bias.add_(wanting / affine.lr_multiplier)
            for values in (last.weight, last.bias, mapping.w_avg):
                values *= truncation
        return copied

    @property
    def encodings(self) -> "list[Any]":
        """Return the encodings of its config, in that order."""
        return [getattr(self, encoding.kind) for encoding in self.config.encodings]

    @property
    def finest_rad(self) -> float:
        """Return the footprint of the finest detail that an encoding gives it."""
        finest: float = min(encoding.finest_rad for encoding in self.encodings)
        return finest

    @property
    def knows_layouts(self) -> bool:
        """Whether its pictures depend on a place's layout."""
        return self.config.knows_layouts

    @property
    def comes_apart(self) -> bool:
        """Whether features of whole columns of points follow from those of rows and of columns."""
        return all(encoding.comes_apart for encoding in self.encodings)

    @property
    def widths_of_encodings(self) -> list[int]:
        """Channels that each encoding gives, in that order."""
        return [encoding.channels for encoding in self.encodings]

    def features(self, points: ChartPoints, layouts: Sequence[int] = NO_LAYOUT) -> Tensor:
        """Return what the first layer sees of n points under each layout: (layouts, n, channels), or (1, n, channels)
        where no encoding knows of layouts."""
        parts = [encoding(points, layouts) for encoding in self.encodings]
        count = max(len(part) for part in parts)
        return torch.cat([part.expand(count, -1, -1) for part in parts], -1)

    def synthesis(self, features: Tensor, ws: Tensor) -> Tensor:
        """Colours of n points from their features (B or 1, n, channels) and ws (B, num_ws, w_dim): (B, n, 3).

        Trained to lie in [-1, 1]; nothing clips them here.
        """
        x = features.expand(len(ws), -1, -1)
        if torch.is_grad_enabled() or x.device.type != "cpu":
            return self._colours(x, ws)
        # Nothing is kept for a backward pass: a few points at a time go through all layers within a CPU's cache.
        return torch.cat([self._colours(points, ws) for points in x.split(CACHED_POINTS, 1)], 1)

    def synthesis_field(self, features: Tensor, anchors: Tensor, weights: Tensor) -> Tensor:
        """Colours of points under a latent field, differentiable in its anchors: the training form of ``FactoredPlan``.

        ``features`` (N, channels) of the points, anchors (K, num_ws, w_dim), their weights (N, K) at each point, or
        (1, K) where they are the same at all -> (N, 3). Points of columns (columns, rows, channels) may have weights
        (columns, rows or 1, K) -> (columns, rows, 3).
        """
        return self._colours(features, anchors, weights)

    def _colours(self, x: Tensor, ws: Tensor, weights: Tensor | None = None) -> Tensor:
        """Features (B, N, channels), ws (B, num_ws, w_dim) -> (B, N, 3); with ``weights`` as ``synthesis_field``."""
        rgb = torch.zeros(*x.shape[:-1], 3, device=x.device, dtype=x.dtype)
        for block, own in self.blocks_with_ws(ws):
            x, colours = block(x, own) if weights is None else block.varying(x, own, weights)
            if colours is not None:
                rgb = rgb + colours
        return rgb

    @property
    def table(self) -> CoordinateEmbedding | None:
        """The learned table, if it has one."""
        found = self._modules.get(TableConfig.kind)
        return cast(CoordinateEmbedding, found) if found is not None else None

    def reshaped(self, config: GeneratorConfig) -> None:
        """Take on, in place, encodings for another resolution. Nothing else depends on that."""
        for own, encoding in zip(self.encodings, config.encodings, strict=True):
            if own.config != encoding:
                setattr(self, encoding.kind, own.reshaped(encoding))
        self.config = config
