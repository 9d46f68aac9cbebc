"""Reading a folder: every file once, on all cores, and what makes it usable for its kind."""

import contextlib
import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from panogen.base.errors import JobError, UsageError, explained
from panogen.base.runtime import mapped
from panogen.data.lens import NARROWEST_DEG, WIDEST_DEG
from panogen.data.manifest import KINDS, MARKED, Manifest, read_manifest, write_manifest
from panogen.data.picture import SMALLEST, SUFFIXES, FileEntry, examine

# 125 real panoramas have 0.2 to 3.2, median 1.2; cut off after 1/8, 1/4 and 1/2 of the circle, 92 % have more than 4.
LARGEST_EDGE_RATIO = 4.0
ASSUMED_FOV_DEG = 60.0  # of photos that nothing is known of, along the longer side
GIVEN, ASSUMED = "given", f"assumed ({ASSUMED_FOV_DEG:g} degrees)"

Report = Callable[[int, int], None]  # files read, files to read


def check_folder(
    folder: Path, kind: str | None = None, photo_fov_deg: float | None = None, report: Report = lambda done, total: None
) -> Manifest:
    """Read every file of a folder, whatever its manifest says; what was marked there by hand stays marked."""
    known = None
    with contextlib.suppress(JobError):  # a broken manifest is written anew
        known = read_manifest(folder)
    manifest = scan(folder, None, kind, photo_fov_deg, report)
    marked = {entry.name for entry in known.entries if entry.reason == MARKED} if known else set()
    entries = tuple(replace(e, reason=MARKED) if e.name in marked else e for e in manifest.entries)
    return replace(manifest, entries=entries)


def current_manifest(
    folder: Path,
    kind: str | None = None,
    photo_fov_deg: float | None = None,
    report: Report = lambda done, total: None,
    remember: bool = True,
) -> Manifest:
    """Bring the folder's manifest up to date: only what is new or has changed is read.

    To ``remember`` is to write it back where it has changed and the folder takes it.
    """
    known = read_manifest(folder)
    manifest = scan(folder, known, kind, photo_fov_deg, report)
    if remember and manifest != known and manifest.usable:
        with contextlib.suppress(JobError):  # a folder that cannot be written is read again each time
            write_manifest(folder, manifest)
    return manifest


def scan(
    folder: Path, known: Manifest | None, kind: str | None, photo_fov_deg: float | None, report: Report
) -> Manifest:
    """Scan a folder. Files that ``known`` holds for the same kind, of the same size and time, are not read.

    Those that were not usable are read again, since what stood in the way may be gone, such as a missing package.
    """
    if kind is not None and kind not in KINDS:
        raise UsageError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
    if photo_fov_deg is not None and not NARROWEST_DEG <= photo_fov_deg <= WIDEST_DEG:
        raise UsageError(f"photo_fov_deg must be in [{NARROWEST_DEG:g}, {WIDEST_DEG:g}], got {photo_fov_deg}")
    judged = kind is None and (known is None or known.judged)
    if known is not None:
        kind = kind or known.kind
        photo_fov_deg = photo_fov_deg or known.photo_fov_deg
    same = {entry.name: entry for entry in known.entries if known.kind == kind} if known else {}
    same = {name: entry for name, entry in same.items() if entry.reason in (None, MARKED)}
    paths = pictures(folder)
    kept = {path: same[path.name] for path in paths if path.name in same and unchanged(path, same[path.name])}
    read = examine_all([path for path in paths if path not in kept], report)
    kind = kind or judge_kind(read.values())
    why = why_no_panorama if kind == "panoramas" else why_no_photo
    read = {path: replace(entry, reason=entry.reason or why(entry)) for path, entry in read.items()}
    entries = {**kept, **read}
    if kind == "photos":
        entries = {path: with_fov(entry, photo_fov_deg) for path, entry in entries.items()}
    return Manifest(kind, judged, photo_fov_deg, tuple(entries[path] for path in paths))


def pictures(folder: Path) -> list[Path]:
    """Everything in a folder that is called like a picture, in the order of the names."""
    with explained(f"{folder}: cannot be read as a folder of pictures"):
        return sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES and not path.is_dir())


def unchanged(path: Path, entry: FileEntry) -> bool:
    """Whether a file is the one that the entry was made from."""
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (entry.bytes, entry.mtime_ns) and os.access(path, os.R_OK)


def examine_all(paths: list[Path], report: Report) -> dict[Path, FileEntry]:
    """Examine files on all cores."""
    entries = {}
    with warnings.catch_warnings(), contextlib.closing(mapped(examine, paths)) as examined:
        warnings.simplefilter("ignore")  # of odd metadata and large pictures, which are judged here
        for done, (path, entry) in enumerate(zip(paths, examined, strict=True)):
            entries[path] = entry
            report(done + 1, len(paths))
    return entries


def judge_kind(entries: Iterable[FileEntry]) -> str:
    """Panoramas where most of the pictures that can be read are 2:1, else photos."""
    wide = [entry.width == 2 * entry.height for entry in entries if entry.reason is None]
    return "panoramas" if 2 * sum(wide) > len(wide) or not wide else "photos"


def why_no_panorama(entry: FileEntry) -> str | None:
    """Return why a picture is no full equirectangular panorama, or None."""
    if entry.orientation != 1:
        return f"rotated by EXIF orientation {entry.orientation}"
    if entry.width != 2 * entry.height:
        return f"not 2:1 ({entry.width} x {entry.height})"
    if entry.width < SMALLEST:
        return f"too small ({entry.width} x {entry.height}, at least {SMALLEST} pixels wide)"
    if entry.edge_ratio is not None and entry.edge_ratio > LARGEST_EDGE_RATIO:
        return f"left and right edges do not meet (edge ratio {entry.edge_ratio:.1f}, at most {LARGEST_EDGE_RATIO:g})"
    return None


def why_no_photo(entry: FileEntry) -> str | None:
    """Return why a picture is no usable photo, or None. Whether it fits the chart is seen when there is one."""
    if min(entry.width, entry.height) < SMALLEST:
        return f"too small ({entry.width} x {entry.height}, at least {SMALLEST} pixels a side)"
    return None


def with_fov(entry: FileEntry, photo_fov_deg: float | None) -> FileEntry:
    """Return a photo's entry with a field of view and its origin: EXIF before the given one before an assumption."""
    if not entry.width or (entry.fov_from or "").startswith("EXIF"):
        return entry
    if photo_fov_deg is None:
        return replace(entry, fov_deg=ASSUMED_FOV_DEG, fov_from=ASSUMED)
    return replace(entry, fov_deg=float(photo_fov_deg), fov_from=GIVEN)
