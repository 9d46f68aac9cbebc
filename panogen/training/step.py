"""One step of the game: the discriminators learn from a batch, then the generator from the discriminators."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from panogen.base.arrays import Booleans
from panogen.networks import ChartPoints, Generator
from panogen.networks.discriminators.position import ViewPosition
from panogen.training.augmentation import augment
from panogen.training.batch import BatchPart, Exhibit
from panogen.training.config import LEVEL_AUGMENTATIONS, TrainConfig
from panogen.training.losses import LOSSES, gradient_penalty
from panogen.training.ranks import ONE_RANK, Ranks
from panogen.training.state import Adversary, TrainState

Gradients = list[Tensor]
SHORTEST = 1e-12  # gradient that has a direction
# A whole band has no edges to roll over.
BAND_AUGMENTATIONS = tuple(name for name in LEVEL_AUGMENTATIONS if name != "roll")


@dataclass(frozen=True)
class StepReport:
    """What one step did. ``seconds`` says where its time went, by name; ``losses`` are means over the batch, of
    scores too, with the learning rate and the probability of augmentations."""

    n_images: int
    resolution: int
    losses: dict[str, float]
    seconds: dict[str, float]


@contextlib.contextmanager
def timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    """Note the seconds of a block under a name."""
    start = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - start


@dataclass(frozen=True)
class Result:
    """What a part of the batch gives: losses by name, the gradients of all discriminators and that of the generator,
    in the order of their parameters, and the mean latent (w_dim,)."""

    losses: dict[str, float]
    d_gradients: Gradients
    g_gradients: Gradients
    w_mean: Tensor


def train_step(
    state: TrainState,
    parts: Callable[[], Sequence[BatchPart]],
    pool: Executor,
    ranks: Ranks = ONE_RANK,
) -> StepReport:
    """Take one step, in place, on this process's ``parts`` of the batch, which may have to be waited for.

    Both sides move at once, each along its gradient against the other as it was before the step: what the discriminator
    computes for its own gradient serves the generator's too. Parts go through the networks on the threads of ``pool``;
    gradients are summed in the parts' order, so the result does not depend on the threads. Raises FloatingPointError,
    with nothing moved, where a loss is no finite number.
    """
    config, seconds = state.config, dict[str, float]()
    penalised = state.step % config.r1_interval == 0
    learning_rate = state.set_rate()

    with timed(seconds, "data"):
        drawn = parts()
    with timed(seconds, "networks"):
        results = list(pool.map(lambda part: part_gradients(state, part, penalised), drawn))
    with timed(seconds, "update"):
        total, losses = summed(results, ranks)
        for network, optimizer, gradients in (
            *(
                (a.network, a.optimizer, g)
                for a, g in zip(state.adversaries, by_discriminator(state, total), strict=True)
            ),
            (state.g, state.g_optimizer, total.g_gradients),
        ):
            apply_gradients(network, optimizer, gradients)
        state.average(total.w_mean * (config.microbatch / config.batch))
    losses["learning_rate"] = learning_rate
    if config.ada_target > 0:
        losses["augmentation"] = state.adapt_augmentation(losses["real_sign"])
    state.n_images += config.batch
    return StepReport(state.n_images, config.stages[state.stage].resolution, losses, seconds)


def part_gradients(state: TrainState, part: BatchPart, penalised: bool) -> Result:
    """Losses and gradients of all networks for one part of the batch."""
    losses: dict[str, float] = {}
    d_gradients: Gradients = []
    pictures, colours, w_mean = generate_part(state, part)
    pulls: dict[int, Tensor] = {}
    for adversary in state.adversaries:
        role, number = adversary.role, adversary.role.exhibit
        exhibit, images = part.exhibits[number], pictures[number]
        named, gradients, pull = adversarial_gradients(state, adversary, exhibit, images)
        if penalised and adversary.penalised:
            penalties, more = penalty_gradients(state, adversary, exhibit, images)
            torch._foreach_add_(gradients, more)
            named |= penalties
        losses |= {role.prefix + name: value for name, value in named.items()}
        d_gradients += gradients
        pulls[number] = beside(pulls[number], pull, adversary.weight) if role.beside else pull * adversary.weight
    return Result(losses, d_gradients, generator_gradients(state, part, colours, list(pulls.values())), w_mean)


def beside(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Return the sum of two gradients (B, 3, H, W), the second as long as a ``share`` of the first."""
    both: Tensor = first + second * (share * first.norm() / second.norm().clamp(min=SHORTEST))
    return both


