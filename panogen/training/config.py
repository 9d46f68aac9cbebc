"""What a training run is: everything but the data and the wall clock."""

import math
from dataclasses import dataclass, field

from panogen.base.records import ADDED_LATER
from panogen.geometry import Chart, Cylinder
from panogen.latents.seeds import check_seed
from panogen.networks import GROUP, DiscriminatorConfig, GeneratorConfig, StyleGAN2Config, check_rows
from panogen.training.views import VIEWS

PRECISIONS = ("float32", "tf32", "bfloat16")
LOSS_NAMES = ("stylegan2", "r3gan")  # of losses.py, which needs torch
LEVEL_AUGMENTATIONS = ("mirror", "roll", "colour", "cutout")  # augmentations that leave horizons level
ABOVE_0 = ("learning_rate", "r1_interval", "ema_half_life", "ema_rampup", "ada_images")
AT_LEAST_0 = (
    "r1_gamma",
    "fade_images",
    "seed",
    "warmup_images",
    "decay_images",
    "global_weight",
    "feature_weight",
    "start_smoothing",
)
FARTHEST_NADIR_DEG = 45.0  # so that the widest views still show all above the horizon
AUGMENTATION_NAMES = (*LEVEL_AUGMENTATIONS, "tilt")  # of augmentation.py, which needs torch


@dataclass(frozen=True)
class Stage:
    """Train on a band of ``resolution`` pixel rows until ``images`` more views of it have been seen."""

    resolution: int
    images: int

    def __post_init__(self) -> None:
        check_rows(self.resolution, "resolution")
        if self.images < 1:
            raise ValueError(f"a stage needs at least 1 image, got {self.images}")


