"""One step of the game: the discriminators learn from a batch, then the generator from the discriminators."""

import contextlib
import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from panogen.networks import Generator, Place
from panogen.training.augmentation import augment
from panogen.training.batch import Look, Part, Points
from panogen.training.config import GENTLE, TrainConfig
from panogen.training.losses import LOSSES, gradient_penalty
from panogen.training.ranks import ALONE, Ranks
from panogen.training.state import Adversary, TrainState

Gradients = list[Tensor]
BAND_AUGMENTATIONS = tuple(name for name in GENTLE if name != "roll")  # a whole band has no edges to roll over


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
class Fakes:
    """Generated pictures (B, 3, rows, columns) that carry no graph, and the mean latent (w_dim,) they show."""

    images: list[Tensor]
    w_mean: Tensor


@dataclass(frozen=True)
class Result:
    """What a part of the batch gives: losses by name, and gradients, in the order of the parameters."""

    losses: dict[str, float]
    gradients: Gradients


def train_step(
    state: TrainState,
    parts: Callable[[], Sequence[Part]],
    pool: Executor,
    ranks: Ranks = ALONE,
) -> StepReport:
    """Take one step, in place, on this process's ``parts`` of the batch, which may have to be waited for.

    Parts go through the networks on the threads of ``pool``. Gradients are summed in the parts' order, so the result
    does not depend on the threads. Raises FloatingPointError where a loss is no finite number.
    """
    config, watch = state.config, Stopwatch()
    penalised = state.step % config.r1_interval == 0
    state.set_rate(config.rate_at(state.n_images))

    with watch("data"):
        drawn = parts()

    def discriminator_turn(part: Part) -> tuple[Fakes, Result]:
        with autocast(config, part.z.device):
            fakes = synthesize(state.g, part)
        return fakes, discriminator_gradients(state, part, fakes, penalised)

    def generator_turn(part: Part, fakes: Fakes) -> Result:
        return generator_gradients(state, part, fakes)

    with watch("discriminator"):
        turns = list(pool.map(discriminator_turn, drawn))
        losses = apply_gradients(
            [result for _, result in turns],
            [adversary.optimizer for adversary in state.adversaries],
            [p for adversary in state.adversaries for p in adversary.network.parameters()],
            ranks,
        )
    with watch("generator"):
        results = list(pool.map(generator_turn, drawn, [fakes for fakes, _ in turns]))
        losses |= apply_gradients(results, [state.g_optimizer], list(state.g.parameters()), ranks)
    with watch("averages"):
        w_mean = torch.stack([fakes.w_mean for fakes, _ in turns]).sum(0) * (config.microbatch / config.batch)
        ranks.sum([w_mean])
        state.average(w_mean)
    if config.ada_target > 0:
        losses["augmentation"] = state.adapt_augmentation(losses["real_sign"])
    state.n_images += config.batch
    return StepReport(state.n_images, config.stages[state.stage].resolution, losses, watch.seconds)


@torch.no_grad()
def synthesize(g: Generator, part: Part) -> Fakes:
    """Generate, without a graph, what the part's discriminators are to see."""
    ws = g.mapping(part.z)
    return Fakes([_picture(g, look.points, ws) for look in part.looks], ws[:, 0].mean(0).float())


def _picture(g: Generator, points: Points, ws: Tensor) -> Tensor:
    coords = torch.from_numpy(points.coords).to(ws.device)
    return g.synthesis(coords, ws).float().transpose(1, 2).unflatten(2, (points.rows, points.columns))


def discriminator_gradients(state: TrainState, part: Part, fakes: Fakes, penalised: bool) -> Result:
    """Losses and gradients of all discriminators for one part."""
    losses: dict[str, float] = {}
    found: Gradients = []
    for adversary, look, images in zip(state.adversaries, part.looks, fakes.images, strict=True):
        parameters = list(adversary.network.parameters())
        loss, named = discriminator_objective(state, adversary, look, images)
        gradients = torch.autograd.grad(loss * share(state), parameters, materialize_grads=True)
        if penalised:
            penalty, penalties = penalty_objective(state, adversary, look, images)
            more = torch.autograd.grad(penalty * share(state), parameters, materialize_grads=True)
            gradients = tuple(a + b for a, b in zip(gradients, more, strict=True))
            named |= penalties
        losses |= {adversary.prefix + name: value for name, value in named.items()}
        found += gradients
    return Result(losses, found)


def share(state: TrainState) -> float:
    """A part's share of the batch."""
    return state.config.microbatch / state.config.batch


