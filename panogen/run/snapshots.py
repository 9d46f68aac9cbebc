"""The pictures that a run leaves as its model learns: panoramas of the same seeds, and walks between two of them."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from panogen.api import Panogen
from panogen.base.arrays import Doubles
from panogen.base.sheet import contact_sheet
from panogen.grids.view import View
from panogen.pictures.formats import save_picture
from panogen.places import Between, Seed
from panogen.training import TrainState
from panogen.weights.checkpoint import Model

SAMPLES, WALK = "", "-walk"  # the kinds: how their files' names end
SEEDS = tuple(range(8))
WALK_STEPS = 6  # from the first of them to the second
WIDEST = 768


@dataclass(frozen=True)
class Snapshots:
    """A folder of snapshots, one of each kind after so many images."""

    folder: Path

    def path(self, n_images: int, kind: str = SAMPLES) -> Path:
        """Return where the snapshot of a kind after so many images lies."""
        return self.folder / f"{n_images:09d}{kind}.png"

    def save(self, state: TrainState) -> None:
        """Draw the averaged generator, twice as dense as the finest views."""
        self.folder.mkdir(exist_ok=True)
        chart = state.config.chart
        shown = Panogen(Model(state.g_ema, chart), self.folder.parent.name)
        width = min(chart.natural_width(2 * state.config.stages[state.stage].resolution), WIDEST)
        places = [Seed(seed) for seed in SEEDS]
        first, second, *_ = places
        walk = [Between(first, second, k / (WALK_STEPS - 1)) for k in range(WALK_STEPS)]
        for kind, path, columns in ((SAMPLES, places, 2), (WALK, walk, 1)):
            sheet = contact_sheet([shown.render(place, View(width)) for place in path], columns)
            save_picture(self.path(state.n_images, kind), sheet)

    def chosen(self, kind: str, at_most: int) -> list[tuple[int, Path]]:
        """Up to so many snapshots of a kind and the images seen at each, the first and the last included.

        They are as evenly spread over the images as there are files.
        """
        found = self._found(kind)
        return [(found[k], self.path(found[k], kind)) for k in evenly(np.array(found, np.float64), at_most)]

    def drop_beyond(self, n_images: int) -> None:
        """Drop those after more than so many images."""
        for kind in (SAMPLES, WALK):
            for beyond in self._found(kind):
                if beyond > n_images:
                    self.path(beyond, kind).unlink()

    def _found(self, kind: str) -> list[int]:
        # The images seen at each of a kind, in order.
        named = re.compile(rf"([0-9]{{9,}}){kind}\.png")
        matches = [named.fullmatch(path.name) for path in self.folder.glob("*.png")]
        return sorted(int(match[1]) for match in matches if match)


def evenly(positions: Doubles, at_most: int) -> list[int]:
    """Indices of at most so many sorted ``positions`` (n,), spread as evenly as they allow; first and last included."""
    if len(positions) <= at_most:
        return list(range(len(positions)))
    wanted = np.linspace(positions[0], positions[-1], at_most)
    return sorted({int(np.abs(positions - place).argmin()) for place in wanted})
