"""An export from beginning to end: a folder that appears when it is whole."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from panogen.apps.export.base import json_text
from panogen.apps.export.layouts import lay_out
from panogen.apps.export.multires import Multires
from panogen.apps.export.page import add_page
from panogen.apps.export.request import Export
from panogen.apps.export.tiles import Painter
from panogen.base.folder import REQUEST, new_folder
from panogen.base.version import __version__
from panogen.grids.view import View

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.latents import LatentField
    from panogen.rendering import Progress


def save_export(
    panogen: "Panogen",
    place: "int | LatentField",
    folder: str | Path,
    export: Export,
    progress: "Progress" = lambda pixels: None,
) -> None:
    """Render a place into a folder of tiles, which must be new or empty and appears when all is in it.

    Raises UsageError for what makes no sense, JobError for a disk that does not take it.
    """
    folder = Path(folder).resolve()
    layout = lay_out(export, panogen.model.chart)
    field = panogen.field(place)
    made = request(panogen, field, export)
    view = View(truncation=export.truncation, outside=export.outside)
    with new_folder(folder) as part:
        layout.write(part, Painter(panogen, field, view, export.quality, progress))
        if isinstance(layout, Multires) and export.viewer:
            add_page(part, layout, made)
        (part / REQUEST).write_text(json_text(made))


def request(panogen: "Panogen", field: "LatentField", export: Export) -> dict[str, Any]:
    """All that an export depends on, for JSON."""
    return {
        "panogen": __version__,
        "model": {"name": panogen.name, "fingerprint": panogen.model.fingerprint},
        "place": field.described(),
        "export": dataclasses.asdict(export),
    }
