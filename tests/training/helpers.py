"""A run small enough for tests."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from panogen.networks import StyleGAN2Config
from panogen.training import Stage, TrainConfig, TrainState
from panogen.training.batch import draw_parts
from panogen.training.step import train_step
from tests.conftest import OCTAVES, PARTIAL, TINY

CONFIG = TrainConfig(
    stages=(Stage(8, 32), Stage(16, 64)),
    views="crops",
    batch=8,
    microbatch=4,
    r1_interval=2,
    fade_images=32,
    backward_share=1.0,
    generator=TINY,
    discriminator=StyleGAN2Config(channel_base=64, channel_max=8, told_azimuth=True),
)


class Stripes:
    """Places that are bright above and dark below, at a random level."""

    def batch(self, rng, windows, pixels, rows):
        return self.bands(rng, len(windows.azimuth_rad), pixels, pixels)

    def bands(self, rng, count, rows, columns):
        level = rng.integers(60, 200, (count, 1, 1, 1))
        ramp = np.linspace(50, -50, rows)[None, :, None, None]
        return np.broadcast_to(level + ramp, (count, rows, columns, 3)).astype(np.uint8)


MODES = {
    "plain": {},
    "patches": {"views": "patches", "patch": 8},
    "multiscale": {"views": "multiscale", "patch": 8},
    "ada": {"ada_target": 0.1, "ada_images": 1024.0},
    "two discriminators": {"global_weight": 1.0, "global_rows": 8},
    "features": {"feature_weight": 0.5},
    "r3gan": {"loss": "r3gan"},
    "schedule": {"warmup_images": 32, "decay_images": 48},
    "half the points": {"backward_share": 0.5},
    "bfloat16": {"precision": "bfloat16"},
    "octaves": {
        "views": "multiscale",
        "patch": 8,
        "backward_share": 0.5,
        "generator": dataclasses.replace(TINY, **OCTAVES),
    },
    **{name: {"generator": dataclasses.replace(TINY, **changes)} for name, changes in PARTIAL.items()},
}


def config_of(*modes):
    """The config of a mode, or of several at once."""
    return dataclasses.replace(CONFIG, **{name: value for mode in modes for name, value in MODES[mode].items()})


def short(config):
    """A config of six steps in two stages."""
    return dataclasses.replace(config, stages=(Stage(8, 16), Stage(16, 32)), fade_images=16)


def begun(*modes):
    """A fresh run of six steps; where augmentations adapt, they have begun."""
    state = TrainState.new(short(config_of(*modes)))
    state.augmentation = 0.5 if "ada" in modes else 0.0
    return state


def draw(state, crops=None):
    """The parts of the next batch."""
    return draw_parts(state.config, state.n_images, crops or Stripes())


def picture(g, part, ws=None):
    """Generated pictures (B, 3, rows, columns) of a part's views, all points at once; by default of its own latents."""
    raster = part.views.raster
    ws = g.mapping(part.z) if ws is None else ws
    (points,) = raster.points
    return raster.laid_out(g.synthesis(g.features(points, part.layouts), ws))


def step(state, crops=None):
    """One step on this thread."""
    with ThreadPoolExecutor(1) as pool:
        return train_step(state, lambda: draw(state, crops), pool)
