"""A folder from which the reader's own graphics processor computes the picture: the page, the model, its shaders, and a
panorama as tiles for where that cannot be."""

import shutil
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from panogen.apps.export.base import Tiling, json_text
from panogen.apps.export.multires import Multires
from panogen.apps.export.page import title
from panogen.apps.export.tiles import Painter
from panogen.base.errors import UsageError
from panogen.base.files import sha256, write_text
from panogen.base.records import to_json
from panogen.live_page import START, hello, page_files
from panogen.places import Place, Saved, Seed, as_place

if TYPE_CHECKING:
    from panogen.api import Panogen

GPU = Path(__file__).parent / "gpu"
STILL, MODEL = "still", "model"
WIDEST = 512  # channels of a layer: the activations of eight points fit the memory of a workgroup
SCRIPT = '<script type="module" src="page.js"></script>'
WITH_STILL = f'<script src="gpu/still.js" defer></script>\n{SCRIPT}'
KNOWN = {"fourier", "embedding", "octaves", "planes", "skyline"}  # encodings that the shaders have
SOURCE = 'export { Source } from "./gpu/source.js";\n'


@dataclass(frozen=True)
class Live(Tiling):
    """The network for WebGPU, and for browsers without it a still panorama, which is a ``Multires`` of its own."""

    name = "live"
    opens = True

    @cached_property
    def still(self) -> Multires:
        """Return the panorama for where nothing can be computed."""
        return Multires(replace(self.export, tiling=Multires.name, viewer=True), self.chart)

    @override
    def check(self, panogen: "Panogen", place: Place) -> None:
        if not isinstance(place, Seed):
            shown = "the latent of a file" if isinstance(place, Saved) else f"a place of kind {place.kind}"
            raise UsageError(f"a live page opens with a seed, got {shown}; name one with --seed")
        shape = panogen.model.generator.config
        widest = max(*shape.widths, sum(panogen.model.generator.widths_of_encodings))
        unknown = {encoding.kind for encoding in shape.encodings} - KNOWN
        for wrong, what in (
            (shape.head != "skip", f"networks with head skip, got {shape.head}"),
            (shape.noise, "networks without noise of their own, got one with it"),
            (unknown, f"encodings {', '.join(sorted(KNOWN))}, got {', '.join(sorted(unknown))}"),
            (widest > WIDEST, f"layers of at most {WIDEST} channels, in and out, got {widest}"),
        ):
            if wrong:
                raise UsageError(f"the shaders of a live page are for {what}; panogen view shows all models")

    @property
    @override
    def pixels(self) -> int:
        return self.still.pixels

    @override
    def described(self) -> dict[str, Any]:
        return {"still": self.still.described()}

    @override
    def write(self, folder: Path, painter: Painter) -> None:
        from panogen.weights.checkpoint import WEIGHTS, write_model

        panogen, place = painter.panogen, as_place(painter.place)
        self.still.write(folder / STILL, painter)
        (folder / MODEL).mkdir()
        write_model(panogen.model, folder / MODEL)
        about = {
            "sha256": sha256(folder / MODEL / WEIGHTS),
            "hello": hello(panogen, place, title(to_json(place)))
            | {"truncation": self.export.truncation, "look": self.export.opening},
        }
        write_text(folder / "live.json", json_text(about))

    @override
    def add_pages(self, folder: Path, made: dict[str, Any]) -> None:
        self.still.add_pages(folder / STILL, made)
        for name, own in page_files().items():
            shutil.copyfile(own, folder / name)
        shutil.copytree(GPU, folder / "gpu")
        write_text(folder / "source.js", SOURCE)
        page = (folder / START).read_text(encoding="utf-8")
        (folder / START).unlink()
        write_text(folder / "index.html", page.replace(SCRIPT, WITH_STILL))
