"""A run small enough for tests."""

import numpy as np

from panogen.networks import DiscriminatorConfig
from panogen.training import Stage, TrainConfig
from tests.conftest import TINY

CONFIG = TrainConfig(
    stages=(Stage(8, 32), Stage(16, 64)),
    batch=8,
    microbatch=4,
    r1_interval=2,
    fade_images=32,
    generator=TINY,
    discriminator=DiscriminatorConfig(channel_base=64, channel_max=8),
)


class Stripes:
    """Crops that are bright above and dark below, at a random level."""

    def batch(self, rng, windows, resolution):
        level = rng.integers(60, 200, (len(windows.azimuth_rad), 1, 1, 1))
        ramp = np.linspace(50, -50, resolution)[None, :, None, None]
        return np.broadcast_to(level + ramp, (len(level), resolution, resolution, 3)).astype(np.uint8)
