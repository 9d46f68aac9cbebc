"""An inversion and its folder.

DIR/latent.safetensors   what the last stage found, for use in place of a seed
    w.safetensors        what the stages before it found, in the same form
    wplus.safetensors
    request.json         what was asked for
    inversion.json       the same, and of each stage its PSNR where the photo counts, its steps and seconds
    comparison.png       the photo, and what each stage shows in its place
    state.safetensors    until the last stage of all is done: all that --resume needs
"""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2

from panogen.api import Panogen
from panogen.apps.inversion import STAGES, SearchConfig
from panogen.apps.inversion.search import Search, Step
from panogen.apps.inversion.state import SearchState
from panogen.apps.inversion.target import Target
from panogen.base.arguments import at_home
from panogen.base.arrays import Pixels
from panogen.base.files import write_text
from panogen.base.folder import WorkFolder
from panogen.base.runtime import plain_torch, torch_threads
from panogen.base.sheet import contact_sheet
from panogen.base.tensors import read_json
from panogen.base.version import __version__
from panogen.grids.view import View
from panogen.pictures.formats import save_picture
from panogen.places import Saved
from panogen.places.files import save_field

FILES = {"w": "w.safetensors", "w+": "wplus.safetensors"}  # of stages that others follow
LATENT, RESULT, STATE, COMPARISON = "latent.safetensors", "inversion.json", "state.safetensors", "comparison.png"
SAVE_EVERY = 25  # steps
COMPARISON_SIDE = 384  # pixels of the longer side of each picture

Report = Callable[[Step], None]


@dataclasses.dataclass(frozen=True)
class Inversion:
    """A request: the model, the photo and how long to search."""

    panogen: Panogen
    target: Target
    config: SearchConfig = dataclasses.field(default_factory=SearchConfig)

    @property
    def request(self) -> dict[str, Any]:
        """Return all that decides on the result, as JSON."""
        model = {"model": self.panogen.name, "fingerprint": self.panogen.model.fingerprint}
        return {**self.target.about, **dataclasses.asdict(self.config), **model}

    @plain_torch()
    def into(self, folder: str | Path, *, resume: bool = False, report: Report = lambda step: None) -> dict[str, Any]:
        """Search, and leave the results in a folder that is new or, with ``resume``, one of the same request, or of the
        same one until an earlier stage.

        ``report`` hears of every step. Returns what ``inversion.json`` says. The same request gives the same latents,
        bit for bit on one machine, resumed or not. Raises UsageError for a folder that does not suit, JobError for a
        disk that does not take the results.
        """
        folder = Path(at_home(folder))
        with WorkFolder(folder, "inversion", self.request, grown=self.grown).opened(resume=resume):
            if not self.finished(folder):
                self.search(folder, report)
            if self.config.until == STAGES[-1]:
                (folder / STATE).unlink(missing_ok=True)
        return read_json(folder / RESULT)

    def grown(self, before: dict[str, Any]) -> dict[str, Any]:
        """Return an earlier request until this one's last stage, if it is to end there or before."""
        until = self.config.until
        return {**before, "until": until} if before.get("until") in self.config.stages else before

    def finished(self, folder: Path) -> bool:
        """Return whether a folder has what the last stage found. Raises JobError."""
        return (folder / RESULT).exists() and self.config.until in read_json(folder / RESULT).get("stages", {})

    def search(self, folder: Path, report: Report) -> None:
        """Search, from where the folder's state stands if it has one, and write what was found. Raises OSError."""
        device = str(self.panogen.model.generator.w_avg.device)
        state = SearchState.load(folder / STATE, device) if (folder / STATE).exists() else SearchState()
        search = Search(self.panogen.model, self.target, self.config)
        with torch_threads(1):  # sums depend on how many share them
            for count, step in enumerate(search.run(state), 1):
                report(step)
                if count % SAVE_EVERY == 0:
                    state.save(folder / STATE)
        state.save(folder / STATE)
        self.write(folder, search, state)

    def write(self, folder: Path, search: Search, state: SearchState) -> None:
        """Write what was found; ``inversion.json`` last, which says that all is there. Raises OSError."""
        places = []
        for stage in state.found:
            path = folder / (LATENT if stage == self.config.until else FILES[stage])
            made_of = {"inverted": str(self.target.about["photo"]), "stage": stage}
            model = self.panogen.model.fingerprint, self.panogen.name
            save_field(search.field(state, stage), path, *model, made_of)
            places.append(Saved.of(path))
        save_picture(folder / COMPARISON, self.comparison(places))
        result = {"panogen": __version__, "request": self.request, "stages": state.records}
        write_text(folder / RESULT, json.dumps(result, indent=2) + "\n")

    def comparison(self, places: list[Saved]) -> Pixels:
        """Return the photo, and what each place shows where it was taken, side by side."""
        grid = self.target.grid
        rows, columns = (max(1, round(side * COMPARISON_SIDE / max(grid.shape))) for side in grid.shape)
        view = View(columns, rows, grid.name, fov_deg=grid.fov_deg, **dataclasses.asdict(grid.camera))
        shown = [self.panogen.render(place, view) for place in places]
        photo: Any = cv2.resize(self.target.photo, (columns, rows), interpolation=cv2.INTER_AREA)
        return contact_sheet([photo, *shown], len(shown) + 1)
