"""Reading a folder: every picture once, on all cores, and what makes it usable for its kind."""

import contextlib
import os
import unicodedata
import warnings
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from panogen.base.errors import JobError, UsageError, explained
from panogen.base.runtime import mapped
from panogen.data import black, cubes
from panogen.data.edges import LARGEST_EDGE_RATIO
from panogen.data.manifest import KINDS, MARKED, Manifest, read_manifest, write_manifest
from panogen.data.panorama import Panorama
from panogen.data.picture import SMALLEST, FileEntry, examine, stamp
from panogen.decoding import SUFFIXES, Part, shows_all
from panogen.decoding.exif import NARROWEST_DEG, WIDEST_ASPECT, WIDEST_DEG

ASSUMED_FOV_DEG = 60.0  # of photos that nothing is known of, along the longer side
GIVEN, ASSUMED = "given", f"assumed ({ASSUMED_FOV_DEG:g} degrees)"
JUDGED = "judged"  # by the pictures' shapes, in place of a kind
HIDDEN = (".", "@", "__MACOSX")  # how names begin of what systems put beside pictures

Report = Callable[[int, int], None]  # pictures read, pictures to read


@dataclass(frozen=True)
class Reading:
    """How a folder is read. None: as its manifest says, and without one as it looks.

    ``kind`` is that of its pictures, ``photo_fov_deg`` the field of view along the longer side of photos whose EXIF has
    none; ``judged`` and 0 take back what was said of these. ``recursive``: its subfolders, too; ``level``: panoramas
    whose GPano says how they are tilted. Raises UsageError.
    """

    kind: str | None = None
    photo_fov_deg: float | None = None
    recursive: bool | None = None
    level: bool | None = None

    def __post_init__(self) -> None:
        if self.kind not in (None, *KINDS, JUDGED):
            raise UsageError(f"kind must be one of {', '.join(KINDS)}, {JUDGED}, got {self.kind!r}")
        if self.photo_fov_deg and not NARROWEST_DEG <= self.photo_fov_deg <= WIDEST_DEG:
            raise UsageError(
                f"photo_fov_deg must be in [{NARROWEST_DEG:g}, {WIDEST_DEG:g}], or 0, got {self.photo_fov_deg:g}"
            )


AS_IT_LOOKS = Reading()


def check_folder(folder: Path, reading: Reading = AS_IT_LOOKS, report: Report = lambda done, total: None) -> Manifest:
    """Read every picture of a folder anew; how that is done, and what was marked by hand, stays as in its manifest."""
    known = None
    with contextlib.suppress(JobError):  # a broken manifest is written anew
        known = read_manifest(folder)
    unread = known and replace(unjudged(known) if known.judged else known, entries=())
    manifest = scan(folder, unread, reading, report)
    found = {(entry.name,): entry for entry in manifest.entries}
    marked = recognised([entry for entry in known.entries if entry.reason == MARKED] if known else [], found)
    entries = tuple(replace(e, reason=MARKED) if names in marked else e for names, e in found.items())
    return replace(manifest, entries=entries)


def unjudged(manifest: Manifest) -> Manifest:
    """Return a manifest whose kind is yet to be judged."""
    return replace(manifest, kind="", judged=True)


def current_manifest(
    folder: Path,
    reading: Reading = AS_IT_LOOKS,
    report: Report = lambda done, total: None,
    remember: bool = True,
) -> Manifest:
    """Bring the folder's manifest up to date: only what is new or has changed is read.

    Raises UsageError for a kind or field of view that makes no sense, JobError for a folder that cannot be read.
    """
    known = read_manifest(folder)
    manifest = scan(folder, known, reading, report)
    if remember and manifest != known and manifest.usable:
        with contextlib.suppress(JobError):  # a folder that cannot be written is read again each time
            write_manifest(folder, manifest)
    return manifest


