"""Shapes of the networks. They need no torch."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from typing_extensions import override

from panogen.base.records import ADDED_LATER, LEFT_OUT, OFF_BEFORE, Kind
from panogen.geometry import Chart

if TYPE_CHECKING:
    from torch import nn

COARSEST_RAD = math.pi / 2  # the cells of octave 0
GROUP = 8  # views that a discriminator compares with one another
SMALLEST_VIEW = 8  # pixels a side, of what a discriminator sees
# How colours leave the trunk of the network: every block adds its own along the way, or blocks add to their input, and
# the last one alone gives the colours.
HEADS = ("skip", "residual")


@dataclass(frozen=True)
class EncodingConfig(Kind):
    """Shape of an encoding: a part of what the network knows of a point. ``ENCODINGS`` has them by name."""

    knows_layouts: ClassVar[bool] = False  # whether it depends on a place's layout

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        """All encodings by name."""
        return ENCODINGS

    def at(self, chart: Chart, rows: int) -> Self:
        """Return its shape for training on a band of so many pixel rows."""
        return self

    def build(self, chart: Chart) -> "nn.Module":
        """Return the encoding itself, over a chart."""
        raise NotImplementedError

    def _check_positive(self, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if not (value > 0 and math.isfinite(value)):
                raise ValueError(f"{self.kind} {name} must be above 0, got {value}")


@dataclass(frozen=True)
class FourierConfig(EncodingConfig):
    """Fourier features of a point's coordinates.

    ``scale`` is the spread of the initial frequencies in turns a radian around the cylinder, and in turns a unit of
    height up and down. ``upright`` ones are of the height alone. ``fading`` ones are averaged over a sample's
    footprint.
    """

    kind = "fourier"
    channels: int = 128
    scale: float = 1.5
    upright: bool = False
    fading: bool = False

    def __post_init__(self) -> None:
        self._check_positive("channels", "scale")

    @override
    def build(self, chart: Chart) -> "nn.Module":
        from panogen.networks.encodings.fourier import FourierFeatures

        return FourierFeatures(self, chart)


@dataclass(frozen=True)
class TableConfig(EncodingConfig):
    """The paper's coordinate embedding: a learned table over the whole chart."""

    kind = "embedding"
    channels: int = 64
    rows: int = 32
    columns: int = 128

    def __post_init__(self) -> None:
        self._check_positive("channels")
        if min(self.rows, self.columns) < 4:
            raise ValueError(f"the embedding must have at least 4 x 4 cells, got {self.rows} x {self.columns}")

    @override
    def at(self, chart: Chart, rows: int) -> Self:
        """Return a table with a cell for each pixel. Raises ValueError for a chart that is not flat."""
        if len(chart.periods) > 2:
            raise ValueError(f"an embedding needs a chart that can be rolled out, got {chart.kind}; use octaves")
        return replace(self, rows=rows, columns=chart.natural_width(rows))

    @override
    def build(self, chart: Chart) -> "nn.Module":
        from panogen.networks.encodings.table import CoordinateEmbedding

        return CoordinateEmbedding(self, chart)


@dataclass(frozen=True)
class NoiseConfig(EncodingConfig):
    """Noise of ``count`` octaves that belongs to a place, with ``channels`` numbers on each node of its lattices.

    ``finest_rad`` is the side of the finest footprint that it has been trained at. Octave k is multiplied by ``gain``
    times ``fall`` to the power of k. ``staggered`` lattices are moved against one another, so that their nodes meet
    nowhere.
    """

    knows_layouts: ClassVar[bool] = True
    count: int
    channels: int
    finest_rad: float
    gain: float
    fall: float
    staggered: bool = field(default=True, metadata=OFF_BEFORE, kw_only=True)

    def __post_init__(self) -> None:
        self._check_positive("count", "channels", "finest_rad", "gain", "fall")

    @override
    def at(self, chart: Chart, rows: int) -> Self:
        """Return noise that knows footprints as small as those pixels."""
        return replace(self, finest_rad=chart.band.side / rows)