@dataclass(frozen=True)
class TrainConfig:
    """The recipe: StyleGAN2's (Karras et al. 2020, appendix B), as the paper uses it, at a size for one machine.

    Image counts are in real views shown to the discriminator.

    Batches: a batch goes through the networks in parts of ``microbatch``, on as many threads or processes as there are.
    A part has one group of views or several, which the discriminator's deviation is taken within.

    Views: ``views`` names what the discriminator looks through: ``crops`` as high as the chart, or ``patches`` and
    ``multiscale`` views of ``patch`` pixels a side of a chart with more rows. Of multiscale views a share
    ``whole_share`` is as high as the chart.

    Learning: the rate rises over ``warmup_images`` and falls to zero, as a half cosine, over the last
    ``decay_images``. The penalty on the discriminator's gradient comes every ``r1_interval`` steps. The generator's
    gradient is taken at a random ``backward_share`` of a view's points, and scaled up: points are independent, so it is
    unbiased, and a step costs less time and memory. ``ema_half_life`` is lowered to ``ema_rampup`` times the images
    seen so far while the run is young. ``fade_images`` is how long a new first block of the discriminator is blended in
    after the resolution has grown.

    Beginning with another model: its embedding may have picked up noise from cell to cell that no gradient opposes;
    ``start_smoothing`` low-passes it around the circle, by so many cells.

    Few pictures: with ``ada_target`` above 0, augmentations are applied with a probability that rises while the mean
    sign of the real scores exceeds the target, from 0 to 1 in ``ada_images``, and falls while it is below.

    Whole places: with ``global_weight`` above 0, a second discriminator looks at the whole band, ``global_rows`` high,
    and its loss for the generator is added with that weight.

    Features: with ``feature_weight`` above 0, another one scores what a network of photographs sees of the views, and
    its gradient at their pixels, so large a share of the first one's, is added to that.

    Tripods: views of a chart with poles show nothing within ``nadir_deg`` of the lower one. Whole bands would, so there
    is no ``global_weight`` with it.
    """

    stages: tuple[Stage, ...] = (Stage(512, 200_000),)
    views: str = "multiscale"
    patch: int = 32
    whole_share: float = 0.35
    batch: int = 16
    microbatch: int = 8
    loss: str = "stylegan2"
    learning_rate: float = 0.002
    warmup_images: int = 0
    decay_images: int = 0
    r1_gamma: float = 0.3
    r1_interval: int = 16
    backward_share: float = 0.125
    precision: str = "float32"
    ema_half_life: float = 5_000.0
    ema_rampup: float = 0.05
    w_avg_decay: float = 0.998
    fade_images: int = 24_000
    start_smoothing: float = 0.0
    scale_jitter: float = 0.1
    mirror: bool = True
    ada_target: float = 0.0
    ada_images: float = 100_000.0
    augmentations: tuple[str, ...] = LEVEL_AUGMENTATIONS
    global_weight: float = 0.0
    global_rows: int = 16
    nadir_deg: float = field(default=0.0, metadata=ADDED_LATER)
    feature_weight: float = field(default=0.0, metadata=ADDED_LATER)
    seed: int = 0
    chart: Chart = field(default_factory=Cylinder)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=StyleGAN2Config)

    def __post_init__(self) -> None:
        self._check_names()
        self._check_stages()
        if self.batch < 2:
            raise ValueError(f"batch must be at least 2, got {self.batch}")
        if self.microbatch < 1 or self.batch % self.microbatch:
            raise ValueError(f"microbatch must divide the batch of {self.batch}, got {self.microbatch}")
        if self.microbatch % self.group:
            raise ValueError(f"microbatch must be at most {GROUP} or a multiple of it, got {self.microbatch}")
        for name in ABOVE_0:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in AT_LEAST_0:
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        for name in ("scale_jitter", "ada_target", "whole_share", "w_avg_decay"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be in [0, 1), got {getattr(self, name)}")
        if not 0 <= self.nadir_deg <= FARTHEST_NADIR_DEG:
            raise ValueError(f"nadir_deg must be in [0, {FARTHEST_NADIR_DEG:g}], got {self.nadir_deg}")
        if self.nadir_deg and not (self.chart.poles and self.views == "multiscale"):
            raise ValueError(f"nadir_deg is for multiscale views of a sphere, got {self.views} of a {self.chart.kind}")
        if self.nadir_deg and self.global_weight:
            raise ValueError(
                "nadir_deg must be 0 with global_weight above 0, whose whole bands show the nadir, "
                f"got {self.nadir_deg}; leave one of the two out"
            )
        if not 0 < self.backward_share <= 1:
            raise ValueError(f"backward_share must be in (0, 1], got {self.backward_share}")
        check_rows(self.global_rows, "global_rows")
        check_seed(self.seed)

    def _check_names(self) -> None:
        for name, known in (("views", VIEWS), ("loss", LOSS_NAMES), ("precision", PRECISIONS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {getattr(self, name)!r}")
        for name in self.augmentations:
            if name not in AUGMENTATION_NAMES:
                raise ValueError(f"augmentations must be among {', '.join(AUGMENTATION_NAMES)}, got {name!r}")

    def _check_stages(self) -> None:
        if not self.stages:
            raise ValueError("stages must name at least one resolution")
        resolutions = [stage.resolution for stage in self.stages]
        if resolutions != sorted(set(resolutions)):
            raise ValueError(f"stages must grow in resolution, got {resolutions}")
        self.generator_at(0)  # for a chart that its encodings know
        if self.views != "crops":
            check_rows(self.patch, "patch")
            if self.patch > resolutions[0]:
                raise ValueError(f"patch must be at most the band's {resolutions[0]} rows, got {self.patch}")

    @property
    def group(self) -> int:
        """Views that look through one window and are compared with one another."""
        return min(GROUP, self.microbatch)

    def view_pixels(self, stage: int) -> int:
        """Pixels a side of what the discriminator sees at a stage."""
        return self.stages[stage].resolution if self.views == "crops" else self.patch

    def halvings(self, rows: int, pixels: int) -> float:
        """How often the largest view is halved for one of as many pixels of a band of ``rows``."""
        return max(0.0, math.log2(self.chart.side / self.chart.band.side * rows / pixels))

    @property
    def global_columns(self) -> int:
        """Columns of what the second discriminator sees: square pixels, as near as whole 4 x 4 maps allow."""
        cells = self.global_rows // 4
        return cells * max(4, round(self.chart.natural_width(self.global_rows) / cells))

    def generator_at(self, stage: int) -> GeneratorConfig:
        """Return the shape of the generator at a stage: encodings follow the resolution."""
        return self.generator.at(self.chart, self.stages[stage].resolution)

    @property
    def total_images(self) -> int:
        """Images of all stages."""
        return sum(stage.images for stage in self.stages)

    def stage_at(self, n_images: int) -> tuple[int, int]:
        """Index of the stage that image number ``n_images`` belongs to, and the number of images it began at."""
        start = 0
        for index, stage in enumerate(self.stages):
            if n_images < start + stage.images or index == len(self.stages) - 1:
                return index, start
            start += stage.images
        raise AssertionError("unreachable: there is at least one stage")

    def views_since(self, stage: int) -> int:
        """Return the number of images at which the run began with views as large as those of a stage."""
        first = next(k for k in range(stage + 1) if self.view_pixels(k) == self.view_pixels(stage))
        return sum(earlier.images for earlier in self.stages[:first])

    def rate_at(self, n_images: int) -> float:
        """Return the learning rate after so many images, as a share of ``learning_rate``."""
        rise = min(1.0, (n_images + self.batch) / self.warmup_images) if self.warmup_images else 1.0
        left = self.total_images - n_images
        fall = 0.5 - 0.5 * math.cos(math.pi * left / self.decay_images) if left < self.decay_images else 1.0
        return rise * fall
