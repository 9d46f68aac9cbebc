"""panogen from Python: load a model, render arrays or files."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from PIL import Image

from panogen.base.arguments import at_home, told_value
from panogen.base.arrays import Pixels
from panogen.base.errors import UsageError, writing
from panogen.base.records import to_json
from panogen.base.runtime import check_device, plain_torch, torch_threads
from panogen.foveation import Foveation
from panogen.grids import Grid
from panogen.grids.view import OPAQUE_OUTSIDES, View
from panogen.latents import LatentField
from panogen.pictures.formats import FORMATS, check_writable, format_of
from panogen.pictures.output import Output
from panogen.places import Place, as_place
from panogen.places.files import save_field
from panogen.rendering import OUTSIDE, PixelRenderer, Progress, Renderer, plan_of, quantize
from panogen.request import Request
from panogen.weights.checkpoint import Model, load_model
from panogen.weights.shipped import DEFAULT_MODEL, model_folder

if TYPE_CHECKING:
    from panogen.foveation.samples import Samples

PLAIN = View()
AHEAD = Foveation()


def looked(view: View, look: dict[str, Any]) -> View:
    """Return a view with some of its fields replaced. Raises UsageError."""
    if not isinstance(view, View):
        raise UsageError(f"view must be a View, got {told_value(view)}; or name its fields, as in width=512")
    return replace(view, **look)


def silent(samples: int) -> None:
    """Hear of progress, and say nothing."""


@dataclass(frozen=True, eq=False)
class Foveated:
    """A picture (H, W, 3) uint8, as dense as an eye that looks at one place of it can tell, and what was computed."""

    picture: Pixels
    grid: Samples

    @property
    def samples(self) -> int:
        """Return how many points were computed."""
        return len(self.grid)

    @property
    def share(self) -> float:
        """Return the share of the picture's pixels that were computed."""
        return self.samples / len(self.grid.gaze.grid)

    @property
    def outside(self) -> float:
        """Return the share of the picture that lies beyond the model's chart."""
        gaze = self.grid.gaze
        return float((gaze.unseen(self.grid.chart) & ~gaze.blank).mean())

    @property
    def whole(self) -> bool:
        """Return whether every pixel that shows anything was computed."""
        return bool(self.samples == np.count_nonzero(~self.grid.gaze.blank))

    @property
    def mask(self) -> Pixels:
        """Samples per pixel (H, W), 255 for each one itself."""
        return np.round(self.grid.density * 255).astype(np.uint8)

    def _repr_png_(self) -> bytes:
        # The picture, for notebooks.
        file = io.BytesIO()
        Image.fromarray(self.picture).save(file, "PNG")
        return file.getvalue()


