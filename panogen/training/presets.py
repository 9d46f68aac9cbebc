"""Recipes by name, for the machine that one has.

What each costs is measured where ``summary`` says so, and otherwise computed by ``benchmarks/presets.py``, which counts
the operations of a step and assumes 30 % of the GPU's peak. Memory is for one part of a batch in flight.
"""

from dataclasses import dataclass

from panogen.networks import (
    FourierConfig,
    GeneratorConfig,
    OctavesConfig,
    PlanesConfig,
    SkylineConfig,
    StyleGAN2Config,
    TableConfig,
)
from panogen.training.config import Stage, TrainConfig


@dataclass(frozen=True)
class Preset:
    """A recipe, and a line on what it takes."""

    config: TrainConfig
    summary: str


PAPER_GENERATOR = GeneratorConfig(
    width=512,
    depth=15,
    z_dim=512,
    w_dim=512,
    mapping_layers=8,
    encodings=(FourierConfig(512), TableConfig(512)),
)
PAPER_DISCRIMINATOR = StyleGAN2Config(channel_base=32_768, channel_max=512, told_azimuth=True, told_view=False)

AZIMUTH_TOLD = StyleGAN2Config(told_azimuth=True, told_view=False)

NOISES = OctavesConfig(sided=True), PlanesConfig(), SkylineConfig()

PRESETS = {
    "cpu-small": Preset(TrainConfig(), "2 CPU cores: octaves, views of 32 px at all scales"),
    "cpu-deep": Preset(
        TrainConfig(
            stages=(Stage(512, 80_000),),
            patch=64,
            microbatch=16,
            decay_images=60_000,
            r1_gamma=0.05,
            feature_weight=0.3,
            generator=GeneratorConfig(depth=15, encodings=(FourierConfig(32, upright=True, fading=True), *NOISES)),
        ),
        "that of commons and clearings: 15 layers, views of 64 px; needs panogen[features]",
    ),
    "cpu-table": Preset(
        TrainConfig(
            stages=(Stage(32, 80_000), Stage(64, 400_000)),
            views="crops",
            generator=GeneratorConfig(encodings=(FourierConfig(), TableConfig())),
            discriminator=AZIMUTH_TOLD,
        ),
        "the paper's, with a learned table, at a small size",
    ),
    "gpu-256": Preset(
        TrainConfig(
            stages=(Stage(64, 400_000), Stage(128, 400_000), Stage(256, 1_200_000)),
            views="crops",
            batch=32,
            microbatch=16,
            r1_gamma=1.0,
            ema_half_life=10_000.0,
            fade_images=100_000,
            precision="bfloat16",
            generator=PAPER_GENERATOR,
            discriminator=PAPER_DISCRIMINATOR,
        ),
        "1 H100: 1000, 460, 210 images/s at 64, 128, 256 px; 17 GB; 1.9 hours (A100: 6); from FLOPs, not run",
    ),
    "paper-256": Preset(
        TrainConfig(
            stages=(Stage(256, 3_200_000),),
            views="crops",
            batch=32,
            microbatch=4,
            r1_gamma=10.0,
            ema_half_life=10_000.0,
            precision="tf32",
            backward_share=1.0,
            scale_jitter=0.0,
            generator=PAPER_GENERATOR,
            discriminator=PAPER_DISCRIMINATOR,
        ),
        "8 H100: 510 images/s at 256 px; 15 GB each; 1.8 hours (8 A100: 5.6); computed, not run",
    ),
}
