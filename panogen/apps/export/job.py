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
from panogen.base.errors import JobError, UsageError
from panogen.base.files import whole_folder
from panogen.base.version import __version__
from panogen.grids.view import View
from panogen.pictures.formats import check_writable

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.latents import LatentField
    from panogen.rendering import Progress

REQUEST = "request.json"


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
    check_free(folder)
    layout = lay_out(export, panogen.model.chart)
    field = panogen.field(place)
    made = request(panogen, field, export)
    view = View(truncation=export.truncation, outside=export.outside)
    try:
        with whole_folder(folder) as part:
            layout.write(part, Painter(panogen, field, view, export.quality, progress))
            if isinstance(layout, Multires) and export.viewer:
                add_page(part, layout, made)
            (part / REQUEST).write_text(json_text(made))
    except OSError as error:
        raise JobError(f"{folder}: cannot be written: {error.strerror or error}") from None


def request(panogen: "Panogen", field: "LatentField", export: Export) -> dict[str, Any]:
    """All that an export depends on, for JSON."""
    return {
        "panogen": __version__,
        "model": {"name": panogen.name, "fingerprint": panogen.model.fingerprint},
        "place": field.described(),
        "export": dataclasses.asdict(export),
    }


def check_free(folder: Path) -> None:
    """Raise UsageError unless the folder can be made there: it is new, or an empty one."""
    name = repr(str(folder))
    try:
        if folder.is_dir():
            if any(folder.iterdir()):
                raise UsageError(f"a folder to export into must be new or empty, got {name}; name another")
            return
        if folder.exists():
            raise UsageError(f"output {name} is a file; name a folder to export into")
    except OSError as error:
        raise UsageError(f"output {name} cannot be written: {error.strerror or error}") from None
    check_writable(folder)
