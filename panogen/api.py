"""panogen from Python: load a model, render arrays or files."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.checkpoint import Model, load_model
from panogen.errors import JobError, UsageError
from panogen.foveation import Acuity, Gaze, Mode, Samples, samples_of
from panogen.grids import Grid
from panogen.latent_file import read_latent, save_latent
from panogen.latents import EVEN, Around, LatentField, blended, evenly, mixed, semantic_directions, z_from_seed
from panogen.rendering import OUTSIDE, Progress, Renderer, evened, plan_of, quantize
from panogen.shipped import DEFAULT_MODEL, model_folder
from panogen.sinks import check_writable, sink_for
from panogen.version import __version__
from panogen.view import View

SEEDS_FOR_SPREAD = 1024
ACUITY = Acuity()
BLEND_SOFTNESS = 0.75  # each place is alone on a quarter of its part of the circle


@dataclass(frozen=True, eq=False)
class Foveated:
    """A picture (H, W, 3) uint8, as dense as an eye that looks at one place of it can tell, and what was computed."""

    picture: NDArray[np.uint8]
    grid: Samples

    @property
    def samples(self) -> int:
        """How many points were computed."""
        return len(self.grid)

    @property
    def share(self) -> float:
        """Of the picture's pixels."""
        return self.samples / len(self.grid.gaze.grid)

    @property
    def mask(self) -> NDArray[np.uint8]:
        """Samples per pixel (H, W), 255 for each one itself."""
        return np.round(self.grid.density * 255).astype(np.uint8)