@dataclass(frozen=True)
class OctavesConfig(NoiseConfig):
    """Octaves on the chart: see ``networks.encodings.octaves``.

    ``continued`` octaves finer than those that were learned go on by their trend. ``sided`` ones have one half of their
    channels above the horizon and the other below it.
    """

    kind = "octaves"
    count: int = 10
    channels: int = 8
    finest_rad: float = COARSEST_RAD / 2**9
    gain: float = 0.6
    fall: float = 0.8
    continued: int = 2
    sided: bool = field(default=False, metadata=LEFT_OUT)

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sided and self.channels % 2:
            raise ValueError(f"octaves channels must be even to have two sides, got {self.channels}")
        if not 0 <= self.continued <= MOST_CONTINUED:
            raise ValueError(f"octaves continued must be in [0, {MOST_CONTINUED}], got {self.continued}")

    @classmethod
    def reaching(cls, finest_rad: float) -> int:
        """Return how many octaves a footprint needs: as many as have cells of its size or larger."""
        return max(1, math.floor(math.log2(COARSEST_RAD / finest_rad) + 1 + 1e-9))

    @override
    def build(self, chart: Chart) -> "nn.Module":
        from panogen.networks.encodings.octaves import Octaves

        return Octaves(self, chart)


@dataclass(frozen=True)
class PlanesConfig(NoiseConfig):
    """Octaves on the ground and on a plane of clouds: see ``networks.encodings.planes``."""

    kind = "planes"
    count: int = 8
    channels: int = 4
    finest_rad: float = COARSEST_RAD / 2**9
    gain: float = 0.4
    fall: float = 0.85

    @override
    def build(self, chart: Chart) -> "nn.Module":
        from panogen.networks.encodings.planes import Planes

        return Planes(self, chart)


@dataclass(frozen=True)
class SkylineConfig(NoiseConfig):
    """Octaves around the horizon, the same at all heights: see ``networks.encodings.skyline``."""

    kind = "skyline"
    count: int = 8
    channels: int = 4
    finest_rad: float = COARSEST_RAD / 2**9
    gain: float = 0.3
    fall: float = 0.7

    @override
    def build(self, chart: Chart) -> "nn.Module":
        from panogen.networks.encodings.skyline import Skyline

        return Skyline(self, chart)


MOST_CONTINUED = 4
ENCODINGS = {
    encoding.kind: encoding for encoding in (FourierConfig, TableConfig, OctavesConfig, PlanesConfig, SkylineConfig)
}
Encoding = TypeVar("Encoding", bound=EncodingConfig)


