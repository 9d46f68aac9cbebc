"""Shapes of the networks. They need no torch."""

from dataclasses import dataclass, field
from typing import NamedTuple

ADDED = {"added": True}  # marks fields that the configs of older models lack


class Head(NamedTuple):
    """How colours leave the trunk of the network."""

    residual: bool  # blocks add to their input, and the last one alone gives the colours
    # otherwise every block adds its own colours along the way


GENERATORS = {"skip": Head(residual=False), "residual": Head(residual=True)}


@dataclass(frozen=True)
class GeneratorConfig:
    """Shape of a generator. The paper's is 512 wide and 15 deep, with an embedding as large as its pictures.

    ``depth`` counts the styled layers: one, and then pairs. ``fourier_scale`` is the spread of the initial frequencies
    in turns a radian around the cylinder, and in turns a unit of height up and down. ``pair_widths`` are those of the
    pairs, where they become narrower than ``width``. With ``noise`` each styled layer has a learned strength of noise.
    No Fourier channels, or none of the embedding, leave the other to tell the network where a point is.
    """

    head: str = "skip"
    width: int = 128
    depth: int = 7
    z_dim: int = 128
    w_dim: int = 128
    mapping_layers: int = 4
    fourier_channels: int = 128
    fourier_scale: float = 1.5
    embedding_channels: int = 64
    embedding_rows: int = 32
    embedding_columns: int = 128
    pair_widths: tuple[int, ...] = field(default=(), metadata=ADDED)
    noise: bool = field(default=False, metadata=ADDED)

    def __post_init__(self) -> None:
        if self.head not in GENERATORS:
            raise ValueError(f"head must be one of {', '.join(GENERATORS)}, got {self.head!r}")
        if self.depth < 3 or self.depth % 2 == 0:
            raise ValueError(f"depth must be odd and at least 3 (one layer, then pairs), got {self.depth}")
        for name in ("width", "z_dim", "w_dim", "mapping_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("fourier_channels", "embedding_channels"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if self.fourier_channels == self.embedding_channels == 0:
            raise ValueError(
                "fourier_channels and embedding_channels must not both be 0: nothing would tell where a point is"
            )
        if min(self.embedding_rows, self.embedding_columns) < 4:
            raise ValueError(
                f"the embedding must have at least 4 x 4 cells, got {self.embedding_rows} x {self.embedding_columns}"
            )
        if self.pair_widths and len(self.pair_widths) != self.depth // 2:
            raise ValueError(f"pair_widths must be {self.depth // 2} numbers or none, got {len(self.pair_widths)}")
        for width in self.pair_widths:
            if not 1 <= width <= self.width:
                raise ValueError(f"pair_widths must be in [1, {self.width}], the width, got {width}")

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels that the first layer and each pair give."""
        return (self.width, *(self.pair_widths or (self.width,) * (self.depth // 2)))


@dataclass(frozen=True)
class DiscriminatorConfig:
    """Shape of a discriminator.

    A map of r x r pixels has ``channel_base / r`` channels, at most ``channel_max``. ``told_azimuth`` conditions the
    score on the azimuth of the view: one that sees views from anywhere never asks for variety at a given azimuth, and
    the generator paints the same cloud at the same place for every seed. ``told_view`` conditions it on height and
    scale too.
    """

    channel_base: int = 1536
    channel_max: int = 192
    told_azimuth: bool = True
    told_view: bool = False

    def __post_init__(self) -> None:
        for name in ("channel_base", "channel_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    def channels(self, resolution: int) -> int:
        """Channels of the maps with ``resolution`` pixels a side."""
        return max(1, min(self.channel_max, self.channel_base // resolution))
