"""A folder's manifest: what is known of each of its files, so that training need not read them all again."""

import errno
import json
import math
import stat
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from panogen.base.errors import JobError, writing
from panogen.base.files import write_text
from panogen.data.picture import FileEntry

NAME = "panogen-manifest.json"
FORMAT = 1
ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
MARKED = "marked as not usable in the manifest"
KINDS = ("panoramas", "photos")


@dataclass(frozen=True)
class Manifest:
    """The files of a folder in the order of their names.

    ``judged`` says that the kind was taken from the pictures' shapes; ``photo_fov_deg`` is the field of view that was
    given for photos whose EXIF has none.
    """

    kind: str
    judged: bool
    photo_fov_deg: float | None
    entries: tuple[FileEntry, ...]

    @property
    def usable(self) -> list[FileEntry]:
        """The files that can be trained on."""
        return [entry for entry in self.entries if entry.reason is None]

    @property
    def skipped(self) -> list[FileEntry]:
        """The other files."""
        return [entry for entry in self.entries if entry.reason is not None]


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a folder's manifest whole. Raises JobError where the folder does not take it.

    A folder that nobody may write to is left as it is, even by those whom the system would let.
    """
    files = [{**asdict(entry), "usable": entry.reason is None} for entry in manifest.entries]
    content = {"format": FORMAT, **asdict(manifest)}
    del content["entries"]
    with writing(folder / NAME):
        if not folder.stat().st_mode & ANYBODY_WRITES:
            raise PermissionError(errno.EACCES, "the folder is read-only")
        write_text(folder / NAME, json.dumps({**content, "files": files}, indent=1) + "\n")


def read_manifest(folder: Path) -> Manifest | None:
    """Read a folder's manifest, or None where it has none. Raises JobError for one that makes no sense."""
    path = folder / NAME
    try:
        content = json.loads(path.read_bytes())
        if content["format"] != FORMAT:
            raise ValueError(f"format {content['format']!r}, wanted {FORMAT}")
        kind = content["kind"]
        if kind not in KINDS:
            raise ValueError(f"kind {kind!r}, wanted one of {', '.join(KINDS)}")
        entries = tuple(_entry(values) for values in content["files"])
        fov_deg = _typed("photo_fov_deg", content["photo_fov_deg"], float | None)
        return Manifest(kind, bool(content["judged"]), fov_deg, entries)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise JobError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise JobError(f"{path}: no manifest ({error}); write it anew with `panogen data check`") from None


def _entry(values: dict[str, Any]) -> FileEntry:
    """Return a file of the manifest. One that was marked as not usable by hand is not used."""
    entry = FileEntry(**{field.name: _typed(field.name, values[field.name], field.type) for field in fields(FileEntry)})
    if not values["usable"] and entry.reason is None:
        return FileEntry(**{**asdict(entry), "reason": MARKED})
    return entry


def _typed(name: str, value: Any, kind: Any) -> Any:
    """Return the value, if it is of the kind. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool) and kind == float | None:
        value = float(value)
    if (
        not isinstance(value, kind)
        or isinstance(value, bool)
        or (isinstance(value, float) and not math.isfinite(value))
    ):
        raise ValueError(f"{name} {value!r}")
    return value
