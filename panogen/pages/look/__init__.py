"""The page to look around in, wherever its pictures come from: who shows it adds a ``source.js``, which makes them."""

from pathlib import Path

FOLDER = Path(__file__).parent
START = "page.html"
SCRIPTS = ("page", "controls", "gestures", "link", "orientation", "picture", "saving", "view", "walk")
NAMES = (START, "page.css", *(f"{name}.js" for name in SCRIPTS))


def page_files() -> dict[str, Path]:
    """Return the page's files by the names under which they ask for each other, ``START`` the one to be opened."""
    return {name: FOLDER / name for name in NAMES}
