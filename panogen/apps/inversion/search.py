"""The search for latents that show a photo, in three stages, each from what the one before has found.

w: one latent. w+: one for each layer (Abdal et al. 2019). spatial: a lattice over the photo of such latents, between
which styles vary smoothly; all around it is the one of w, which alone shows a place there.

Latents are searched for in whitened coordinates v, in which those of seeds are N(0, 1), and unusual ones cost: one that
is found for the photo alone, however unusual, paints no place around it.
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from panogen.apps.inversion import SearchConfig
from panogen.apps.inversion.state import Descent, SearchState
from panogen.apps.inversion.target import Target
from panogen.base.arrays import Doubles
from panogen.latents import Everywhere, LatentField, Layout
from panogen.latents.seeds import z_from_seed
from panogen.metrics.psnr import psnr_db
from panogen.networks import ChartPoints
from panogen.weights.checkpoint import Model

LATTICE = (8, 8)  # rows, columns
MARGIN_DEG = 20.0  # in which the lattice gives way to the latent of all around it
LEARNING_RATE, BETAS = 0.05, (0.9, 0.99)
RAMP_UP, RAMP_DOWN = 0.05, 0.5  # shares of a stage's steps in which the learning rate rises, and falls to 0
# What a mean square of 1 costs: of how unusual w and w+ are, and of how far the lattice's latents are from w ...
COSTS = {"w": 0.05, "w+": 0.01, "spatial": 0.003}
AROUND = 0.1  # ... and what is seen around the photo, within the lattice's reach, from the place of w
PATIENCE = 50  # steps without gain that end a stage
CANDIDATES = 64  # latents of which the search begins with the best
SAMPLES = 4096  # latents that tell which ones are usual
PEAK, LEAST_ERROR = 2.0, 1e-12  # of colours in [-1, 1]
NARROWEST = 1e-3  # spread of a whitened coordinate, relative to the widest


class Prior:
    """Which latents are usual: w = mean + v axes, where v is N(0, 1) in each coordinate for latents of seeds."""

    def __init__(self, w: Tensor):
        """Measure how latents (n, w_dim), a sample, are spread."""
        self.mean = w.mean(0)
        _, spread, directions = torch.linalg.svd(w - self.mean, full_matrices=False)
        self.spread: Tensor = (spread / math.sqrt(len(w))).clamp(min=NARROWEST * spread[0] / math.sqrt(len(w)))
        self.directions: Tensor = directions

    def latents(self, v: Tensor) -> Tensor:
        """(..., w_dim) -> (..., w_dim)."""
        return self.mean + (v * self.spread) @ self.directions

    def whitened(self, w: Tensor) -> Tensor:
        """Invert ``latents``."""
        return (w - self.mean) @ self.directions.T / self.spread


class Step(NamedTuple):
    """A step just done: its stage, its number in it from 1 on, and the PSNR before it in dB."""

    stage: str
    number: int
    psnr_db: float


class Points(NamedTuple):
    """Points (n) as the generator sees them: features (n, channels), and the shares (n, K) of a mosaic's anchors."""

    features: Tensor
    shares: Tensor


Loss = Callable[[Tensor], tuple[Tensor, Tensor]]  # of whitened latents: the photo's error, and all other costs


