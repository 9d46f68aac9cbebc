"""Where crops come from: procedural landscapes, a folder of panoramas, or a folder of ordinary photos."""

from pathlib import Path

from panogen.base.errors import UsageError
from panogen.data.crops import CropCache
from panogen.data.folder import Folder, PanoramaFolder, PhotoFolder
from panogen.data.landscapes import Landscapes
from panogen.data.scan import Report, current_manifest
from panogen.data.source import Source

PROCEDURAL = {"landscapes": Landscapes}
PREFIX = "procedural:"
FOLDERS: dict[str, type[Folder]] = {"panoramas": PanoramaFolder, "photos": PhotoFolder}


def open_source(
    name: str,
    *,
    kind: str | None = None,
    photo_fov_deg: float | None = None,
    report: Report = lambda done, total: None,
    remember: bool = True,
) -> Source:
    """Return the source that a name stands for: ``procedural:landscapes``, or the path of a folder of pictures.

    ``kind`` is that of a folder's pictures: where it is None, its manifest's, and without one judged by their shapes.
    ``photo_fov_deg`` is the field of view along the longer side of photos whose EXIF has none. ``report`` is told how
    far reading the folder is. To ``remember`` what was read is to write it into the folder's manifest.

    Raises UsageError for an unknown name or kind, JobError for a folder without a usable picture.
    """
    known = ", ".join(PREFIX + kind for kind in PROCEDURAL)
    if name.startswith(PREFIX):
        if name.removeprefix(PREFIX) not in PROCEDURAL:
            raise UsageError(f"data must be one of {known} or a folder, got {name!r}")
        for option, value in (("kind", kind), ("photo_fov_deg", photo_fov_deg)):
            if value is not None:
                raise UsageError(f"{option} {value} is for a folder of pictures, got data {name!r}; leave it out")
        return PROCEDURAL[name.removeprefix(PREFIX)]()
    folder = Path(name)
    if not folder.is_dir():
        raise UsageError(f"data {name!r} is no folder; give a folder of panoramas or photos, or {known}")
    manifest = current_manifest(folder, kind, photo_fov_deg, report, remember)
    return FOLDERS[manifest.kind](folder, manifest)


__all__ = ["CropCache", "Landscapes", "Source", "open_source"]
