"""A folder's manifest: what is known of each of its files, so that training need not read them all again."""

import errno
import json
import stat
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from panogen.base.errors import JobError, reading, writing
from panogen.base.files import write_text
from panogen.base.records import ADDED_LATER, from_json
from panogen.data.picture import FileEntry

NAME = "panogen-manifest.json"
FORMAT = 2
OLDER = 1  # whose judgements are made anew; marks by hand and what was said of the folder hold
ANYBODY_WRITES = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH
MARKED = "marked as not usable in the manifest"
KINDS = ("panoramas", "photos")


@dataclass(frozen=True)
class Manifest:
    """The pictures of a folder in the order of their names.

    ``judged`` says that the kind was taken from the pictures' shapes; ``photo_fov_deg`` is the field of view that was
    given for photos whose EXIF has none. ``recursive`` means its subfolders, too, ``level`` that tilted panoramas are
    levelled. ``elsewhere`` counts pictures in subfolders that were not looked at.
    """

    kind: str
    judged: bool
    photo_fov_deg: float | None
    entries: tuple[FileEntry, ...]
    recursive: bool = field(default=False, metadata=ADDED_LATER)
    level: bool = field(default=True, metadata=ADDED_LATER)
    elsewhere: int = field(default=0, metadata=ADDED_LATER)

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
    with reading(path):
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            return None
    try:
        content = {**json.loads(text, parse_constant=_refuse)}
        if (form := content.pop("format")) not in (FORMAT, OLDER):
            raise ValueError(f"format {form!r}, wanted {FORMAT}")
        entries = [_entry(**values) for values in content.pop("files")]
        manifest = from_json(Manifest, {**content, "entries": entries})
        if form == OLDER:
            manifest = replace(manifest, entries=tuple(one for one in manifest.entries if one.reason == MARKED))
        if manifest.kind not in KINDS:
            raise ValueError(f"kind {manifest.kind!r}, wanted one of {', '.join(KINDS)}")
        return manifest
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise JobError(f"{path}: no manifest ({error}); write it anew with `panogen data check`") from None


def _entry(*, usable: bool, reason: str | None, **entry: Any) -> dict[str, Any]:
    # A file of the manifest as JSON of a FileEntry. One that was marked as not usable by hand is not used.
    return {**entry, "reason": reason if usable or reason is not None else MARKED}


def _refuse(number: str) -> None:
    # NaN and infinity are no JSON.
    raise ValueError(number)
