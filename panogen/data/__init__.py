"""Where crops come from: procedural landscapes, a folder of panoramas, or a folder of ordinary photos."""

from dataclasses import asdict
from pathlib import Path

from panogen.base.arguments import at_home
from panogen.base.errors import UsageError
from panogen.data.crops import CropCache
from panogen.data.folder import Folder
from panogen.data.landscapes import Landscapes
from panogen.data.scan import AS_IT_LOOKS, Reading, Report, current_manifest
from panogen.data.source import Source

PROCEDURAL = {"landscapes": Landscapes}
PREFIX = "procedural:"


def open_source(
    name: str | Path,
    reading: Reading = AS_IT_LOOKS,
    *,
    report: Report = lambda done, total: None,
    remember: bool = True,
) -> Source:
    """Return the source that a name stands for: ``procedural:landscapes``, or the path of a folder of pictures.

    ``reading`` is how a folder is read; ``report`` is told how far that is. To ``remember`` what was read is to write
    it into the folder's manifest.

    Raises UsageError for an unknown name or kind, JobError for a folder without a usable picture.
    """
    name = at_home(name)
    known = ", ".join(PREFIX + kind for kind in PROCEDURAL)
    if name.startswith(PREFIX):
        if name.removeprefix(PREFIX) not in PROCEDURAL:
            raise UsageError(f"data must be one of {known} or a folder, got {name!r}")
        for option, value in asdict(reading).items():
            if value is not None:
                raise UsageError(f"{option} {value} is for a folder of pictures, got data {name!r}; leave it out")
        return PROCEDURAL[name.removeprefix(PREFIX)]()
    folder = Path(name)
    if not folder.is_dir():
        raise UsageError(f"data {name!r} is no folder; give a folder of panoramas or photos, or {known}")
    return Folder(folder, current_manifest(folder, reading, report, remember))


__all__ = ["PREFIX", "CropCache", "Landscapes", "Reading", "Source", "open_source"]
