"""One step of the game: the discriminator learns from a batch, then the generator from the discriminator."""

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.geometry.window import Windows
from panogen.networks import Generator
from panogen.training.losses import discriminator_loss, generator_loss, r1_penalty
from panogen.training.state import TrainState

Gradients = tuple[Tensor | None, ...]


class Crops(Protocol):
    """Where real crops come from."""

    def batch(self, rng: np.random.Generator, windows: Windows, resolution: int) -> NDArray[np.uint8]:
        """Crops (B, resolution, resolution, 3) of places turned at random, seen through the given windows."""
        ...


@dataclass(frozen=True)
class StepReport:
    """What one step did. ``seconds`` says where its time went, by name; losses and scores are means over the batch."""

    n_images: int
    resolution: int
    losses: dict[str, float]
    seconds: dict[str, float]


class Stopwatch:
    """Seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Count the time of a block under a name."""
        start = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(frozen=True)
class Part:
    """A part of the batch: real crops through one window, and z and another window to generate through.

    One window for a part, so that the discriminator's deviation over it compares what different places show at the same
    azimuth: a generator that puts the same cloud there for every seed is found out.
    """

    reals: Tensor
    real_azimuth_rad: Tensor
    z: Tensor
    window: Windows


def train_step(state: TrainState, crops: Crops, pool: Executor) -> StepReport:
    """Take one step, in place. Raises FloatingPointError where a loss is no finite number.

    The batch goes through the networks in parts, on the threads of ``pool``. Gradients are summed in the parts' order,
    so the result does not depend on the threads.
    """
    config, watch = state.config, Stopwatch()
    share = config.microbatch / config.batch
    d_parameters, g_parameters = list(state.d.parameters()), list(state.g.parameters())
    fade = state.fade

    with watch("data"):
        parts = draw_parts(state, crops)

    with watch("generator forward"):
        fakes = list(pool.map(lambda part: synthesize(state.g, part.z, part.window, state.d.resolution), parts))

    def d_gradients(part: Part, fake: Fake) -> tuple[dict[str, float], Gradients]:
        real_scores = state.d(part.reals, part.real_azimuth_rad, fade)
        fake_scores = state.d(fake.images.detach(), fake.azimuth_rad, fade)
        loss = discriminator_loss(real_scores, fake_scores)
        losses = {
            "d_loss": loss.item(),
            "real_score": real_scores.mean().item(),
            "fake_score": fake_scores.mean().item(),
            "real_sign": real_scores.detach().sign().mean().item(),
        }
        return losses, gradients(loss * share, d_parameters)

    def r1_gradients(part: Part) -> tuple[dict[str, float], Gradients]:
        reals = part.reals.detach().requires_grad_(True)
        penalty = r1_penalty(state.d(reals, part.real_azimuth_rad, fade), reals)
        scale = config.r1_gamma / 2 * config.r1_interval * share
        return {"r1": penalty.item()}, gradients(penalty * scale, d_parameters)

    def g_gradients(fake: Fake) -> tuple[dict[str, float], Gradients]:
        loss = generator_loss(state.d(fake.images, fake.azimuth_rad, fade))
        return {"g_loss": loss.item()}, gradients(loss * share, g_parameters)

    with watch("discriminator"):
        results = list(pool.map(d_gradients, parts, fakes))
    if state.step % config.r1_interval == 0:
        with watch("r1"):
            results += pool.map(r1_gradients, parts)
    losses = apply_gradients(results, state.d_optimizer, d_parameters)

    with watch("generator backward"):
        results = list(pool.map(g_gradients, fakes))
    losses |= apply_gradients(results, state.g_optimizer, g_parameters)

    with watch("averages"):
        state.average(torch.cat([fake.ws[:, 0] for fake in fakes]).mean(0).detach())
    state.n_images += config.batch
    return StepReport(state.n_images, state.d.resolution, losses, watch.seconds)


def draw_parts(state: TrainState, crops: Crops) -> list[Part]:
    """Everything random about a step: crops of real places, mirrored or not, and what to generate."""
    config, rng = state.config, state.rng()
    device = state.g.w_avg.device
    count = config.batch // config.microbatch
    windows = Windows.draw(rng, count, config.chart, config.scale_jitter).repeat(config.microbatch)
    reals = crops.batch(rng, windows, state.d.resolution)
    if config.mirror:  # a mirrored place is another place, and has no preferred yaw either
        flipped = rng.random(config.batch) < 0.5
        reals[flipped] = reals[flipped, :, ::-1]
    images = torch.from_numpy(reals).to(device).permute(0, 3, 1, 2).float().mul_(2 / 255).sub_(1).contiguous()
    azimuth_rad = torch.from_numpy(windows.azimuth_rad).float().to(device)
    z = torch.from_numpy(rng.standard_normal((config.batch, state.g.config.z_dim), np.float32)).to(device)
    windows = Windows.draw(rng, count, config.chart, config.scale_jitter)
    spans = [slice(part * config.microbatch, (part + 1) * config.microbatch) for part in range(count)]
    return [Part(images[span], azimuth_rad[span], z[span], windows[k : k + 1]) for k, span in enumerate(spans)]


@dataclass(frozen=True)
class Fake:
    """Generated crops with their graph, the azimuths (B,) of their centres, and their latents ws."""

    images: Tensor
    azimuth_rad: Tensor
    ws: Tensor


def synthesize(g: Generator, z: Tensor, window: Windows, resolution: int) -> Fake:
    """Generate crops (B, 3, resolution, resolution) of all z (B, z_dim) through one window."""
    ws = g.mapping(z)
    coords = torch.from_numpy(window.coordinates(resolution)).to(z.device)
    images = g.synthesis(coords, ws).transpose(1, 2).unflatten(2, (resolution, resolution))
    azimuth_rad = torch.from_numpy(window.azimuth_rad).float().to(z.device)
    return Fake(images, azimuth_rad.expand(len(z)), ws)


def gradients(loss: Tensor, parameters: Sequence[Tensor]) -> Gradients:
    """Gradients of a loss; None for parameters that it does not depend on."""
    return torch.autograd.grad(loss, parameters, allow_unused=True)


def apply_gradients(
    results: list[tuple[dict[str, float], Gradients]], optimizer: torch.optim.Optimizer, parameters: Sequence[Tensor]
) -> dict[str, float]:
    """Sum gradients in order, take the optimizer's step, and return the mean of each loss.

    Raises FloatingPointError, before the step, where a loss is no finite number.
    """
    losses: dict[str, list[float]] = {}
    for named, _ in results:
        for name, value in named.items():
            losses.setdefault(name, []).append(value)
    means = {name: sum(values) / len(values) for name, values in losses.items()}
    for name, value in means.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"{name} became {value}")
    for parameter, *found in zip(parameters, *(grads for _, grads in results), strict=True):
        known = [gradient for gradient in found if gradient is not None]
        parameter.grad = sum(known[1:], known[0]) if known else None
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return means
