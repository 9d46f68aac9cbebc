"""All that a resumed run needs: networks, optimizers, and how many images they have seen.

There is no random state to keep: every step draws from a generator made of the run's seed and the number of
images seen.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from panogen.networks import Discriminator, Generator
from panogen.training.config import TrainConfig

BETAS = (0.0, 0.99)
EPS = 1e-8


@dataclass
class TrainState:
    """A run between two steps. ``g_ema`` is the moving average of ``g``: the model that is shown and shipped."""

    config: TrainConfig
    g: Generator
    d: Discriminator
    g_ema: Generator
    g_optimizer: torch.optim.Adam
    d_optimizer: torch.optim.Adam
    n_images: int = 0

    @classmethod
    def new(cls, config: TrainConfig, device: str = "cpu") -> "TrainState":
        """A fresh run at its first stage. Seeded, and without touching torch's own random state."""
        resolution = config.stages[0].resolution
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(config.seed)
            g = Generator(config.generator_at(0), config.chart.max_height)
            d = Discriminator(config.discriminator, resolution)
        return cls._assemble(config, g.to(device), d.to(device), 0, copy.deepcopy(g))

    @classmethod
    def _assemble(
        cls, config: TrainConfig, g: Generator, d: Discriminator, n_images: int, g_ema: Generator
    ) -> "TrainState":
        # Karras et al. 2020, appendix B, "Lazy regularization". There it makes up for the penalty's own steps; here the
        # penalty shares the loss's step, and the rate is just a little lower.
        ratio = config.r1_interval / (config.r1_interval + 1)
        g_optimizer = torch.optim.Adam(g.parameters(), config.learning_rate, BETAS, EPS)
        d_betas = (BETAS[0] ** ratio, BETAS[1] ** ratio)
        d_optimizer = torch.optim.Adam(d.parameters(), config.learning_rate * ratio, d_betas, EPS)
        return cls(config, g, d, g_ema.eval().requires_grad_(False), g_optimizer, d_optimizer, n_images)

    @property
    def stage(self) -> int:
        """Index of the stage that the networks are shaped for."""
        resolutions = [stage.resolution for stage in self.config.stages]
        return resolutions.index(self.d.resolution)

    @property
    def step(self) -> int:
        """Number of steps taken."""
        return self.n_images // self.config.batch

    def rng(self) -> np.random.Generator:
        """The random generator of the next step."""
        return np.random.default_rng((self.config.seed, self.n_images))

    @property
    def fade(self) -> float:
        """How far the discriminator's first block is blended in, from 0 to 1."""
        if self.stage == 0 or self.config.fade_images <= 0:
            return 1.0
        _, start = self.config.stage_at(self.n_images)
        return min(1.0, (self.n_images - start) / self.config.fade_images)

    @torch.no_grad()
    def average(self, w_mean: Tensor) -> None:
        """Move the averages after a step: w_avg towards the mean latent (w_dim,) of its batch, g_ema towards g."""
        config = self.config
        self.g.w_avg.lerp_(w_mean, 1 - config.w_avg_decay)
        half_life = min(config.ema_half_life, config.ema_rampup * (self.n_images + config.batch))
        decay = 0.5 ** (config.batch / half_life)
        for average, value in zip(self.g_ema.parameters(), self.g.parameters(), strict=True):
            average.lerp_(value, 1 - decay)
        self.g_ema.w_avg.copy_(self.g.w_avg)

    def grow_if_due(self) -> bool:
        """Go on to the next stage when the images of this one are used up; True if it did.

        The generator's embedding is resampled; the discriminator gets a new first block; the optimizers keep what they
        know of every other parameter.
        """
        index, _ = self.config.stage_at(self.n_images)
        if index == self.stage:
            return False
        shape = self.config.generator_at(index)
        g, g_ema = copy.deepcopy(self.g), copy.deepcopy(self.g_ema)
        for network in (g, g_ema):
            network.grow_embedding(shape.embedding_rows, shape.embedding_columns)
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(self.config.seed + index)
            d = Discriminator(self.config.discriminator, self.config.stages[index].resolution, fades_in=True)
        d.load_state_dict({**d.state_dict(), **_matching(self.d.state_dict(), d.state_dict())})
        grown = TrainState._assemble(self.config, g, d.to(self.g.w_avg.device), self.n_images, g_ema)
        _carry_over(self.g_optimizer, self.g, grown.g_optimizer, grown.g)
        _carry_over(self.d_optimizer, self.d, grown.d_optimizer, grown.d)
        self.__dict__.update(grown.__dict__)
        return True

    def tensors(self) -> dict[str, Tensor]:
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
        cls, config: TrainConfig, tensors: dict[str, Tensor], n_images: int, stage: int, device: str = "cpu"
    ) -> "TrainState":
        """The run that ``tensors`` came from. Raises KeyError or RuntimeError where they do not fit the config."""
        g, g_ema = (Generator(config.generator_at(stage), config.chart.max_height).to(device) for _ in range(2))
        d = Discriminator(config.discriminator, config.stages[stage].resolution, fades_in=stage > 0).to(device)
        state = cls._assemble(config, g, d, n_images, g_ema)
        for name, network in state._networks():
            prefix = f"{name}."
            network.load_state_dict({k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)})
        for name, optimizer, network in state._optimizers():
            for key, parameter in network.named_parameters():
                if f"{name}.{key}.step" in tensors:  # a parameter that has been moved
                    optimizer.state[parameter] = {
                        kind: tensors[f"{name}.{key}.{kind}"].clone().to("cpu" if kind == "step" else device)
                        for kind in ("step", "exp_avg", "exp_avg_sq")
                    }
        if unknown := state.tensors().keys() ^ tensors.keys():
            raise KeyError(f"tensor {min(unknown)}")
        return state

    def require_finite(self) -> None:
        """Raise FloatingPointError where a tensor has values that are no finite numbers."""
        for name, value in self.tensors().items():
            if not torch.isfinite(value).all():
                raise FloatingPointError(f"tensor {name} is no longer finite")

    def _networks(self) -> tuple[tuple[str, nn.Module], ...]:
        return ("g", self.g), ("d", self.d), ("g_ema", self.g_ema)

    def _optimizers(self) -> tuple[tuple[str, torch.optim.Adam, nn.Module], ...]:
        return ("g_optimizer", self.g_optimizer, self.g), ("d_optimizer", self.d_optimizer, self.d)


def _matching(old: dict[str, Tensor], new: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in old.items() if name in new and new[name].shape == value.shape}


def _carry_over(
    old_optimizer: torch.optim.Adam, old: nn.Module, new_optimizer: torch.optim.Adam, new: nn.Module
) -> None:
    known = dict(old.named_parameters())
    for name, parameter in new.named_parameters():
        before = known.get(name)
        if before is not None and before.shape == parameter.shape and before in old_optimizer.state:
            new_optimizer.state[parameter] = old_optimizer.state[before]