@dataclass(frozen=True)
class GeneratorConfig:
    """Shape of a generator. The paper's is 512 wide and 15 deep, with Fourier features and an embedding as large as its
    pictures.

    ``depth`` counts the styled layers: one, and then pairs. ``pair_widths`` are those of the pairs, where they become
    narrower than ``width``. With ``noise`` each styled layer has a learned strength of noise. ``encodings`` are what
    the first layer sees of a point, side by side, at most one of a kind.
    """

    head: str = "skip"
    width: int = 128
    depth: int = 7
    z_dim: int = 128
    w_dim: int = 128
    mapping_layers: int = 4
    encodings: tuple[EncodingConfig, ...] = (FourierConfig(32, upright=True, fading=True), OctavesConfig())
    pair_widths: tuple[int, ...] = field(default=(), metadata=ADDED_LATER)
    noise: bool = field(default=False, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        if self.head not in HEADS:
            raise ValueError(f"head must be one of {', '.join(HEADS)}, got {self.head!r}")
        if self.depth < 3 or self.depth % 2 == 0:
            raise ValueError(f"depth must be odd and at least 3 (one layer, then pairs), got {self.depth}")
        for name in ("width", "z_dim", "w_dim", "mapping_layers"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        kinds = [encoding.kind for encoding in self.encodings]
        if not kinds:
            raise ValueError(
                f"encodings must be some of {', '.join(ENCODINGS)}, got none: nothing would tell where a point is"
            )
        if len(set(kinds)) < len(kinds):
            raise ValueError(f"encodings must be of different kinds, got {', '.join(kinds)}")
        if self.pair_widths and len(self.pair_widths) != self.depth // 2:
            raise ValueError(f"pair_widths must be {self.depth // 2} numbers or none, got {len(self.pair_widths)}")
        for width in self.pair_widths:
            if not 1 <= width <= self.width:
                raise ValueError(f"pair_widths must be in [1, {self.width}], the width, got {width}")

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels that the first layer and each pair give."""
        return (self.width, *(self.pair_widths or (self.width,) * (self.depth // 2)))

    def at(self, chart: Chart, rows: int) -> "GeneratorConfig":
        """Return its shape for training on a band of so many pixel rows."""
        return replace(self, encodings=tuple(encoding.at(chart, rows) for encoding in self.encodings))

    @property
    def knows_layouts(self) -> bool:
        """Whether pictures depend on a place's layout."""
        return any(encoding.knows_layouts for encoding in self.encodings)

    def encoding(self, kind: type[Encoding]) -> Encoding | None:
        """Return the encoding of a kind, if it has one."""
        return next((encoding for encoding in self.encodings if isinstance(encoding, kind)), None)

    def with_encoding(self, kind: type[EncodingConfig], **changes: Any) -> "GeneratorConfig":
        """Return the same shape with another encoding of a kind, if it has one."""
        changed = (replace(one, **changes) if isinstance(one, kind) else one for one in self.encodings)
        return replace(self, encodings=tuple(changed))


def check_rows(rows: int, name: str) -> None:
    """Raise ValueError, which calls them by ``name``, unless a discriminator can halve so many rows down to 4."""
    if rows < SMALLEST_VIEW or rows & (rows - 1):
        raise ValueError(f"{name} must be a power of two, at least {SMALLEST_VIEW}, got {rows}")


@dataclass(frozen=True)
class DiscriminatorConfig(Kind):
    """Shape of a discriminator. ``DISCRIMINATORS`` has them by name.

    ``told_azimuth`` conditions the score on the azimuth of the view: one that sees views from anywhere never asks for
    variety at a given azimuth, and a generator with a table paints the same cloud at the same place for every seed.
    ``told_view`` conditions it on height and scale. ``penalised`` ones have a penalty on their gradient at the pixels.
    """

    older = "stylegan2"
    penalised: ClassVar[bool]
    told_azimuth: bool
    told_view: bool

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        """All discriminators by name."""
        return DISCRIMINATORS

    def build(self, resolution: int, **shape: Any) -> "nn.Module":
        """Return the discriminator itself, for views of so many rows; ``shape`` as ``Discriminator`` takes it."""
        raise NotImplementedError


@dataclass(frozen=True)
class StyleGAN2Config(DiscriminatorConfig):
    """StyleGAN2's residual discriminator: a map of r x r pixels has ``channel_base / r`` channels, at most
    ``channel_max``."""

    kind = "stylegan2"
    penalised: ClassVar[bool] = True
    channel_base: int = 1536
    channel_max: int = 192
    told_azimuth: bool = False
    told_view: bool = True

    def __post_init__(self) -> None:
        for name in ("channel_base", "channel_max"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")

    def channels(self, resolution: int) -> int:
        """Channels of the maps with ``resolution`` pixels a side."""
        return max(1, min(self.channel_max, self.channel_base // resolution))

    @override
    def build(self, resolution: int, **shape: Any) -> "nn.Module":
        from panogen.networks.discriminators.stylegan2 import Discriminator

        return Discriminator(self, resolution, **shape)


DISCRIMINATORS = {StyleGAN2Config.kind: StyleGAN2Config}
