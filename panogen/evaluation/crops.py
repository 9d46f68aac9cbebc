"""Crops of a model and of real pictures, through windows on the band."""

import contextlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from panogen.base.arrays import Pixels
from panogen.base.runtime import mapped, torch_threads
from panogen.data import CropCache
from panogen.geometry import Windows
from panogen.latents.seeds import truncate, z_from_seed
from panogen.networks import ChartPoints, Generator
from panogen.rendering import Progress, quantize

AT_ONCE = 16  # crops


def real_crops(
    cache: CropCache, resolution: int, windows: Windows, seed: int, progress: Progress = lambda crops: None
) -> Pixels:
    """Crops (n, resolution, resolution, 3) of random pictures of a source, through the windows. They do not depend on
    how many threads read them."""

    def read(number: int, span: slice) -> Pixels:
        return cache.batch(np.random.default_rng([seed, number]), windows[span], resolution, resolution)

    return in_flight(read, len(windows.azimuth_rad), progress)


def generated_crops(
    generator: Generator,
    seeds: range,
    resolution: int,
    windows: Windows,
    truncation: float = 1.0,
    progress: Progress = lambda crops: None,
) -> Pixels:
    """Crops (n, resolution, resolution, 3), each of the place of a seed of its own, through the windows."""
    device = generator.w_avg.device
    z = np.concatenate([z_from_seed(seed, generator.config.z_dim) for seed in seeds])

    @torch.inference_mode()
    def generate(number: int, span: slice) -> Pixels:
        ws = generator.mapping(torch.from_numpy(z[span]).to(device))
        features = [
            generator.features(
                ChartPoints.of_window(generator.chart, windows[k : k + 1], resolution).to(device), seeds[k : k + 1]
            )
            for k in range(span.start, span.stop)
        ]
        rgb = generator.synthesis(torch.cat(features), truncate(ws, generator.w_avg, truncation))
        return quantize(rgb.cpu().numpy()).reshape(-1, resolution, resolution, 3)

    return in_flight(generate, len(seeds), progress)


def in_flight(make: Callable[[int, slice], NDArray[Any]], count: int, progress: Progress) -> NDArray[Any]:
    """Join ``make(number, span)`` of each span of ``AT_ONCE`` crops. Torch runs each on one thread."""
    spans = [slice(start, min(start + AT_ONCE, count)) for start in range(0, count, AT_ONCE)]
    parts = []
    with torch_threads(1), contextlib.closing(mapped(lambda one: make(*one), list(enumerate(spans)))) as made:
        for part in made:
            parts.append(part)
            progress(len(part))
    return np.concatenate(parts)