class Search:
    """A search for latents of a model that show a target. All that it draws comes from the config's seed."""

    def __init__(self, model: Model, target: Target, config: SearchConfig):
        self.generator, self.config = model.generator, config
        self.device = self.generator.w_avg.device
        self.mosaic = target.mosaic(*LATTICE, MARGIN_DEG)
        self.photo = self._points(model, target.directions, target.footprints)
        around = target.surroundings(self.mosaic, model.chart)
        self.around = self._points(model, around, np.full(len(around), np.median(target.footprints)))
        self.wanted = torch.from_numpy(target.wanted).to(self.device)
        z = z_from_seed(config.seed, self.generator.config.z_dim, SAMPLES)
        with torch.no_grad():
            w = self.generator.mapping(torch.from_numpy(z).to(self.device))[:, 0]
        self.prior, self.candidates = Prior(w), w[:CANDIDATES]

    def run(self, state: SearchState) -> Iterator[Step]:
        """Go on from a state to the end. Between steps the state is whole, and may be saved."""
        for stage in self.config.stages[len(state.found) :]:
            if state.descent is None:
                start = self._start(stage, state)
                state.descent = Descent(start.clone(), start.clone())
            yield from self._descend(stage, state, state.descent)
            state.finish(stage, told_db(self._final_error(stage, state, state.descent.best)), state.descent)

    def field(self, state: SearchState, stage: str) -> LatentField:
        """Return the field that a stage has found."""
        with torch.no_grad():
            anchors = self._anchors(state.found[stage], state, stage)
        layouts = (Layout.of(self.config.layout),) * len(anchors)
        return LatentField(anchors, self.mosaic if stage == "spatial" else Everywhere(), layouts)

    def _descend(self, stage: str, state: SearchState, descent: Descent) -> Iterator[Step]:
        latents, steps = descent.latents, self.config.steps
        loss_of = self._spatial_loss(state) if stage == "spatial" else self._constant_loss(stage, state)
        optimizer = torch.optim.Adam([latents], betas=BETAS)
        optimizer.state[latents] = descent.moments
        while descent.step < steps and descent.waited < PATIENCE:
            started = time.monotonic()
            optimizer.param_groups[0]["lr"] = LEARNING_RATE * ramp((descent.step + 0.5) / steps)
            optimizer.zero_grad()
            error, cost = loss_of(latents)
            loss = error + cost
            loss.backward()
            descent.note(loss.item())
            optimizer.step()
            descent.step += 1
            descent.seconds += time.monotonic() - started
            yield Step(stage, descent.step, told_db(error.item()))

    def _constant_loss(self, stage: str, state: SearchState) -> Loss:
        """Return the photo's error for latents that are the same everywhere, and the cost of being unusual."""

        def loss(v: Tensor) -> tuple[Tensor, Tensor]:
            rgb = self._colours(self.photo, self._anchors(v, state, stage))
            return mean_square(rgb - self.wanted), COSTS[stage] * mean_square(v)

        return loss

    def _spatial_loss(self, state: SearchState) -> Loss:
        """Return the photo's error for the lattice, and the cost of leaving w, in latents and in the picture around."""
        place, stage = state.found["w"], "spatial"
        points = Points(*(torch.cat(both) for both in zip(self.photo, self.around, strict=True)))
        count = len(self.wanted)
        with torch.no_grad():
            around = self._colours(self.around, self._anchors(place, state, "w"))

        def loss(v: Tensor) -> tuple[Tensor, Tensor]:
            rgb = self._colours(points, self._anchors(v, state, stage))
            cost = COSTS[stage] * mean_square(v - place)
            if len(around):
                cost = cost + AROUND * mean_square(rgb[count:] - around)
            return mean_square(rgb[:count] - self.wanted), cost

        return loss

    def _start(self, stage: str, state: SearchState) -> Tensor:
        """Whitened latents to begin a stage with: (1, 1, w_dim), (1, num_ws, w_dim) or (anchors, num_ws, w_dim)."""
        if stage == "w":
            candidates = self.prior.whitened(torch.cat([self.generator.w_avg[None], self.candidates]))
            errors = [self._final_error(stage, state, one[None, None]) for one in candidates]
            return candidates[int(np.argmin(errors))][None, None]
        if stage == "w+":
            return state.found["w"].expand(1, self.generator.num_ws, -1)
        return state.found["w+"].expand(self.mosaic.count - 1, -1, -1)

    def _points(self, model: Model, directions: Doubles, footprints: Doubles) -> Points:
        """Return what the generator needs to know of directions."""
        points = ChartPoints.of(model.chart, directions, footprints).to(self.device)
        with torch.no_grad():
            (features,) = self.generator.features(points, (self.config.layout,))
        return Points(features, torch.from_numpy(self.mosaic(directions)).float().to(self.device))

    def _anchors(self, v: Tensor, state: SearchState, stage: str) -> Tensor:
        """Whitened latents of a stage -> anchors (K, num_ws, w_dim), of the lattice with the one of w first."""
        v = v.expand(-1, self.generator.num_ws, -1)
        if stage == "spatial":
            v = torch.cat([state.found["w"].expand(1, self.generator.num_ws, -1), v])
        return self.prior.latents(v)

    def _colours(self, points: Points, anchors: Tensor) -> Tensor:
        """Colours (n, 3) under one anchor, or under those of the mosaic."""
        weights = points.shares if len(anchors) > 1 else torch.ones(1, 1, dtype=torch.float32, device=self.device)
        return self.generator.synthesis_field(points.features, anchors, weights)

    @torch.no_grad()
    def _final_error(self, stage: str, state: SearchState, v: Tensor) -> float:
        """Mean square of the difference between the photo and what is shown of latents."""
        rgb = self._colours(self.photo, self._anchors(v, state, stage))
        return mean_square(rgb.clamp(-1, 1) - self.wanted).item()


def mean_square(difference: Tensor) -> Tensor:
    """Mean of the squares: all that the photo is compared by.

    With 0.1 (1 - SSIM) beside it the field over one photo came to 34.7 instead of 34.3 dB and an SSIM of 0.973 instead
    of 0.960 (150 steps, pytorch-msssim 1.0.0): too little for a library that nothing else here needs.
    """
    return difference.square().mean()


def ramp(share: float) -> float:
    """Return the learning rate, of its highest, when a share of a stage is done: up in a line, down as a cosine."""
    falling = min(1.0, (1 - share) / RAMP_DOWN)
    return min(1.0, share / RAMP_UP) * (1 - math.cos(math.pi * falling)) / 2


def told_db(error: float) -> float:
    """PSNR of a mean square error in [-1, 1] units, finite for JSON."""
    return psnr_db(max(error, LEAST_ERROR), PEAK)
