"""What an evaluation has found, of a model or of pictures in a folder, and the report that tells it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from panogen.base.arrays import Pixels
from panogen.base.files import write_text
from panogen.evaluation.figure import Figure
from panogen.evaluation.measures import legend_of
from panogen.evaluation.page import render_page
from panogen.evaluation.stages import written

FIGURES, SPEED, PAGE = "figures.json", "speed.json", "index.html"


@dataclass(frozen=True)
class Result:
    """All that is found for a ``request``.

    Each of ``pictures`` and ``real_pictures`` is what ``judged`` says of one. ``rankings`` name some pictures by kind
    and index, which ``show`` gives. ``skipped`` has the reason for each file that was not judged, and ``machine`` what
    holds for this machine alone. ``title`` and ``about`` stand at the top of the page, with a ``note`` on what the
    figures suffer from.
    """

    title: str
    about: str
    request: dict[str, Any]
    figures: list[Figure]
    pictures: list[dict[str, Any]]
    real_pictures: list[dict[str, Any]]
    rankings: list[dict[str, Any]]
    show: dict[str, Callable[[int], Pixels]]
    note: str | None = None
    curves: dict[str, Any] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    machine: dict[str, Any] = field(default_factory=dict)

    def written(self) -> dict[str, Any]:
        """Return it as the JSON of ``figures.json``."""
        legends = ((figure, legend_of(figure.name)) for figure in self.figures)
        return {
            "request": self.request,
            "note": self.note,
            "figures": [{**one.written(), "unit": legend.unit, "better": legend.better} for one, legend in legends],
            "curves": self.curves,
            "pictures": self.pictures,
            "real_pictures": self.real_pictures,
            "samples": self.rankings,
            "skipped": self.skipped,
        }

    def leave(self, folder: Path) -> None:
        """Write the report into a folder. Raises OSError."""
        write_text(folder / FIGURES, written(self.written()))
        if self.machine:
            write_text(folder / SPEED, written(self.machine))
        write_text(folder / PAGE, render_page(self))