def generate_part(state: TrainState, part: BatchPart) -> tuple[list[Tensor], list[Tensor], Tensor]:
    """Generate a part: pictures (B, 3, H, W), a discriminator each, without their history; with it, the colours
    (B, n, 3) of the points at which the gradient is taken; and the mean latent (w_dim,). Every point is computed once.
    """
    pictures, colours = [], []
    with autocast(state.config, part.z.device):
        ws = state.g.mapping(part.z)
        for exhibit in part.exhibits:
            raster = exhibit.raster
            if exhibit.chosen is None:
                colours.append(generate(state.g, ws, raster.points, part.layouts))
                rgb = colours[-1].detach()
            else:
                chosen, rest = indices(exhibit.chosen, ws.device), indices(~exhibit.chosen, ws.device)
                colours.append(generate(state.g, ws, [points[chosen] for points in raster.points], part.layouts))
                rgb = torch.empty(len(ws), raster.rows * raster.columns, 3, dtype=torch.float32, device=ws.device)
                rgb[:, chosen] = colours[-1].detach()
                with torch.no_grad():
                    rgb[:, rest] = generate(state.g, ws, [points[rest] for points in raster.points], part.layouts)
            pictures.append(raster.laid_out(rgb))
    return pictures, colours, ws.detach()[:, 0].float().mean(0)


def generate(generator: Generator, ws: Tensor, points: Sequence[ChartPoints], layouts: Sequence[int]) -> Tensor:
    """Colours (B, n, 3) of ws (B, num_ws, w_dim) and their layouts, each group at its own n points."""
    size = len(ws) // len(points)
    features = [generator.features(own, layouts[k * size : (k + 1) * size]) for k, own in enumerate(points)]
    every = features[0] if len(features) == 1 else torch.cat([one.expand(size, -1, -1) for one in features])
    return generator.synthesis(every, ws).float()


def indices(which: Booleans, device: torch.device) -> Tensor:
    """Return the indices of the points that are marked; found on the CPU, so that no GPU is waited for."""
    return torch.from_numpy(np.flatnonzero(which)).to(device)


def adversarial_gradients(
    state: TrainState, adversary: Adversary, exhibit: Exhibit, fakes: Tensor
) -> tuple[dict[str, float], Gradients, Tensor]:
    """Return one discriminator's losses by name, its gradient, and its demand on the generator: the gradient at the
    pixels of ``fakes`` (B, 3, H, W)."""
    loss = LOSSES[state.config.loss]
    fakes = fakes.requires_grad_(True)
    real = score(state, adversary, augmented(state, adversary, exhibit.reals, exhibit.seeds[0]), exhibit.real_position)
    fake = score(state, adversary, augmented(state, adversary, fakes, exhibit.seeds[1]), exhibit.fake_position)
    d_loss, g_loss = loss.discriminator(real, fake), loss.generator(real, fake)
    (pull,) = torch.autograd.grad(g_loss * share_of_batch(state), [fakes], retain_graph=True)
    parameters = list(adversary.network.parameters())
    gradients = torch.autograd.grad(d_loss * share_of_batch(state), parameters, materialize_grads=True)
    losses = {
        "d_loss": d_loss.item(),
        "g_loss": g_loss.item(),
        "real_score": real.mean().item(),
        "fake_score": fake.mean().item(),
        "real_sign": real.detach().sign().mean().item(),
    }
    return losses, list(gradients), pull


