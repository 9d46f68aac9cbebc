"""Where crops come from: procedural places, or a folder of panoramas."""

from pathlib import Path

from panogen.data.crops import CropCache, Source
from panogen.data.folder import PanoramaFolder
from panogen.data.landscapes import Landscapes, Place, render_place
from panogen.errors import UsageError

PROCEDURAL = {"landscapes": Landscapes}
PREFIX = "procedural:"


def open_source(name: str) -> Source:
    """The source that a name stands for: ``procedural:landscapes``, or the path of a folder of panoramas.

    Raises UsageError for an unknown name, JobError for a folder without a usable picture.
    """
    if name.startswith(PREFIX):
        kind = name.removeprefix(PREFIX)
        if kind not in PROCEDURAL:
            known = ", ".join(PREFIX + known for known in PROCEDURAL)
            raise UsageError(f"data must be one of {known} or a folder, got {name!r}")
        return PROCEDURAL[kind]()
    if not Path(name).is_dir():
        known = ", ".join(PREFIX + known for known in PROCEDURAL)
        raise UsageError(f"data {name!r} is no folder; give a folder of panoramas, or {known}")
    return PanoramaFolder(Path(name))


__all__ = [
    "PROCEDURAL",
    "CropCache",
    "Landscapes",
    "PanoramaFolder",
    "Place",
    "Source",
    "open_source",
    "render_place",
]
