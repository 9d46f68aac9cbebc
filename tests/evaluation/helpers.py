"""Panoramas with and without faults, and a small evaluation."""

import numpy as np
from PIL import Image

from panogen.evaluation.config import EvaluationConfig
from panogen.geometry import pixel_centres

SMALL = EvaluationConfig(metrics=("swd", "spectrum", "seam"), crops=16, panoramas=4, resolution=32)


def smooth_panorama(seed=0, rows=64):
    """Waves of several lengths that end at the poles, once around without a seam, and white noise."""
    rng = np.random.default_rng(seed)
    across, down = 2 * np.pi * pixel_centres(2 * rows), np.pi * pixel_centres(rows)[:, None]
    picture = np.full((rows, 2 * rows, 3), 128.0)
    for channel in range(3):
        for wave in range(1, 9):
            phases = rng.uniform(0, 2 * np.pi, 2)
            waves = np.cos(wave * across + phases[0]) * np.sin(wave * down + phases[1])
            picture[..., channel] += 60 / wave * waves * np.sin(down)
    return (picture + rng.normal(0, 2, picture.shape)).clip(0, 255).round().astype(np.uint8)


def hard_seam(picture):
    """Another picture's half, so that left and right do not meet."""
    width = picture.shape[1]
    return np.roll(np.concatenate([picture[:, : width // 4], picture[:, width // 4 :] // 2], 1), 3 * width // 4, 1)


def save(path, picture):
    Image.fromarray(picture).save(path)
    return path
