"""panogen from Python: load a model, render arrays or files."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.base.errors import JobError, UsageError
from panogen.base.runtime import torch_threads
from panogen.base.tensors import fingerprint
from panogen.base.version import __version__
from panogen.foveation import Acuity, Mode
from panogen.geometry import from_azimuth_elevation
from panogen.grids import Grid
from panogen.grids.view import View
from panogen.latents import EVEN, Around, LatentField, Layout, blended, mixed, semantic_directions, z_from_seed
from panogen.pictures.formats import check_writable, format_of
from panogen.pictures.output import Output
from panogen.places.files import read_latent, save_latent
from panogen.rendering import OUTSIDE, PixelRenderer, Progress, Renderer, perceptual_blend, plan_of, quantize
from panogen.weights.checkpoint import Model, load_model
from panogen.weights.shipped import DEFAULT_MODEL, model_folder

if TYPE_CHECKING:
    from panogen.foveation import Samples

SEEDS_FOR_SPREAD = 1024
ACUITY = Acuity()
# Directions all over the sphere: two fields with the same shares in all of them are one.
PROBES = from_azimuth_elevation(2.399963 * np.arange(4096), np.arcsin((np.arange(4096) + 0.5) / 2048 - 1))
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

    What is shown, ``place``, is a seed or a latent field. Its numbers are computed by one thread each: matrix products
    that are shared out among threads may differ in the last bit.
    """

    def __init__(self, model: Model, name: str):
        self.model, self.name = model, name
        self._found_directions: dict[tuple[int, int], tuple[Tensor, Tensor]] = {}

    def render(
        self, place: int | LatentField = 0, progress: Progress = lambda pixels: None, **view: Any
    ) -> NDArray[np.uint8]:
        """The picture (height, width, 3) uint8 of a place, with opacity (height, width, 4) where it is transparent;
        ``view`` are the fields of ``View``. Raises UsageError."""
        view_of = View(**view)
        picture: NDArray[np.uint8] = self.pixel_renderer(place, view_of, progress).picture()
        return picture

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
        from panogen.foveation import Gaze, samples_of

        view_of = View(**view)
        for name in ("supersample", "outside", "tolerance"):
            if getattr(view_of, name) != getattr(View, name):
                raise UsageError(f"{name} has no meaning for a foveated picture, got {getattr(view_of, name)!r}")
        grid = samples_of(
            Gaze(view_of.grid(self.model.chart), *gaze_deg, display_fov_deg), mode, self.model.chart, contrast
        )
        blocks = self.renderer(self.field(place), grid, view_of, progress).blocks()
        return Foveated(quantize(grid.reconstruct(np.concatenate(list(blocks)), OUTSIDE)), grid)

    def save(
        self,
        path: str | Path,
        place: int | LatentField = 0,
        progress: Progress = lambda samples: None,
        *,
        resume: bool = False,
        **view: Any,
    ) -> float:
        """Render into a file, in the format of its suffix (``FORMATS``), that appears when it is whole.

        With ``resume`` it goes on with what an interruption has left. Returns the share of the picture that lies beyond
        the model's chart. Raises UsageError for what makes no sense, JobError for a disk that does not take it.
        """
        return self.output(Path(path), place, View(**view), progress).write(resume=resume)

    def output(
        self, path: Path, place: int | LatentField, view: View, progress: Progress = lambda samples: None
    ) -> Output:
        """The file that ``save`` is to write, checked. Raises UsageError."""
        field = self.field(place)
        pixel_renderer = self.pixel_renderer(field, view, progress, light=format_of(path).dtype == "float32")
        return Output(path, view.grid(self.model.chart), pixel_renderer, self.request(field, view))

    def request(self, field: LatentField, view: View) -> dict[str, Any]:
        """All that the pixels of a picture follow from, for JSON."""
        grid, weights = view.grid(self.model.chart), field.weights(PROBES)
        latents = {"anchors": field.anchors, "shares": torch.from_numpy(weights)}
        if self.model.generator.knows_layouts:
            latents["layout_seeds"] = torch.tensor(field.layout_seeds)
            latents["layout_shares"] = torch.from_numpy(field.layout_shares(weights))
        return {
            "panogen": __version__,
            "model": self.name,
            "fingerprint": self.model.fingerprint,
            "latents": fingerprint(latents),
            **field.described(),
            **dataclasses.asdict(view),
            "projection": grid.name,
            "width": grid.shape[1],
        }

    def pixel_renderer(
        self,
        place: int | LatentField,
        view: View,
        progress: Progress = lambda samples: None,
        *,
        light: bool = False,
    ) -> PixelRenderer:
        """What makes the pixels of a picture, in 8 bits or as ``light``. Raises UsageError."""
        grid = view.grid(self.model.chart)
        fine = grid if view.supersample == 1 else grid.finer(view.supersample)
        renderer = self.renderer(self.field(place), fine, view, progress)
        return PixelRenderer(renderer, view.supersample, light)

    @torch.inference_mode()
    def latent(self, seed: int) -> Tensor:
        """The latents ws (num_ws, w_dim) of a seed."""
        generator = self.model.generator
        z = torch.from_numpy(z_from_seed(seed, generator.config.z_dim)).to(generator.w_avg.device)
        with torch_threads(1):
            return generator.mapping(z)[0]

    def field(self, place: int | LatentField, layout: int | None = None) -> LatentField:
        """The latent field of a seed; a field is one already.

        It is laid out by the seed ``layout``, None for its own: the same kind of place, laid out anew. Raises
        UsageError.
        """
        if not isinstance(place, LatentField):
            place = LatentField.constant(self.latent(place), Layout.of(place), seed=int(place))
        return place if layout is None else place.laid_out(layout)

    def blend(
        self,
        places: Sequence[int | LatentField],
        at_deg: Sequence[float] | None = None,
        softness: float = BLEND_SOFTNESS,
        kernel: str = EVEN,
        layers: range | None = None,
    ) -> LatentField:
        """Places around the circle, each giving way to the next: at azimuths in degrees, evenly if None, the first one
        ahead, or from left to right where the model knows no circle. With ``layers`` they differ in these only. Kernel
        ``even`` is measured here, at truncation 1. Raises UsageError."""
        at = self.model.chart.azimuths_deg(len(places)) if at_deg is None else tuple(float(place) for place in at_deg)
        if len(at) != len(places):
            raise UsageError(f"{len(places)} latents need as many azimuths, got {len(at)}")
        field = blended([self.field(place) for place in places], Around(at, softness, kernel), layers)
        if kernel != EVEN:
            return field
        with torch_threads(1):
            return perceptual_blend(self.model.generator, self.model.chart, field)

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
        return dataclasses.replace(field, anchors=anchors, made_of={**field.made_of, "edit": change})

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
        """The place half-way between several: the mean of their latents, layer by layer, and of their layouts.
        Raises UsageError."""
        fields = [self.field(place) for place in places]
        for field in fields:
            if len(field.anchors) > 1:
                raise UsageError(
                    f"only latents that are the same everywhere have a mean, got one of {len(field.anchors)} anchors"
                )
        mean = torch.stack([field.anchors[0] for field in fields]).mean(0)
        layout = Layout.mean([field.layouts[0] for field in fields], [1.0] * len(fields))
        return LatentField.constant(mean, layout, average=[field.described() for field in fields])

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
    def renderer(
        self, field: LatentField, grid: Grid, view: View, progress: Progress = lambda samples: None
    ) -> Renderer:
        """What computes the colours of a grid, of a view or made from one's; see ``Renderer``."""
        generator = self.model.generator
        chart, tolerance = self.model.chart, view.tolerance
        with torch_threads(1):
            field = field.truncated(generator.w_avg, view.truncation)
            plan = plan_of(generator, field, grid, noise=view.noise, any_order=tolerance is not None)
        if tolerance is None:
            return Renderer(plan, chart, grid, progress=progress, outside=view.outside)
        if not chart.closed:
            raise UsageError(f"a tolerance is for models that know the whole circle, got {tolerance}; leave it out")
        from panogen.rendering.adaptive import AdaptiveRenderer

        return AdaptiveRenderer(plan, chart, grid, progress=progress, outside=view.outside, tolerance=float(tolerance))


def load(name: str | Path = DEFAULT_MODEL, device: str = "cpu") -> Panogen:
    """Load a shipped model by name, or a model's or a training run's folder.

    Raises UsageError where there is none, JobError where its files are not what they should be.
    """
    folder = model_folder(str(name))
    return Panogen(load_model(folder, device), Path(name).name)