def discriminator_objective(
    state: TrainState, adversary: Adversary, look: Look, fakes: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """The loss of one discriminator on real and generated pictures."""
    shown = augmented(state, adversary, torch.cat([look.reals, fakes]), look.seeds[0])
    scores = score(state, adversary, shown, joined(look.real_place, look.fake_place), groups=2)
    real, fake = scores.chunk(2)
    loss = LOSSES[state.config.loss].discriminator(real, fake)
    return loss, {
        "d_loss": loss.item(),
        "real_score": real.mean().item(),
        "fake_score": fake.mean().item(),
        "real_sign": real.detach().sign().mean().item(),
    }


def penalty_objective(
    state: TrainState, adversary: Adversary, look: Look, fakes: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """The penalty on the gradient of one discriminator, weighted for the steps that go without."""
    config = state.config
    pictures, place, groups = look.reals, look.real_place, 1
    if LOSSES[config.loss].penalises_fakes:
        pictures, place, groups = torch.cat([look.reals, fakes]), joined(look.real_place, look.fake_place), 2
    shown = augmented(state, adversary, pictures, look.seeds[0]).detach().requires_grad_(True)
    scores = adversary.network(shown, place, adversary.fade(state), groups)
    penalty = gradient_penalty(scores, shown) * groups  # a sum over both kinds, each averaged
    return penalty * (config.r1_gamma / 2 * config.r1_interval), {"r1": penalty.item()}


def generator_gradients(state: TrainState, part: Part, fakes: Fakes) -> Result:
    """Losses and gradient of the generator for one part.

    First the gradient of the losses at the pixels, then what it asks of the parameters: at all points, or scaled up
    from the chosen ones. Every pixel is computed on its own, so the sum over a random share of them is unbiased.
    """
    config = state.config
    parameters = list(state.g.parameters())
    losses: dict[str, float] = {}
    outputs, pulls = [], []
    with autocast(config, part.z.device):
        ws = state.g.mapping(part.z)
    for adversary, look, images in zip(state.adversaries, part.looks, fakes.images, strict=True):
        images = images.requires_grad_(True)
        loss = generator_objective(state, adversary, look, images)
        (pull,) = torch.autograd.grad(loss * (adversary.weight * share(state)), [images])
        losses[adversary.prefix + "g_loss"] = loss.item()
        coords, pull = look.points.coords, pull.flatten(2).transpose(1, 2)
        if look.chosen is not None:
            chosen = torch.from_numpy(look.chosen).to(pull.device)
            coords, pull = coords[:, look.chosen], pull[:, chosen] * (pull.shape[1] / len(chosen))
        with autocast(config, part.z.device):
            outputs.append(state.g.synthesis(torch.from_numpy(coords).to(ws.device), ws).float())
        pulls.append(pull)
    return Result(losses, list(torch.autograd.grad(outputs, parameters, pulls, materialize_grads=True)))


def generator_objective(state: TrainState, adversary: Adversary, look: Look, fakes: Tensor) -> Tensor:
    """The loss of the generator with one discriminator."""
    loss = LOSSES[state.config.loss]
    shown = augmented(state, adversary, fakes, look.seeds[1])
    fake = score(state, adversary, shown, look.fake_place)
    if not loss.pairs:
        return loss.generator(fake, fake)
    with torch.no_grad():
        real = score(state, adversary, augmented(state, adversary, look.reals, look.seeds[1]), look.real_place)
    return loss.generator(real, fake)


def augmented(state: TrainState, adversary: Adversary, images: Tensor, seed: int) -> Tensor:
    """Pictures as a discriminator is to see them."""
    random = torch.Generator().manual_seed(seed)
    names = tuple(n for n in state.config.augmentations if adversary.edges or n in BAND_AUGMENTATIONS)
    return augment(images, names, state.augmentation, random)


def score(state: TrainState, adversary: Adversary, images: Tensor, place: Place | None, groups: int = 1) -> Tensor:
    """A discriminator's scores (B,), at the run's precision."""
    with autocast(state.config, images.device):
        return adversary.network(images, place, adversary.fade(state), groups).float()


def joined(first: Place | None, second: Place | None) -> Place | None:
    """Two places in a row; none where there is none."""
    return None if first is None or second is None else Place.join([first, second])


def autocast(config: TrainConfig, device: torch.device) -> Any:
    """Products in bfloat16, if the run asks for them; everything else stays float32."""
    return torch.autocast(device.type, torch.bfloat16, enabled=config.precision == "bfloat16")


def apply_gradients(
    results: Sequence[Result],
    optimizers: Sequence[torch.optim.Optimizer],
    parameters: Sequence[torch.nn.Parameter],
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """Sum gradients in order, over all processes, take the optimizers' steps, and return the mean of each loss.

    Raises FloatingPointError, before the steps and in every process, where a loss is no finite number.
    """
    gradients = results[0].gradients
    for result in results[1:]:
        torch._foreach_add_(gradients, result.gradients)
    sums = [torch.tensor(sum(result.losses[name] for result in results)) for name in results[0].losses]
    device = gradients[0].device
    message = [*gradients, torch.stack([*sums, torch.tensor(float(len(results)))]).to(device)]
    ranks.sum(message)
    *totals, count = message[-1].tolist()
    means = {name: total / count for name, total in zip(results[0].losses, totals, strict=True)}
    for name, value in means.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"{name} became {value}")
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    for optimizer in optimizers:
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
    return means