def scan(folder: Path, known: Manifest | None, reading: Reading, report: Report) -> Manifest:
    """Scan a folder. Pictures that ``known`` holds for the same reading, of the same size and time, are not read.

    Those that were not usable are read again, since what stood in the way may be gone, such as a missing package.
    """
    if reading.kind == JUDGED:
        reading, known = replace(reading, kind=None), known and (known if known.judged else unjudged(known))
    judged = reading.kind is None and (known is None or known.judged)
    before = known or Manifest("", True, None, ())
    kind = reading.kind or before.kind or None
    fov_deg = before.photo_fov_deg if reading.photo_fov_deg is None else reading.photo_fov_deg or None
    recursive = before.recursive if reading.recursive is None else reading.recursive
    level = before.level if reading.level is None else reading.level
    same = [one for one in before.entries if one.reason in (None, MARKED)]
    if reading.photo_fov_deg is not None:  # with one, sweeps are photos
        same = [one for one in same if one.part is not None or not closes(one)]
    if known is None or known.kind != kind or known.level != level:
        same = []
    found, elsewhere = pictures(folder, recursive)
    kept = {names: one for names, one in recognised(same, found).items() if unchanged(folder, one)}
    read = examine_all(folder, [names for names in found if names not in kept], level, report)
    kind = kind or judge_kind(read.values())
    judge = as_panorama if kind == "panoramas" else partial(as_photo, fov_deg=fov_deg)
    entries = {**kept, **{names: judge(entry) for names, entry in read.items()}}
    if kind == "photos":
        entries = {names: with_fov(entry, fov_deg) for names, entry in entries.items()}
    return Manifest(kind, judged, fov_deg, tuple(entries[names] for names in found), recursive, level, elsewhere)


def pictures(folder: Path, recursive: bool = False) -> tuple[list[tuple[str, ...]], int]:
    """Everything in a folder that is called like a picture, in the order of the names, and how many more lie below it.

    A picture is the names of its files, relative to the folder: one, or those of six faces of a cube.
    """
    with explained(f"{folder}: cannot be read as a folder of pictures"):
        list(folder.iterdir())
    below = [path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and not hidden(path, folder)]
    paths = sorted((path for path in below if not path.is_dir()), key=lambda path: (alike(str(path)), str(path)))
    taken = [path for path in paths if recursive or path.parent == folder]
    names = [tuple(path.relative_to(folder).as_posix() for path in cube) for cube in cubes.gathered(taken)]
    return names, len(paths) - len(taken)


def hidden(path: Path, folder: Path) -> bool:
    """Whether systems hide a path of a folder, or a folder that it is in."""
    return any(part.startswith(HIDDEN) for part in path.relative_to(folder).parts)


def alike(name: str) -> str:
    """Return a name as it is compared: systems write accents in one character, or in two."""
    return unicodedata.normalize("NFC", name)


def recognised(entries: Iterable[FileEntry], found: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], FileEntry]:
    """Return those of ``entries`` that are of pictures found, by their names: the same, or else written otherwise."""
    known = {entry.name: entry for entry in entries}
    gone = known.keys() - {names[0] for names in found}
    otherwise = {alike(name): known[name] for name in gone}
    matched = {names: known.get(names[0]) or otherwise.get(alike(names[0])) for names in found}
    return {names: entry for names, entry in matched.items() if entry is not None}


def unchanged(folder: Path, entry: FileEntry) -> bool:
    """Whether the files of a picture are those that the entry was made from."""
    paths = [folder / name for name in entry.files]
    try:
        return stamp(paths) == (entry.bytes, entry.mtime_ns) and all(os.access(path, os.R_OK) for path in paths)
    except OSError:
        return False


def examine_all(
    folder: Path, found: list[tuple[str, ...]], level: bool, report: Report
) -> dict[tuple[str, ...], FileEntry]:
    """Examine pictures on all cores."""
    entries = {}
    look = partial(examine, folder, level=level)
    with warnings.catch_warnings(), contextlib.closing(mapped(look, found)) as examined:
        warnings.simplefilter("ignore")  # of odd metadata and large pictures, which are judged here
        for done, (names, entry) in enumerate(zip(found, examined, strict=True)):
            entries[names] = entry
            report(done + 1, len(found))
    return entries


def judge_kind(entries: Iterable[FileEntry]) -> str:
    """Panoramas where most of the pictures that can be read are shaped like some, else photos."""
    wide = [
        shows_all(entry.width, entry.height) or entry.part is not None or closes(entry)
        for entry in entries
        if entry.reason is None
    ]
    return "panoramas" if 2 * sum(wide) > len(wide) or not wide else "photos"


