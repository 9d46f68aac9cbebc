"""All that a resumed run needs: networks, optimizers, and how many images they have seen.

There is no random state to keep: every step draws from a generator made of the run's seed and the number of
images seen.
"""

import copy
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from panogen.networks import SMALLEST_VIEW, Generator, TableConfig
from panogen.training.config import TrainConfig

BETAS = (0.0, 0.99)
EPS = 1e-8
SIGN_MEMORY = 0.75  # of the mean sign of real scores, a step: about four steps, as in ADA

Tensors = dict[str, Tensor]
TABLE = f"{TableConfig.kind}.table"


class Role(NamedTuple):
    """What a discriminator looks at: the number of its exhibit in a part, and whether its pictures have a left and a
    right edge. One that stands ``beside`` another has a say of so large a share of the other's. ``prefix`` is that of
    its losses and tensors."""

    prefix: str
    exhibit: int = 0
    edges: bool = True
    beside: bool = False


VIEWS = Role("")
BANDS = Role("band_", exhibit=1, edges=False)
FEATURES = Role("feature_", beside=True)


@dataclass
class Adversary:
    """A discriminator, its optimizer, and its part in the game: that of views, that of whole bands, or that of
    features."""

    network: Any  # as discriminators/ says
    optimizer: torch.optim.Adam
    role: Role
    weight: float  # of its loss for the generator, or of its gradient beside another's

    @property
    def penalised(self) -> bool:
        """Whether there is a penalty on its gradient at the pixels."""
        return not self.role.beside and bool(self.network.config.penalised)

    def fade(self, state: "TrainState") -> float:
        """Return how far its first block is blended in, from 0 to 1."""
        if not self.network.fades_in or state.config.fade_images <= 0:
            return 1.0
        start = state.config.views_since(state.stage)
        return min(1.0, (state.n_images - start) / state.config.fade_images)


