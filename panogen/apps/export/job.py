"""An export from beginning to end: a folder that appears when it is whole."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from panogen.apps.export.base import json_text
from panogen.apps.export.request import Export
from panogen.apps.export.tiles import Painter
from panogen.apps.export.tilings import tiling_of
from panogen.base.arguments import at_home
from panogen.base.files import write_text
from panogen.base.folder import REQUEST, new_folder
from panogen.base.records import from_json, to_json
from panogen.grids.view import View
from panogen.request import Request, read_request_json, request_of_several, sensible

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.places import Place
    from panogen.rendering import Progress


def save_export(
    panogen: "Panogen",
    place: "Place | int",
    folder: str | Path,
    export: Export,
    progress: "Progress" = lambda pixels: None,
) -> None:
    """Render a place into a folder of tiles, which must be new or empty and appears when all is in it.

    Raises UsageError for what makes no sense, JobError for a disk that does not take it.
    """
    folder = Path(at_home(folder)).resolve()
    tiling = tiling_of(export, panogen.model.chart)
    made = request(panogen, place, export)
    with new_folder(folder) as part:
        tiling.write(part, Painter(panogen, place, view_of(export), export.quality, progress))
        tiling.add_pages(part, made)
        write_text(part / REQUEST, json_text(made))


def request(panogen: "Panogen", place: "Place | int", export: Export) -> dict[str, Any]:
    """Return all that an export depends on, for JSON. Raises UsageError for what it cannot show."""
    shown = panogen.request(place, view_of(export))
    tiling_of(export, panogen.model.chart).check(panogen, shown.place)
    return {**shown.to_json(), "export": to_json(export)}


def read_export(path: Path) -> tuple[Request, Export]:
    """Return what an export, a folder or the JSON in it, was asked for. Raises UsageError, JobError."""
    value = read_request_json(path)
    shown = request_of_several(value, path, "an export", "export")
    assert value is not None
    with sensible():
        return shown, from_json(Export, value["export"])


def view_of(export: Export) -> View:
    """Return what all pictures of an export have in common."""
    return View(truncation=export.truncation, outside=export.outside)
