"""Everything random about a step: real views of real places, and what to generate."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from panogen.base.arrays import Booleans, Pixels
from panogen.geometry import Windows
from panogen.networks import ChartPoints
from panogen.networks.discriminators.position import ViewPosition
from panogen.training.config import TrainConfig
from panogen.training.ranks import ONE_RANK, Ranks
from panogen.training.views import VIEWS


class Crops(Protocol):
    """Where real views come from."""

    def batch(self, rng: np.random.Generator, windows: Windows, pixels: int, rows: int) -> Pixels:
        """Views (B, pixels, pixels, 3) of places turned at random, through given windows of a band of ``rows`` rows."""
        ...

    def bands(self, rng: np.random.Generator, count: int, rows: int, columns: int) -> Pixels:
        """Whole bands (count, rows, columns, 3) of places turned at random."""
        ...


@dataclass(frozen=True)
class Raster:
    """Points of the chart to generate, row after row, for each group of views, and the shape to lay them out in."""

    points: tuple[ChartPoints, ...]
    rows: int
    columns: int

    def laid_out(self, colours: Tensor) -> Tensor:
        """Pictures (B, 3, rows, columns) of the points' colours (B, rows * columns, 3)."""
        pictures: Tensor = colours.transpose(1, 2).unflatten(2, (self.rows, self.columns))
        return pictures

    def chosen(self, rng: np.random.Generator, share: float) -> Booleans | None:
        """Draw which points (rows * columns,) belong to a random ``share`` of them, or None for all."""
        if share == 1:
            return None
        total = self.rows * self.columns
        return rng.permutation(total) < max(1, round(share * total))


@dataclass(frozen=True)
class Exhibit:
    """What one discriminator is shown in a part: real pictures, and points to generate the others at.

    ``chosen`` says which points, all where None, the generator's gradient is taken at. ``seeds`` start the random
    numbers of the augmentations, of the real pictures and of the generated ones.
    """

    reals: Tensor  # (B, 3, H, W) in [-1, 1]
    raster: Raster
    chosen: Booleans | None
    seeds: tuple[int, int]
    real_position: ViewPosition | None = None
    fake_position: ViewPosition | None = None


@dataclass(frozen=True)
class BatchPart:
    """A part of the batch: z (B, z_dim), the layouts of its places, and what each discriminator is shown, that of views
    and that of whole bands.

    All real views of a group look through one window, and all generated ones through another, so that the
    discriminator's deviation over the group compares what different places show at the same azimuth: a generator that
    puts the same cloud there for every seed is found out.
    """

    z: Tensor
    layouts: tuple[int, ...]
    views: Exhibit
    band: Exhibit | None

    @property
    def exhibits(self) -> list[Exhibit]:
        """Return what there is to be shown, one exhibit a discriminator."""
        return [self.views] if self.band is None else [self.views, self.band]


def draw_parts(
    config: TrainConfig, n_images: int, crops: Crops, ranks: Ranks = ONE_RANK, device: str | torch.device = "cpu"
) -> Sequence[BatchPart]:
    """This process's parts of the batch that follows after ``n_images``.

    They depend on the seed and on that number, not on the networks, so that they can be drawn ahead; and each part on
    a generator of its own, so that processes draw nothing but their own parts.
    """
    count = config.batch // config.microbatch
    generators = np.random.default_rng((config.seed, n_images)).spawn(count)
    return [draw_part(config, n_images, crops, rng, device) for rng in ranks.own(generators)]


def draw_part(
    config: TrainConfig, n_images: int, crops: Crops, rng: np.random.Generator, device: str | torch.device
) -> BatchPart:
    """Draw one part of a batch."""
    stage, _ = config.stage_at(n_images)
    z = rng.standard_normal((config.microbatch, config.generator.z_dim), np.float32)
    layouts = tuple(rng.integers(2**32, size=config.microbatch).tolist())
    views = draw_views(config, stage, crops, rng, device)
    band = draw_band(config, crops, rng, device) if config.global_weight > 0 else None
    return BatchPart(torch.from_numpy(z).to(device), layouts, views, band)


def draw_views(
    config: TrainConfig, stage: int, crops: Crops, rng: np.random.Generator, device: str | torch.device
) -> Exhibit:
    """For each group real views through one window, and another window to generate through."""
    rows, pixels = config.stages[stage].resolution, config.view_pixels(stage)
    groups = config.microbatch // config.group
    windows = VIEWS[config.views](rng, 2 * groups, config, rows, pixels)
    real, fake = windows[:groups], windows[groups:]
    each = [windows[k : k + 1] for k in range(2 * groups)]
    reals = np.concatenate([crops.batch(rng, one.repeat(config.group), pixels, rows) for one in each[:groups]])
    points = tuple(ChartPoints.of_window(config.chart, one, pixels).to(device) for one in each[groups:])
    raster = Raster(points, pixels, pixels)
    return Exhibit(
        to_images(mirrored(reals, config, rng), device),
        raster,
        raster.chosen(rng, config.backward_share),
        draw_seeds(rng),
        *(position(config, one.repeat(config.group), rows, pixels, device) for one in (real, fake)),
    )


def draw_band(config: TrainConfig, crops: Crops, rng: np.random.Generator, device: str | torch.device) -> Exhibit:
    """Whole real bands, and the points of a whole band."""
    rows, columns = config.global_rows, config.global_columns
    reals = crops.bands(rng, config.microbatch, rows, columns)
    raster = Raster((ChartPoints.of_band(config.chart, rows, columns).to(device),), rows, columns)
    images = to_images(mirrored(reals, config, rng), device)
    return Exhibit(images, raster, raster.chosen(rng, config.backward_share), draw_seeds(rng))


def mirrored(reals: Pixels, config: TrainConfig, rng: np.random.Generator) -> Pixels:
    """Real pictures (B, H, W, 3), half of them mirrored: another place, with no preferred yaw either."""
    if not config.mirror:
        return reals
    flipped = rng.random(len(reals)) < 0.5
    return np.where(flipped[:, None, None, None], reals[:, :, ::-1], reals)


def to_images(pixels: Pixels, device: str | torch.device) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().mul_(2 / 255).sub_(1)


def draw_seeds(rng: np.random.Generator) -> tuple[int, int]:
    """Seeds for the augmentations of real and of generated pictures."""
    first, second = rng.integers(2**62, size=2)
    return int(first), int(second)


def position(config: TrainConfig, windows: Windows, rows: int, pixels: int, device: str | torch.device) -> ViewPosition:
    """Where windows lie, as the discriminator is told."""
    scale = np.log2(config.chart.side / windows.side) / max(1.0, config.halvings(rows, pixels))
    values = windows.azimuth_rad, windows.relative_height, scale
    return ViewPosition(*(torch.from_numpy(value).float().to(device) for value in values))