@dataclass
class TrainState:
    """A run between two steps. ``g_ema`` is the moving average of ``g``: the model that is shown and shipped.

    ``stage`` is that which the networks are shaped for. ``augmentation`` is the probability of each augmentation, and
    ``real_sign`` the running mean of the sign of real scores that moves it.
    """

    config: TrainConfig
    g: Generator
    g_ema: Generator
    g_optimizer: torch.optim.Adam
    adversaries: list[Adversary]
    n_images: int = 0
    stage: int = 0
    augmentation: float = 0.0
    real_sign: float = 0.0

    @classmethod
    def new(cls, config: TrainConfig, device: str = "cpu", start: Mapping[str, Tensor] | None = None) -> "TrainState":
        """Return a fresh run at its first stage. Seeded, and without touching torch's own random state.

        ``start`` holds tensors of a model (``g_ema.NAME``), or of a whole run, to begin with: an embedding of another
        size is resampled, and whatever else has the same name and shape is taken over, with what the optimizers know of
        it. With ``start_smoothing``, that embedding is low-passed. A discriminator that has been trained at half the
        resolution fades in its new first block.
        """
        start = start or {}
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(config.seed)
            g = Generator(config.generator_at(0), config.chart)
            pixels = config.view_pixels(0)
            views = config.discriminator.build(pixels, fades_in=knows_half_only(config, start.keys(), pixels))
            others = other_discriminators(config)
        g_ema = copy.deepcopy(g)
        if start:
            take_generator(g, start, "g." if any(name.startswith("g.") for name in start) else "g_ema.")
            take_generator(g_ema, start, "g_ema.")
            if config.start_smoothing > 0:
                for generator in (g, g_ema):
                    if generator.table is not None:
                        generator.table.smooth(config.start_smoothing)
            for role, network in {VIEWS: views, **others}.items():
                prefix = f"{role.prefix}d."
                take_over(network, {k.removeprefix(prefix): v for k, v in start.items() if k.startswith(prefix)})
        state = cls._assemble(config, g, g_ema, {VIEWS: views, **others}, device)
        state._take_moments(start)
        return state

    @classmethod
    def _assemble(
        cls, config: TrainConfig, g: Generator, g_ema: Generator, networks: Mapping[Role, nn.Module], device: str
    ) -> "TrainState":
        weights = {VIEWS: 1.0, BANDS: config.global_weight, FEATURES: config.feature_weight}
        adversaries = []
        for role, network in networks.items():
            optimizer = discriminator_optimizer(config, network.to(device))
            adversaries.append(Adversary(network, optimizer, role, weights[role]))
        g_optimizer = adam(g.to(device), config.learning_rate, BETAS)
        return cls(config, g, g_ema.to(device).eval().requires_grad_(False), g_optimizer, adversaries)

    @property
    def d(self) -> Any:
        """The discriminator of views."""
        return self.adversaries[0].network

    @property
    def device(self) -> torch.device:
        """Return the device of the networks."""
        return self.g.w_avg.device

    @property
    def step(self) -> int:
        """Number of steps taken."""
        return self.n_images // self.config.batch

    def set_rate(self) -> float:
        """Give the optimizers the learning rate of the step to come, and return the generator's."""
        share = self.config.rate_at(self.n_images)
        for _, optimizer, _ in self._optimizers():
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * share
        return self.config.learning_rate * share

    @torch.no_grad()
    def average(self, w_mean: Tensor) -> None:
        """Move the averages after a step: w_avg towards the mean latent (w_dim,) of its batch, g_ema towards g."""
        config = self.config
        self.g.w_avg.lerp_(w_mean, 1 - config.w_avg_decay)
        half_life = min(config.ema_half_life, config.ema_rampup * (self.n_images + config.batch))
        decay = 0.5 ** (config.batch / half_life)
        torch._foreach_lerp_(list(self.g_ema.parameters()), list(self.g.parameters()), 1 - decay)
        self.g_ema.w_avg.copy_(self.g.w_avg)

    def adapt_augmentation(self, real_sign: float) -> float:
        """Move the probability of augmentations after a step (ADA, section 3.1), and return it.

        The discriminator overfits when it is sure of the real views that it is trained on: their scores' mean sign
        rises towards 1.
        """
        config = self.config
        self.real_sign += (1 - SIGN_MEMORY) * (real_sign - self.real_sign)
        direction = 1 if self.real_sign > config.ada_target else -1
        self.augmentation = min(1.0, max(0.0, self.augmentation + direction * config.batch / config.ada_images))
        return self.augmentation

    def grow_if_due(self) -> bool:
        """Go on to the next stage when the images of this one are used up; True if it did.

        The generator's table, if any, is resampled; the discriminator of crops gets a new first block; the optimizers
        keep what they know of every other parameter.
        """
        config = self.config
        index, _ = config.stage_at(self.n_images)
        if index == self.stage:
            return False
        shape = config.generator_at(index)
        g, g_ema = copy.deepcopy(self.g), copy.deepcopy(self.g_ema)
        for network in (g, g_ema):
            network.reshaped(shape)
        networks = {adversary.role: adversary.network for adversary in self.adversaries}
        views = networks[VIEWS]
        if config.view_pixels(index) != views.resolution:
            with torch.random.fork_rng(devices=[]):
                torch.default_generator.manual_seed(config.seed + index)
                views = config.discriminator.build(config.view_pixels(index), fades_in=True)
            take_over(views, self.d.state_dict())
        grown = TrainState._assemble(config, g, g_ema, {**networks, VIEWS: views}, str(self.device))
        grown._take_moments(self.tensors())
        grown.n_images, grown.stage = self.n_images, index
        grown.augmentation, grown.real_sign = self.augmentation, self.real_sign
        self.__dict__.update(grown.__dict__)
        return True

    def tensors(self) -> Tensors:
        """Every tensor of the run by name, for a checkpoint."""
        named = {}
        for name, network in self._networks():
            named.update({f"{name}.{key}": value for key, value in network.state_dict().items()})
        for name, optimizer, network in self._optimizers():
            for key, parameter in network.named_parameters():
                for kind, value in optimizer.state.get(parameter, {}).items():
                    named[f"{name}.{key}.{kind}"] = value
        return {name: value.detach().contiguous() for name, value in named.items()}

    @classmethod
    def from_tensors(
        cls, config: TrainConfig, tensors: Tensors, n_images: int, stage: int, device: str = "cpu"
    ) -> "TrainState":
        """The run that ``tensors`` came from. Raises KeyError or RuntimeError where they do not fit the config."""
        g, g_ema = (Generator(config.generator_at(stage), config.chart) for _ in range(2))
        pixels = config.view_pixels(stage)
        named = {name for name in tensors if name.startswith("d.")}
        fades_in = named != names_of_discriminator(config, pixels)
        views = config.discriminator.build(pixels, fades_in=fades_in)
        state = cls._assemble(config, g, g_ema, {VIEWS: views, **other_discriminators(config)}, device)
        state.n_images, state.stage = n_images, stage
        for name, network in state._networks():
            prefix = f"{name}."
            network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        state._take_moments(tensors)
        if unknown := state.tensors().keys() ^ tensors.keys():
            raise KeyError(f"tensor {min(unknown)}")
        return state

    def _take_moments(self, tensors: Mapping[str, Tensor]) -> None:
        """Let the optimizers know what others knew of parameters with the same name and shape."""
        for name, optimizer, network in self._optimizers():
            for key, parameter in network.named_parameters():
                found = {kind: tensors.get(f"{name}.{key}.{kind}") for kind in ("step", "exp_avg", "exp_avg_sq")}
                known = {kind: value.clone().to(self.device) for kind, value in found.items() if value is not None}
                if len(known) == len(found) and known["exp_avg"].shape == parameter.shape:
                    optimizer.state[parameter] = known

    def require_finite(self) -> None:
        """Raise FloatingPointError where a tensor has values that are no finite numbers."""
        for name, value in self.tensors().items():
            if not torch.isfinite(value).all():
                raise FloatingPointError(f"tensor {name} is no longer finite")

    def _networks(self) -> list[tuple[str, nn.Module]]:
        found: list[tuple[str, nn.Module]] = [("g", self.g), ("g_ema", self.g_ema)]
        return found + [(f"{adversary.role.prefix}d", adversary.network) for adversary in self.adversaries]

    def _optimizers(self) -> list[tuple[str, torch.optim.Adam, nn.Module]]:
        found: list[tuple[str, torch.optim.Adam, nn.Module]] = [("g_optimizer", self.g_optimizer, self.g)]
        return found + [(f"{a.role.prefix}d_optimizer", a.optimizer, a.network) for a in self.adversaries]


