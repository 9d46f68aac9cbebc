"""The page to look around in: a vendored viewer, what it must know, and small pictures for where there is no server."""

import base64
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panogen.apps.export.tiles import FACES, FALLBACK
from panogen.base.files import write_text

if TYPE_CHECKING:
    from panogen.apps.export.multires import Multires

HERE = Path(__file__).parent
FILES = {
    "page/index.html": "index.html",
    "page/page.css": "viewer/page.css",
    "page/page.js": "viewer/page.js",
    "pannellum/pannellum.css": "viewer/pannellum.css",
    "pannellum/pannellum.js": "viewer/pannellum.js",
    "pannellum/LICENSE": "viewer/LICENSE.txt",
}


def add_page(folder: Path, tiling: "Multires", made: dict[str, Any]) -> None:
    """Add a page that shows the tiles in a folder, ``made`` as its request says.

    What the page reads is in scripts: opened as a file, it may run those, but read nothing.
    """
    for source, target in FILES.items():
        (folder / target).parent.mkdir(exist_ok=True)
        shutil.copyfile(HERE / source, folder / target)
    write_text(folder / "viewer/scene.js", f"const scene = {json.dumps(scene(tiling, made), indent=2)};\n")
    pictures = [(folder / FALLBACK / f"{face}.jpg").read_bytes() for face in FACES]  # in the order that it takes
    addresses = [f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}" for picture in pictures]
    write_text(folder / "viewer/faces.js", f"const faces = {json.dumps(addresses, indent=2)};\n")


def scene(tiling: "Multires", made: dict[str, Any]) -> dict[str, Any]:
    """Return what the page is told of the scene."""
    width = tiling.export.width
    return {
        "title": title(made["place"]),
        "credits": f"made with panogen {made['panogen']}, model {made['model']}",
        "width": width,
        "widthAsFile": round(width * tiling.fallback / tiling.sides[-1]),
        "config": tiling.config(),
    }


def title(place: dict[str, Any]) -> str:
    """Return the title of a place: the seeds that it is made of."""
    seeds = list(dict.fromkeys(seeds_in(place)))
    if not seeds:
        return "A place all around"
    return f"Seed {seeds[0]}" if len(seeds) == 1 else f"Seeds {', '.join(map(str, seeds))}"


def seeds_in(described: Any) -> Iterator[int]:
    """All seeds that a description names."""
    if isinstance(described, dict):
        if "seed" in described:
            yield described["seed"]
        described = list(described.values())
    if isinstance(described, list):
        for part in described:
            yield from seeds_in(part)
