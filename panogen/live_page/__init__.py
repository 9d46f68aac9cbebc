"""The page to look around in, wherever its pictures come from: who shows it adds a ``source.js``, which makes them."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from panogen.base.version import __version__
from panogen.places import Place, Seed

if TYPE_CHECKING:
    from panogen.api import Panogen

FOLDER = Path(__file__).parent
START = "page.html"
SCRIPTS = ("page", "controls", "gestures", "link", "orientation", "picture", "saving", "view", "walk")
NAMES = (START, "page.css", *(f"{name}.js" for name in SCRIPTS))


def page_files() -> dict[str, Path]:
    """Return the page's files by the names under which they ask for each other, ``START`` the one to be opened."""
    return {name: FOLDER / name for name in NAMES}


def hello(panogen: "Panogen", place: Place, title: str) -> dict[str, Any]:
    """Return what a source tells its page first: of the model, of the place that it opens with, and its title."""
    chart, seed = panogen.model.chart, place if isinstance(place, Seed) else None
    return {
        "title": title,
        "credit": f"made with panogen {__version__}, model {panogen.name}",
        "model": panogen.name,
        "seed": seed and seed.seed,
        "layout": seed and seed.layout,
        "place": None if seed else place.kind,
        "has_layouts": panogen.model.generator.knows_layouts,
        "closed": chart.closed,
        "vertical_fov_deg": chart.vertical_fov_deg,
    }