def other_discriminators(config: TrainConfig) -> dict[Role, nn.Module]:
    """Return those beside that of views, if any. That of whole bands is told no place: all that it sees begins at the
    same azimuth. Raises UsageError where what that of features needs is not installed."""
    found: dict[Role, nn.Module] = {}
    if config.global_weight > 0:
        told_nothing = replace(config.discriminator, told_azimuth=False, told_view=False)
        found[BANDS] = told_nothing.build(config.global_rows, columns=config.global_columns, circular=True)
    if config.feature_weight > 0:
        from panogen.networks.discriminators.features import FeatureDiscriminator

        found[FEATURES] = FeatureDiscriminator.pretrained()
    return found


def names_of_discriminator(config: TrainConfig, pixels: int) -> set[str]:
    """Names ``d.NAME`` of the tensors of a discriminator of views of so many pixels a side, none of it faded in."""
    with torch.device("meta"):
        return {f"d.{name}" for name in config.discriminator.build(pixels).state_dict()}


def knows_half_only(config: TrainConfig, known: Set[str], pixels: int) -> bool:
    """Whether the discriminator of a run with tensors of ``known`` names has seen views of half so many pixels a side,
    and none of so many."""
    if pixels // 2 < SMALLEST_VIEW:
        return False
    half, whole = (names_of_discriminator(config, side) for side in (pixels // 2, pixels))
    return half - whole <= known and not whole - half <= known


def adam(network: nn.Module, learning_rate: float, betas: tuple[float, float]) -> torch.optim.Adam:
    """Adam over all of a network's parameters, in one kernel."""
    parameters = [{"params": list(network.parameters()), "initial_lr": learning_rate}]
    return torch.optim.Adam(parameters, learning_rate, betas, EPS, fused=True)


def discriminator_optimizer(config: TrainConfig, network: nn.Module) -> torch.optim.Adam:
    """Adam for a discriminator, a little slower than the generator's.

    Karras et al. 2020, appendix B, "Lazy regularization". There it makes up for the penalty's own steps; here the
    penalty shares the loss's step.
    """
    ratio = config.r1_interval / (config.r1_interval + 1)
    return adam(network, config.learning_rate * ratio, (BETAS[0] ** ratio, BETAS[1] ** ratio))


def take_over(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give a network those of the tensors that it has, too, by name and shape."""
    own = network.state_dict()
    known = {name: value for name, value in tensors.items() if name in own and own[name].shape == value.shape}
    network.load_state_dict({**own, **known})


@torch.no_grad()
def take_generator(g: Generator, tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Give a generator all of its tensors, with a table resampled to its own size.

    Raises KeyError or RuntimeError where they are not of a generator of this shape.
    """
    shape = g.config
    own = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
    if TABLE in own:
        rows, columns = own[TABLE].shape[:2]
        g.reshaped(shape.with_encoding(TableConfig, rows=rows, columns=columns))
    g.load_state_dict(own)
    g.reshaped(shape)