def closes(entry: FileEntry) -> bool:
    """Whether a picture is wider than a camera's, and its edges meet."""
    width, height = entry.area
    return width > WIDEST_ASPECT * height and (entry.edge_ratio or 0) <= LARGEST_EDGE_RATIO


def as_panorama(entry: FileEntry) -> FileEntry:
    """Return the entry of a panorama, placed on the sphere, or with the reason why it is none."""
    if entry.reason is not None:
        return entry
    if entry.orientation != 1:
        return replace(entry, reason=f"rotated by EXIF orientation {entry.orientation}")
    if entry.black > black.FLAT_SHARE:
        return replace(entry, reason=blackness(entry))
    part = entry.part or (Part.whole(entry.width, entry.height) if shows_all(entry.width, entry.height) else None)
    if part is None and not closes(entry):
        return replace(entry, reason=f"not 2:1 ({entry.width} x {entry.height})")
    if entry.width < SMALLEST:
        size = f"{entry.width} x {entry.height}"
        return replace(entry, reason=f"too small ({size}, at least {SMALLEST} pixels wide)")
    notes = [entry.note] if entry.note else []
    if any(entry.margins):
        top, right, bottom, left = entry.margins
        notes.append(f"black margins left out (top {top}, right {right}, bottom {bottom}, left {left} pixels)")
        part = part and replace(part, left=part.left + left, top=part.top + top)
    if part is None:
        notes.append("taken for a cylinder once around, the horizon in the middle")
    entry = replace(entry, part=part, sweep=part is None, note="; ".join(notes) or None)
    around = part is None or Panorama(*entry.area, part).closed
    if around and entry.edge_ratio is not None and entry.edge_ratio > LARGEST_EDGE_RATIO:
        ratio = f"edge ratio {entry.edge_ratio:.1f}, at most {LARGEST_EDGE_RATIO:g}"
        return replace(entry, reason=f"left and right edges do not meet ({ratio})")
    return entry


def as_photo(entry: FileEntry, fov_deg: float | None) -> FileEntry:
    """Return the entry of a photo, or with the reason why it is none; panoramas that say that they are stay so. Whether
    it fits the chart is seen when there is one."""
    if entry.reason is not None:
        return entry
    if entry.part is not None or (closes(entry) and fov_deg is None):
        return as_panorama(entry)
    if min(entry.width, entry.height) < SMALLEST:
        size = f"{entry.width} x {entry.height}"
        return replace(entry, reason=f"too small ({size}, at least {SMALLEST} pixels a side)")
    top, right, bottom, left = entry.margins or (0, 0, 0, 0)
    if entry.black >= 1 or min(top, bottom) or min(left, right):
        return replace(entry, reason=blackness(entry))
    if max(entry.width, entry.height) > WIDEST_ASPECT * min(entry.width, entry.height) and fov_deg is None:
        size = f"{entry.width} x {entry.height}"
        return replace(
            entry, reason=f"longer than a camera's picture ({size}), so nobody knows its lens; give --photo-fov"
        )
    return replace(entry, margins=())


def blackness(entry: FileEntry) -> str:
    """Return what is black in a picture that cannot be used for that."""
    if entry.black == black.CIRCLES:
        return "shows circles on black, as of a fisheye; stitch it to a panorama first"
    if entry.black > black.FLAT_SHARE:
        return f"{entry.black:.0%} of it are flat black, as of what was not taken; fill or cut it off"
    top, right, bottom, left = entry.margins
    return f"has black bars (top {top}, right {right}, bottom {bottom}, left {left} pixels); cut them off"


def with_fov(entry: FileEntry, photo_fov_deg: float | None) -> FileEntry:
    """Return a photo's entry with a field of view and its origin: EXIF before the given one before an assumption."""
    if not entry.width or entry.part or entry.sweep or (entry.fov_from or "").startswith("EXIF"):
        return entry
    if photo_fov_deg is None:
        return replace(entry, fov_deg=ASSUMED_FOV_DEG, fov_from=ASSUMED)
    return replace(entry, fov_deg=float(photo_fov_deg), fov_from=GIVEN)