class Panogen:
    """A loaded model that renders. ``name`` is what pictures say they were made with.

    What is shown is a place, or the number of a seed. How it is shown is a ``View``, whose fields may be named, too:
    ``render(4, width=2048)``.
    """

    def __init__(self, model: Model, name: str):
        self.model, self.name = model, name

    def __repr__(self) -> str:
        return f"<Panogen {self.name!r}: {self.model.chart}>"

    @plain_torch()
    def render(
        self,
        place: Place | int = 0,
        view: View = PLAIN,
        progress: Progress = silent,
        *,
        grid: Grid | None = None,
        **look: Any,
    ) -> Pixels:
        """Return the picture (height, width, 3) uint8 of a place, with opacity (height, width, 4) where it is
        transparent. With a ``grid`` of one's own the view says how colours are made, not where they lie. Raises
        UsageError."""
        if not isinstance(grid, Grid | None):
            raise UsageError(f"grid must be a Grid, got {told_value(grid)}; a file of directions is points=")
        picture: Pixels = self.pixel_renderer(self.field(place), looked(view, look), progress, grid=grid).picture()
        return picture

    @plain_torch()
    def foveate(
        self,
        place: Place | int = 0,
        foveation: Foveation = AHEAD,
        view: View = PLAIN,
        progress: Progress = silent,
        **look: Any,
    ) -> Foveated:
        """Return the picture of a place for an eye that looks at one place of it. Raises UsageError."""
        view = looked(view, look)
        grid = self.samples(foveation, view)
        blocks = self.renderer(self.field(place), grid, view, progress).blocks()
        return Foveated(quantize(grid.reconstruct(np.concatenate(list(blocks)), OUTSIDE)), grid)

    @plain_torch()
    def samples(self, foveation: Foveation, view: View) -> Samples:
        """Return what is computed of a foveated picture. Raises UsageError."""
        if not isinstance(foveation, Foveation):
            raise UsageError(f"foveation must be a Foveation, got {told_value(foveation)}; or name view=")
        for name in ("supersample", "tolerance"):
            if getattr(view, name) != getattr(PLAIN, name):
                raise UsageError(f"{name} has no meaning for a foveated picture, got {getattr(view, name)!r}")
        if view.outside not in OPAQUE_OUTSIDES:
            raise UsageError(
                f"outside of a foveated picture must be one of {', '.join(OPAQUE_OUTSIDES)}, got {view.outside!r}"
            )
        return foveation.samples(view.grid(self.model.chart), self.model.chart, view.outside)

    def save(
        self,
        path: str | Path,
        place: Place | int = 0,
        view: View = PLAIN,
        progress: Progress = silent,
        *,
        resume: bool = False,
        **look: Any,
    ) -> float:
        """Render into a file, in the format of its suffix (``FORMATS``), that appears when it is whole.

        With ``resume`` it goes on with what an interruption has left. Returns the share of the picture that lies beyond
        the model's chart. Raises UsageError for what makes no sense, JobError for a disk that does not take it.
        """
        return self.output(path, place, looked(view, look), progress).write(resume=resume)

    @plain_torch()
    def output(self, path: str | Path, place: Place | int, view: View = PLAIN, progress: Progress = silent) -> Output:
        """Return the file that ``save`` is to write, checked. Raises UsageError."""
        path, grid, field = Path(at_home(path)), view.grid(self.model.chart), self.field(place)
        light = format_of(path).dtype == "float32"
        request = Request(self.name, self.model.fingerprint, as_place(place), view.settled(grid))
        return Output(
            path,
            grid,
            view.channels,
            request.to_json(),
            lambda: self.pixel_renderer(field, view, progress, light=light, grid=grid),
        )

    def request(self, place: Place | int, view: View = PLAIN, foveation: Foveation | None = None) -> Request:
        """Return all that the pixels of a picture follow from. Raises UsageError."""
        settled = view.settled(view.grid(self.model.chart))
        return Request(self.name, self.model.fingerprint, as_place(place), settled, foveation)

    def recall(self, request: Request) -> Request:
        """Return a request, if it is one of this model. Raises UsageError."""
        if request.fingerprint != self.model.fingerprint:
            way_out = "name that one with --model"
            if request.model == self.name:
                way_out = "that was an earlier one of this name, whose folder --model takes, too"
            raise UsageError(
                f"the picture was made by a model {request.model!r} with other weights than {self.name!r}; {way_out}"
            )
        return request

    @plain_torch()
    def field(self, place: Place | int) -> LatentField:
        """Return the latent field of a place. Raises UsageError where it is none of this model's, JobError."""
        return as_place(place).field(self.model)

    @plain_torch()
    def save_latent(self, place: Place | int, path: str | Path) -> None:
        """Write the latent field of a place, for use in place of a seed. Raises UsageError, JobError."""
        path, place = Path(at_home(path)), as_place(place)
        if path.suffix.lower() in FORMATS:
            raise UsageError(f"a latent is no picture, got {str(path)!r}; name a file that ends in .safetensors")
        check_writable(path)
        with writing(path):
            save_field(self.field(place), path, self.model.fingerprint, self.name, to_json(place))

    @plain_torch()
    def pixel_renderer(
        self,
        field: LatentField,
        view: View,
        progress: Progress = silent,
        *,
        light: bool = False,
        grid: Grid | None = None,
    ) -> PixelRenderer:
        """Return what makes the pixels of a picture, in 8 bits or as ``light``, on the view's ``grid`` where that has
        been laid out. Raises UsageError."""
        grid = view.grid(self.model.chart) if grid is None else grid
        fine = grid if view.supersample == 1 else grid.finer(view.supersample)
        return PixelRenderer(self.renderer(field, fine, view, progress), view.supersample, light)

    @plain_torch()
    @torch.inference_mode()
    def renderer(self, field: LatentField, grid: Grid, view: View, progress: Progress = silent) -> Renderer:
        """Return what computes the colours of a grid, of a view or made from one's; see ``Renderer``."""
        generator = self.model.generator
        chart, tolerance = self.model.chart, view.tolerance
        with torch_threads(1):
            field = field.truncated(generator.w_avg, view.truncation)
            plan = plan_of(generator, field, grid, noise=view.noise, any_order=tolerance is not None)
        if tolerance is None:
            return Renderer(plan, chart, grid, progress=progress, outside=view.outside)
        if not chart.closed:
            raise UsageError(f"a tolerance is for models that know the whole circle, got {tolerance:g}; leave it out")
        from panogen.rendering.adaptive.renderer import AdaptiveRenderer

        return AdaptiveRenderer(plan, chart, grid, progress=progress, outside=view.outside, tolerance=float(tolerance))


@plain_torch()
def load(name: str | Path = DEFAULT_MODEL, device: str = "cpu") -> Panogen:
    """Load a shipped model by name, or a model's or a training run's folder.

    Raises UsageError where there is none, or no such ``device``, JobError where its files are not what they should be.
    """
    device, name = check_device(device), at_home(name)
    return Panogen(load_model(model_folder(name), device), Path(name).absolute().name)  # "." has none of its own
