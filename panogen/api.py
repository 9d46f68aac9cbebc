"""panogen from Python: load a model, render arrays or files."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.checkpoint import Model, load_model
from panogen.errors import JobError, UsageError
from panogen.grids import GRIDS, Camera, Grid
from panogen.latents import truncate, z_from_seed
from panogen.rendering import Plan, Renderer, quantize
from panogen.shipped import DEFAULT_MODEL, model_folder
from panogen.sinks import check_writable, sink_for
from panogen.version import __version__

STRONGEST_TRUNCATION = 2.0  # farther out than any latent that the network was trained on

Progress = Callable[[int], None]  # hears of the number of pixels just done


@dataclass(frozen=True)
class View:
    """What to show of a place: the projection, its size in pixels and where it looks. Raises UsageError.

    ``height`` and ``fov_deg`` None mean those natural to the projection.
    """

    width: int = 1024
    height: int | None = None
    projection: str = "cylindrical"
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    fov_deg: float | None = None
    truncation: float = 1.0

    def __post_init__(self) -> None:
        if self.projection not in GRIDS:
            raise UsageError(f"projection must be one of {', '.join(GRIDS)}, got {self.projection!r}")
        for name in ("width", "height"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, np.integer))):
                raise UsageError(f"{name} must be a whole number of pixels, got {value!r}")
        for name in ("yaw_deg", "pitch_deg", "roll_deg", "fov_deg", "truncation"):
            value = getattr(self, name)
            if not (value is None and name == "fov_deg") and not isinstance(value, (int, float, np.number)):
                raise UsageError(f"{name} must be a number, got {value!r}")
        if not abs(self.truncation) <= STRONGEST_TRUNCATION:
            limit = STRONGEST_TRUNCATION
            raise UsageError(f"truncation must be in [-{limit:g}, {limit:g}], got {self.truncation}")

    def grid(self, model: Model) -> Grid:
        """The grid that shows it on a model's chart. Raises UsageError."""
        camera = Camera(self.yaw_deg, self.pitch_deg, self.roll_deg)
        return GRIDS[self.projection].lay_out(model.chart, camera, self.width, self.height, self.fov_deg)


class Panogen:
    """A loaded model that renders. ``name`` is what pictures say they were made with."""

    def __init__(self, model: Model, name: str):
        self.model, self.name = model, name

    def render(self, seed: int = 0, progress: Progress = lambda pixels: None, **view: Any) -> NDArray[np.uint8]:
        """The picture (height, width, 3) uint8 of a seed; ``view`` are the fields of ``View``. Raises UsageError."""
        view_of = View(**view)
        return self.picture(self.latent(seed, view_of.truncation), view_of, progress)

    def picture(self, ws: Tensor, view: View, progress: Progress = lambda pixels: None) -> NDArray[np.uint8]:
        """The picture (height, width, 3) uint8 of one latent for each layer, ws (num_ws, w_dim)."""
        renderer = self._renderer(ws, view)
        picture = np.empty((len(renderer.grid), 3), np.uint8)
        filled = 0
        for pixels in _pixels(renderer, progress):
            picture[filled : filled + len(pixels)] = pixels
            filled += len(pixels)
        return picture.reshape(*renderer.grid.shape, 3)

    def save(self, path: str | Path, seed: int = 0, progress: Progress = lambda pixels: None, **view: Any) -> float:
        """Render into a file, PNG or JPEG by its suffix, that appears when it is whole.

        Returns the share of the picture that lies beyond the model's chart and is black. Raises UsageError for what
        makes no sense, JobError for a disk that does not take it.
        """
        path = Path(path)
        check_writable(path)
        view_of = View(**view)
        renderer = self._renderer(self.latent(seed, view_of.truncation), view_of)
        made = {"panogen": __version__, "model": self.name, "seed": seed, **dataclasses.asdict(view_of)}
        sink = sink_for(path)(path, renderer.grid.shape, {"gpano": renderer.grid.metadata, "panogen": made})
        try:
            with sink:
                for pixels in _pixels(renderer, progress):
                    sink.write(pixels)
        except OSError as error:
            raise JobError(f"{path}: cannot be written: {error.strerror or error}") from None
        return renderer.outside / len(renderer.grid)

    @torch.inference_mode()
    def latent(self, seed: int, truncation: float = 1.0) -> Tensor:
        """The latents ws (num_ws, w_dim) of a seed."""
        generator = self.model.generator
        z = torch.from_numpy(z_from_seed(seed, generator.config.z_dim)).to(generator.w_avg.device)
        return truncate(generator.mapping(z)[0], generator.w_avg, truncation)

    @torch.inference_mode()
    def _renderer(self, ws: Tensor, view: View) -> Renderer:
        return Renderer(Plan(self.model.generator, ws), self.model.chart, view.grid(self.model))


def _pixels(renderer: Renderer, progress: Progress) -> Iterator[NDArray[np.uint8]]:
    for block in renderer.blocks():
        yield quantize(block)
        progress(len(block))


def load(name: str | Path = DEFAULT_MODEL, device: str = "cpu") -> Panogen:
    """Load a shipped model by name, or a model's or a training run's folder.

    Raises UsageError where there is none, JobError where its files are not what they should be.
    """
    folder = model_folder(str(name))
    return Panogen(load_model(folder, device), Path(name).name)
