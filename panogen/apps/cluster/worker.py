"""What a worker is given of a picture, and what it does with it.

The scheduler imports this file too, so what needs torch is imported where it is used.
"""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING

from distributed import Worker, WorkerPlugin, get_worker

from panogen.base.arrays import Colours, Floats
from panogen.grids import Window
from panogen.grids.view import View
from panogen.latents.layout import Layout
from panogen.latents.weights import Weights

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.latents import LatentField
    from panogen.rendering import PixelRenderer, Renderer


@dataclass(frozen=True, eq=False)
class Made:
    """A window's pixels (rows, columns, channels), how many of its samples the chart does not show, and who made it:
    a worker's address, the version of its torch, and whether it computes the same bits as the machine that asked."""

    pixels: Colours
    unseen: int
    worker: str
    torch: str
    same_bits: bool


@dataclass(eq=False)
class Picture(WorkerPlugin):
    """All that the pixels of a picture follow from, as plain data: a model's ``files`` by their names, the ``anchors``
    (K, num_ws, w_dim) float32, ``weights`` and ``layouts`` of its field, the view, whether light is asked for, torch's
    kind of ``device``, and the hash of a ``sample`` of its colours.

    Every worker has it before its first task, one that comes late or comes back too, and makes the pixel renderer once.
    """

    files: dict[str, bytes]
    anchors: Floats
    weights: Weights
    layouts: tuple[Layout, ...]
    view: View
    light: bool
    device: str
    sample: str

    @classmethod
    def of(cls, panogen: Panogen, field: LatentField, view: View, pixel_renderer: PixelRenderer) -> Picture:
        """Return the picture that a pixel renderer here would make."""
        from panogen.weights.checkpoint import write_model

        with TemporaryDirectory() as folder:
            write_model(dataclasses.replace(panogen.model, card=f"# {panogen.name}\n"), Path(folder))
            files = {file.name: file.read_bytes() for file in Path(folder).iterdir()}
        device = panogen.model.generator.w_avg.device.type
        sample = sample_of(pixel_renderer.renderer)
        anchors = field.anchors.cpu().numpy()
        return cls(files, anchors, field.weights, field.layouts, view, pixel_renderer.light, device, sample)

    def setup(self, worker: Worker) -> None:
        """Prepare a worker, which calls this first."""
        self.scratch_folder = worker.local_directory
        self.lock = Lock()
        self.made: PixelRenderer | None = None
        self.same_bits = True

    def pixel_renderer(self) -> PixelRenderer:
        """Return the renderer of this worker's windows, one for each thread. Raises JobError for a broken model."""
        with self.lock:
            if self.made is None:
                self.made = self._pixel_renderer()
                self.same_bits = sample_of(self.made.renderer) == self.sample
                self.files.clear()
            return self.made

    def _pixel_renderer(self) -> PixelRenderer:
        import torch

        from panogen.api import Panogen
        from panogen.latents import LatentField
        from panogen.weights.checkpoint import load_model

        with TemporaryDirectory(dir=self.scratch_folder) as folder:
            for name, data in self.files.items():
                (Path(folder) / name).write_bytes(data)
            model = load_model(Path(folder), self.device)
        field = LatentField(torch.from_numpy(self.anchors).to(self.device), self.weights, self.layouts)
        pixel_renderer = Panogen(model, "sent").pixel_renderer(field, self.view, light=self.light)
        pixel_renderer.renderer.workers = 1
        return pixel_renderer


def paint(name: str, window: Window) -> Made:
    """Return a window of the picture that this worker has under a name."""
    import torch

    # For this thread and the process: tasks beside this one would otherwise find, and leave behind, other counts.
    torch.set_num_threads(1)
    worker = get_worker()
    picture = worker.plugins[name]
    assert isinstance(picture, Picture)
    ((_, pixels, unseen),) = picture.pixel_renderer().windows([window])
    return Made(pixels, unseen, worker.address, str(torch.__version__), picture.same_bits)


def sample_of(renderer: Renderer) -> str:
    """SHA-256 of the colours of a block from the middle of the picture, before they are rounded to levels.

    Machines of other kinds multiply matrices in another order, and differ in the last bits.
    """
    quiet = dataclasses.replace(renderer, workers=1, progress=lambda samples: None)
    (rows, columns), (tall, wide) = renderer.grid.shape, renderer.plan.tile
    height, width = min(tall, rows), min(wide, columns)
    (part,) = quiet.windows([Window((rows - height) // 2, (columns - width) // 2, height, width)])
    return hashlib.sha256(part.colours.tobytes()).hexdigest()
