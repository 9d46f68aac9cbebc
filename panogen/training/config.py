"""What a training run is: everything but the data and the wall clock."""

from dataclasses import dataclass, field, replace

from panogen.geometry import Cylinder
from panogen.networks import DiscriminatorConfig, GeneratorConfig


@dataclass(frozen=True)
class Stage:
    """Train on crops of ``resolution`` pixels a side until ``images`` more have been seen."""

    resolution: int
    images: int

    def __post_init__(self) -> None:
        if self.resolution < 8 or self.resolution & (self.resolution - 1):
            raise ValueError(f"crop resolution must be a power of two, at least 8, got {self.resolution}")
        if self.images < 1:
            raise ValueError(f"a stage needs at least 1 image, got {self.images}")


@dataclass(frozen=True)
class TrainConfig:
    """The recipe: StyleGAN2's (Karras et al. 2020, appendix B), as the paper uses it, at a size for one machine.

    A batch goes through the networks in parts of ``microbatch``, on as many threads as there are; the discriminator's
    minibatch deviation is taken within a part. Image counts are in real images shown to the discriminator.
    ``ema_half_life`` is lowered to ``ema_rampup`` times the images seen so far while the run is young. ``fade_images``
    is how long a new first block of the discriminator is blended in after the resolution has grown.
    """

    stages: tuple[Stage, ...] = (Stage(32, 80_000), Stage(64, 400_000))
    batch: int = 16
    microbatch: int = 8
    learning_rate: float = 0.002
    r1_gamma: float = 0.3
    r1_interval: int = 16
    ema_half_life: float = 5_000
    ema_rampup: float = 0.05
    w_avg_decay: float = 0.998
    fade_images: int = 24_000
    scale_jitter: float = 0.1
    mirror: bool = True
    seed: int = 0
    chart: Cylinder = field(default_factory=Cylinder)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)
    discriminator: DiscriminatorConfig = field(default_factory=DiscriminatorConfig)

    def __post_init__(self) -> None:
        if not self.stages:
            raise ValueError("stages must name at least one resolution")
        resolutions = [stage.resolution for stage in self.stages]
        if resolutions != sorted(set(resolutions)):
            raise ValueError(f"stages must grow in resolution, got {resolutions}")
        if self.batch < 2:
            raise ValueError(f"batch must be at least 2, got {self.batch}")
        if self.microbatch < 1 or self.batch % self.microbatch:
            raise ValueError(f"microbatch must divide the batch of {self.batch}, got {self.microbatch}")
        for name in ("learning_rate", "r1_interval", "ema_half_life", "ema_rampup"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        for name in ("r1_gamma", "fade_images", "seed"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must be at least 0, got {getattr(self, name)}")
        if not 0 <= self.scale_jitter < 1:
            raise ValueError(f"scale_jitter must be in [0, 1), got {self.scale_jitter}")

    def generator_at(self, stage: int) -> GeneratorConfig:
        """Shape of the generator at a stage: its embedding has as many rows as the crops have pixels."""
        rows = self.stages[stage].resolution
        return replace(self.generator, embedding_rows=rows, embedding_columns=self.chart.natural_width(rows))

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
