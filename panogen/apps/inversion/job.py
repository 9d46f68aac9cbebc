"""An inversion and its folder.

DIR/latent.safetensors   what the last stage found, for use in place of a seed
    w.safetensors        what the stages before it found, in the same form
    wplus.safetensors
    inversion.json       the request, and of each stage its PSNR where the photo counts, its steps and seconds
    comparison.png       the photo, and what each stage shows in its place
    state.safetensors    while the search is on its way: all that --resume needs
"""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.api import Panogen
from panogen.apps.inversion.search import Search, SearchConfig, Step
from panogen.apps.inversion.state import SearchState
from panogen.apps.inversion.target import Target
from panogen.base.errors import JobError, UsageError
from panogen.base.files import write_text
from panogen.base.runtime import torch_threads
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
        """What decides on the result, as JSON."""
        model = {"model": self.panogen.name, "fingerprint": self.panogen.model.fingerprint}
        return {**self.target.about, **dataclasses.asdict(self.config), **model}

    def into(self, folder: Path, *, resume: bool = False, report: Report = lambda step: None) -> dict[str, Any]:
        """Search, and leave the results in a folder that is new, or with ``resume`` holds the same request on its way.

        ``report`` hears of every step. Returns what ``inversion.json`` says. The same request gives the same latents,
        bit for bit on one machine, resumed or not. Raises UsageError for a folder that does not suit, JobError for a
        disk that does not take the results.
        """
        state = self.resumed(folder) if resume else self.begun(folder)
        try:
            if not (folder / RESULT).exists():
                search = Search(self.panogen.model, self.target, self.config)
                with torch_threads(1):  # sums depend on how many share them
                    for count, step in enumerate(search.run(state), 1):
                        report(step)
                        if count % SAVE_EVERY == 0:
                            state.save(folder / STATE, self.request)
                state.save(folder / STATE, self.request)
                self.write(folder, search, state)
            (folder / STATE).unlink(missing_ok=True)
        except OSError as error:
            raise JobError(f"{folder}: cannot be written: {error.strerror or error}") from None
        return read_json(folder / RESULT)

    def begun(self, folder: Path) -> SearchState:
        """A fresh state in a new folder. Raises UsageError, JobError."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            way_out = "add --resume to go on with the inversion in it" if folder.is_dir() else "name another"
            raise UsageError(f"folder must be new or empty, got {folder}; {way_out}")
        state = SearchState()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            state.save(folder / STATE, self.request)
        except OSError as error:
            raise JobError(f"{folder}: cannot be written: {error.strerror or error}") from None
        return state

    def resumed(self, folder: Path) -> SearchState:
        """The state that a folder holds. Raises UsageError where it is none, or another request's; JobError."""
        device = str(self.panogen.model.generator.w_avg.device)
        if (folder / RESULT).exists():
            state, request = SearchState(), read_json(folder / RESULT).get("request", {})
        elif (folder / STATE).exists():
            state, request = SearchState.load(folder / STATE, device)
        else:
            raise UsageError(f"there is no inversion in {folder} to go on with; leave --resume out")
        request = {"layout": SearchConfig.layout, **request}  # that of 0.5.0, which did not say so
        for name, value in self.request.items():
            if request.get(name) != value:
                raise UsageError(
                    f"{folder} was begun with {name} {request.get(name)}, got {value}; repeat its request, or name "
                    "another folder"
                )
        for part in folder.glob(".*.part"):  # a crash has left them
            part.unlink()
        return state

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

    def comparison(self, places: list[Saved]) -> NDArray[np.uint8]:
        """Return the photo, and what each place shows where it was taken, side by side."""
        grid = self.target.grid
        rows, columns = (max(1, round(side * COMPARISON_SIDE / max(grid.shape))) for side in grid.shape)
        view = View(columns, rows, grid.name, fov_deg=grid.fov_deg, **dataclasses.asdict(grid.camera))
        shown = [self.panogen.render(place, view) for place in places]
        photo: Any = cv2.resize(self.target.photo, (columns, rows), interpolation=cv2.INTER_AREA)
        return contact_sheet([photo, *shown], len(shown) + 1)