class Panogen:
    """A loaded model that renders. ``name`` is what pictures say they were made with.

    What is shown, ``place``, is a seed or a latent field.
    """

    def __init__(self, model: Model, name: str):
        self.model, self.name = model, name
        self._found_directions: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def render(
        self, place: int | LatentField = 0, progress: Progress = lambda pixels: None, **view: Any
    ) -> NDArray[np.uint8]:
        """The picture (height, width, 3) uint8 of a place; ``view`` are the fields of ``View``. Raises UsageError."""
        view_of = View(**view)
        renderer = self.renderer(self.field(place), view_of.grid(self.model.chart), view_of.truncation, progress)
        picture = np.empty((len(renderer.grid), 3), np.uint8)
        filled = 0
        for pixels in map(quantize, renderer.blocks()):
            picture[filled : filled + len(pixels)] = pixels
            filled += len(pixels)
        return picture.reshape(*renderer.grid.shape, 3)

    def foveate(
        self,
        place: int | LatentField = 0,
        gaze_deg: tuple[float, float] = (0.0, 0.0),
        mode: Mode = ACUITY,
        display_fov_deg: float | None = None,
        contrast: float = 0.0,
        progress: Progress = lambda pixels: None,
        **view: Any,
    ) -> Foveated:
        """The picture of a place for an eye that looks at ``gaze_deg``, right and up from its middle: every pixel
        there, and elsewhere the samples of a ``mode``. See ``Gaze`` for the display and ``Rings``
        for the contrast. Raises UsageError."""
        view_of = View(**view)
        grid = samples_of(
            Gaze(view_of.grid(self.model.chart), *gaze_deg, display_fov_deg), mode, self.model.chart, contrast
        )
        blocks = self.renderer(self.field(place), grid, view_of.truncation, progress).blocks()
        return Foveated(quantize(grid.reconstruct(np.concatenate(list(blocks)), OUTSIDE)), grid)

    def save(
        self, path: str | Path, place: int | LatentField = 0, progress: Progress = lambda pixels: None, **view: Any
    ) -> float:
        """Render into a file, PNG or JPEG by its suffix, that appears when it is whole.

        Returns the share of the picture that lies beyond the model's chart and is black. Raises UsageError for what
        makes no sense, JobError for a disk that does not take it.
        """
        path = Path(path)
        check_writable(path)
        field, view_of = self.field(place), View(**view)
        renderer = self.renderer(field, view_of.grid(self.model.chart), view_of.truncation, progress)
        made = {"panogen": __version__, "model": self.name, **field.described(), **dataclasses.asdict(view_of)}
        sink = sink_for(path)(path, renderer.grid.shape, {"gpano": renderer.grid.metadata, "panogen": made})
        try:
            with sink:
                for pixels in map(quantize, renderer.blocks()):
                    sink.write(pixels)
        except OSError as error:
            raise JobError(f"{path}: cannot be written: {error.strerror or error}") from None
        return renderer.outside / len(renderer.grid)

    @torch.inference_mode()
    def latent(self, seed: int) -> Tensor:
        """The latents ws (num_ws, w_dim) of a seed."""
        generator = self.model.generator
        z = torch.from_numpy(z_from_seed(seed, generator.config.z_dim)).to(generator.w_avg.device)
        return generator.mapping(z)[0]

    def field(self, place: int | LatentField) -> LatentField:
        """The latent field of a seed; a field is one already. Raises UsageError."""
        return place if isinstance(place, LatentField) else LatentField.constant(self.latent(place), seed=int(place))

    def blend(
        self,
        places: Sequence[int | LatentField],
        at_deg: Sequence[float] | None = None,
        softness: float = BLEND_SOFTNESS,
        kernel: str = EVEN,
        layers: range | None = None,
    ) -> LatentField:
        """Places around the circle, each giving way to the next: at azimuths in degrees, evenly if None. The first is
        ahead. With ``layers`` they differ in these only. Kernel ``even`` is measured here, at truncation 1. Raises
        UsageError."""
        at = evenly(len(places)) if at_deg is None else tuple(float(place) for place in at_deg)
        if len(at) != len(places):
            raise UsageError(f"{len(places)} latents need as many azimuths, got {len(at)}")
        field = blended([self.field(place) for place in places], Around(at, softness, kernel), layers)
        return evened(self.model.generator, self.model.chart, field) if kernel == EVEN else field

    def mix(self, place: int | LatentField, other: int | LatentField, first_layer: int | None = None) -> LatentField:
        """Style mixing: the first place, with the latents of the other one from a layer on, None for the middle one.
        Raises UsageError."""
        count = self.model.generator.num_ws
        start = (count + 1) // 2 if first_layer is None else first_layer
        return mixed(self.field(place), self.field(other), self.layers(f"{start}-{count - 1}"))

    def edit(
        self, place: int | LatentField, direction: int, strength: float, layers: range | None = None
    ) -> LatentField:
        """A place moved along one of the model's own directions, number 0 the strongest, in ``layers`` (None for all),
        by ``strength`` standard deviations of what seeds differ by along it. Raises UsageError."""
        count = self.model.generator.num_ws
        layers = range(count) if layers is None else layers
        directions, spread = self._directions(layers.start, layers.stop)
        if not 0 <= direction < len(directions):
            raise UsageError(f"direction must be in [0, {len(directions) - 1}], got {direction}")
        if not math.isfinite(strength):
            raise UsageError(f"strength must be a finite number, got {strength}")
        field = self.field(place)
        anchors = field.anchors.clone()
        anchors[:, layers.start : layers.stop] += strength * spread[direction] * directions[direction]
        change = {"direction": direction, "strength": strength, "layers": [layers.start, layers.stop - 1]}
        return LatentField(anchors, field.weights, {**field.made_of, "edit": change})

    @torch.inference_mode()
    def _directions(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """The directions (n, w_dim) of layers ``start`` to ``stop`` - 1, and the spread (n,) of seeds along them."""
        if (start, stop) not in self._found_directions:
            generator = self.model.generator
            directions = semantic_directions(generator.style_weights[start:stop])
            z = np.random.RandomState(0).randn(SEEDS_FOR_SPREAD, generator.config.z_dim).astype(np.float32)
            ws = generator.mapping(torch.from_numpy(z).to(generator.w_avg.device))[:, 0]
            self._found_directions[start, stop] = directions, (ws @ directions.T).std(0)
        return self._found_directions[start, stop]

    def average(self, places: Sequence[int | LatentField]) -> LatentField:
        """The place half-way between several: the mean of their latents, layer by layer. Raises UsageError."""
        fields = [self.field(place) for place in places]
        for field in fields:
            if len(field.anchors) > 1:
                raise UsageError(
                    f"only latents that are the same everywhere have a mean, got one of {len(field.anchors)} anchors"
                )
        mean = torch.stack([field.anchors[0] for field in fields]).mean(0)
        return LatentField.constant(mean, average=[field.described() for field in fields])

    def layers(self, text: str) -> range:
        """Layers of the generator, 0 the first: ``2-5`` or ``3``. Raises UsageError."""
        count = self.model.generator.num_ws
        first, _, last = text.partition("-")
        if not (first.isdecimal() and (last or first).isdecimal() and int(first) <= int(last or first) < count):
            raise UsageError(f"layers must be like 2-5, from 0 to {count - 1}, got {text!r}")
        return range(int(first), int(last or first) + 1)

    def save_latent(self, field: LatentField, path: str | Path) -> None:
        """Write a field, for use in place of a seed. Raises UsageError, JobError."""
        path = Path(path)
        check_writable(path)
        try:
            save_latent(field, path, self.model.fingerprint, self.name)
        except OSError as error:
            raise JobError(f"{path}: cannot be written: {error.strerror or error}") from None

    def load_latent(self, path: str | Path) -> LatentField:
        """Read a field that was saved. Raises UsageError where it belongs to another model, JobError where it is
        broken."""
        stored = read_latent(Path(path))
        if stored.model != self.model.fingerprint:
            raise UsageError(
                f"{path}: a latent of another model, {stored.model_name}; render it with that, got {self.name}"
            )
        return dataclasses.replace(stored.field, anchors=stored.field.anchors.to(self.model.generator.w_avg.device))

    @torch.inference_mode()
    def renderer(self, field: LatentField, grid: Grid, truncation: float, progress: Progress) -> Renderer:
        """What computes the colours of any grid, block after block."""
        generator = self.model.generator
        plan = plan_of(generator, field.truncated(generator.w_avg, truncation), grid)
        return Renderer(plan, self.model.chart, grid, progress=progress)


def load(name: str | Path = DEFAULT_MODEL, device: str = "cpu") -> Panogen:
    """Load a shipped model by name, or a model's or a training run's folder.

    Raises UsageError where there is none, JobError where its files are not what they should be.
    """
    folder = model_folder(str(name))
    return Panogen(load_model(folder, device), Path(name).name)