def penalty_gradients(
    state: TrainState, adversary: Adversary, exhibit: Exhibit, fakes: Tensor
) -> tuple[dict[str, float], Gradients]:
    """Return the penalty on one discriminator's gradient at the pixels, and what it asks of its parameters, weighted
    for the steps that go without."""
    config = state.config
    sides = [(exhibit.reals, exhibit.seeds[0], exhibit.real_position)]
    if LOSSES[config.loss].penalises_fakes:
        sides.append((fakes, exhibit.seeds[1], exhibit.fake_position))
    total = torch.zeros((), dtype=torch.float32, device=fakes.device)
    for images, seed, position in sides:
        shown = augmented(state, adversary, images.detach(), seed).requires_grad_(True)
        total = total + gradient_penalty(adversary.network(shown, position, adversary.fade(state)), shown)
    weight = config.r1_gamma / 2 * config.r1_interval * share_of_batch(state)
    parameters = list(adversary.network.parameters())
    return {"r1": total.item()}, list(torch.autograd.grad(total * weight, parameters, materialize_grads=True))


def generator_gradients(
    state: TrainState, part: BatchPart, colours: Sequence[Tensor], pulls: Sequence[Tensor]
) -> Gradients:
    """Return the generator's gradient from those at its pictures' pixels, at all points or scaled up from the chosen
    ones.

    Every pixel is computed on its own, so a sum over a random share of them is unbiased.
    """
    wanted = []
    for exhibit, pull in zip(part.exhibits, pulls, strict=True):
        pull = pull.flatten(2).transpose(1, 2)
        if exhibit.chosen is not None:
            chosen = indices(exhibit.chosen, pull.device)
            pull = pull[:, chosen] * (pull.shape[1] / len(chosen))
        wanted.append(pull)
    return list(torch.autograd.grad(colours, list(state.g.parameters()), wanted, materialize_grads=True))


def share_of_batch(state: TrainState) -> float:
    """Return a part's share of the batch."""
    return state.config.microbatch / state.config.batch


def augmented(state: TrainState, adversary: Adversary, images: Tensor, seed: int) -> Tensor:
    """Pictures as a discriminator is to see them."""
    random = torch.Generator().manual_seed(seed)
    names = tuple(n for n in state.config.augmentations if adversary.role.edges or n in BAND_AUGMENTATIONS)
    return augment(images, names, state.augmentation, random)


def score(state: TrainState, adversary: Adversary, images: Tensor, position: ViewPosition | None) -> Tensor:
    """Return a discriminator's scores (B, ...), at the run's precision."""
    with autocast(state.config, images.device):
        scores: Tensor = adversary.network(images, position, adversary.fade(state))
        return scores.float()


def autocast(config: TrainConfig, device: torch.device) -> Any:
    """Products in bfloat16, if the run asks for them; everything else stays float32."""
    enabled = config.precision == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled, cache_enabled=False)  # threads would share it


def summed(results: Sequence[Result], ranks: Ranks = ONE_RANK) -> tuple[Result, dict[str, float]]:
    """Gradients and latents of all parts added up in order, over all processes, and the mean of each loss.

    Raises FloatingPointError, in every process, where a loss is no finite number.
    """
    total = results[0]
    for result in results[1:]:
        torch._foreach_add_(total.d_gradients, result.d_gradients)
        torch._foreach_add_(total.g_gradients, result.g_gradients)
        total.w_mean.add_(result.w_mean)
    losses = [sum(result.losses[name] for result in results) for name in total.losses]
    figures = torch.tensor([*losses, float(len(results))], dtype=torch.float32, device=total.w_mean.device)
    ranks.sum([*total.d_gradients, *total.g_gradients, total.w_mean, figures])
    *sums, count = figures.tolist()
    means = {name: value / count for name, value in zip(total.losses, sums, strict=True)}
    for name, value in means.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"{name} became {value}")
    return total, means


def by_discriminator(state: TrainState, total: Result) -> list[Gradients]:
    """Return the gradients of each discriminator."""
    rest = iter(total.d_gradients)
    return [[next(rest) for _ in adversary.network.parameters()] for adversary in state.adversaries]


def apply_gradients(network: torch.nn.Module, optimizer: torch.optim.Optimizer, gradients: Gradients) -> None:
    """Take an optimizer's step along the gradients of a network's parameters."""
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        parameter.grad = gradient
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
