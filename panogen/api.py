"""panogen from Python: load a model, render arrays or files."""

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from panogen.checkpoint import Model, load_model
from panogen.errors import JobError, UsageError
from panogen.grids import GRIDS, Camera, Grid
from panogen.latents import truncate, z_from_seed
from panogen.rendering import Plan, Renderer, quantize
from panogen.runtime import keep_large_buffers
from panogen.shipped import DEFAULT_MODEL, model_folder
from panogen.sinks import sink_for

Progress = Callable[[int], None]  # hears of the number of pixels just done


@dataclass(frozen=True)
class View:
    """What to show of a place: the projection, its size in pixels and where it looks. Raises UsageError.

    ``height`` and ``fov_deg`` None mean those natural to the projection; ``projection`` None is the model's own chart.
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
        if not np.isfinite(self.truncation):
            raise UsageError(f"truncation must be a finite number, got {self.truncation}")
        for name in ("width", "height"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
                raise UsageError(f"{name} must be a whole number of pixels, got {value!r}")

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
        renderer = self._renderer(seed, View(**view))
        return np.concatenate(list(_pixels(renderer, progress))).reshape(*renderer.grid.shape, 3)

    def save(self, path: str | Path, seed: int = 0, progress: Progress = lambda pixels: None, **view: Any) -> float:
        """Render into a file, PNG or JPEG by its suffix, that appears when it is whole.

        Returns the share of the picture that lies beyond the model's chart and is black. Raises UsageError for what
        makes no sense, JobError for a disk that does not take it.
        """
        path = Path(path)
        check_writable(path)
        renderer = self._renderer(seed, View(**view))
        made = {"model": self.name, "seed": seed, **dataclasses.asdict(View(**view))}
        sink = sink_for(path)(path, renderer.grid.shape, {"gpano": renderer.grid.metadata, "panogen": made})
        try:
            with sink:
                for pixels in _pixels(renderer, progress):
                    sink.write(pixels)
        except OSError as error:
            raise JobError(f"{path}: cannot be written: {error.strerror or error}") from None
        return renderer.outside / len(renderer.grid)

    def _renderer(self, seed: int, view: View) -> Renderer:
        grid = view.grid(self.model)
        generator = self.model.generator
        with torch.inference_mode():
            z = torch.from_numpy(z_from_seed(seed, generator.config.z_dim)).to(generator.w_avg.device)
            ws = truncate(generator.mapping(z)[0], generator.w_avg, view.truncation)
            return Renderer(Plan(generator, ws), self.model.chart, grid)


def _pixels(renderer: Renderer, progress: Progress) -> Iterator[NDArray[np.uint8]]:
    keep_large_buffers()
    for block in renderer.blocks():
        yield quantize(block)
        progress(len(block))


def load(name: str | Path = DEFAULT_MODEL, device: str = "cpu") -> Panogen:
    """Load a shipped model by name, or a model's or a training run's folder.

    Raises UsageError where there is none, JobError where its files are not what they should be.
    """
    folder = model_folder(str(name))
    return Panogen(load_model(folder, device), str(name))


def check_writable(path: Path) -> None:
    """Raise UsageError unless a file can be put there; better now than after the work."""
    folder = path.parent
    if not folder.is_dir():
        raise UsageError(f"output folder {str(folder)!r} does not exist; create it first")
    if path.is_dir():
        raise UsageError(f"output {str(path)!r} is a folder; give a file name in it")
    probe = folder / f".{path.name}.probe"
    try:
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise UsageError(f"output folder {str(folder)!r} cannot be written: {error.strerror or error}") from None
