"""The page to look around in, wherever its pictures come from: who shows it adds a ``source.js``, which makes them."""

from pathlib import Path
from typing import Any

from panogen.base.version import __version__

FOLDER = Path(__file__).parent
START = "page.html"
SCRIPTS = ("page", "controls", "gestures", "link", "orientation", "picture", "saving", "view", "walk")
NAMES = (START, "page.css", *(f"{name}.js" for name in SCRIPTS))


def page_files() -> dict[str, Path]:
    """Return the page's files by the names under which they ask for each other, ``START`` the one to be opened."""
    return {name: FOLDER / name for name in NAMES}


def introduction(panogen: Any, place: Any, title: str) -> dict[str, Any]:
    """Return what a page is told of a ``Panogen``, and of the ``Place`` that it opens with, by a source that is called
    so."""
    chart, seeded = panogen.model.chart, place.kind == "seed"
    return {
        "title": title,
        "credit": f"made with panogen {__version__}, model {panogen.name}",
        "model": panogen.name,
        "seed": getattr(place, "seed", None),
        "layout": getattr(place, "layout", None) if seeded else None,
        "place": None if seeded else place.kind,
        "has_layouts": panogen.model.generator.knows_layouts,
        "closed": chart.closed,
        "vertical_fov_deg": chart.vertical_fov_deg,
    }
