"""One picture of a folder, which may be six files of a cube: whether it can be trained on, and its pixels."""

import errno
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path

from panogen.base.arrays import Colours, Pixels
from panogen.base.records import ADDED_LATER
from panogen.data import black, cubes
from panogen.data.edges import edge_ratio
from panogen.data.lens import Lens
from panogen.data.panorama import Panorama, Sweep
from panogen.data.placement import Placement
from panogen.decoding import Part, UnusableError, about, decode, decode_with_notes, displayed

SMALLEST = 64  # pixels of a panorama's width, or of a photo's shorter side


@dataclass(frozen=True)
class FileEntry:
    """What is known of a picture once it has been read. ``reason`` says why it is not used; None where it is.

    Width and height are those of the upright picture, of a cube map those of its panorama. ``orientation`` is EXIF's, 1
    where the file is upright already. ``fov_deg`` is the field of view along the longer side, ``fov_from`` where that
    comes from. ``edge_ratio`` compares the step from the last column to the first with the steps between neighbours;
    None where it was not looked at. ``part`` is where it lies on the sphere, less its black ``margins``; a ``sweep``
    goes once around a cylinder. ``cube`` names six files, or how one file is laid out. ``black`` is the share of flat
    black, 1 where there are but circles. ``note`` says what was left out of the file, or found out about it.
    """

    name: str
    bytes: int = 0
    mtime_ns: int = 0
    width: int = 0
    height: int = 0
    orientation: int = 1
    fov_deg: float | None = None
    fov_from: str | None = None
    edge_ratio: float | None = None
    reason: str | None = None
    part: Part | None = field(default=None, metadata=ADDED_LATER)
    sweep: bool = field(default=False, metadata=ADDED_LATER)
    margins: tuple[int, ...] = field(default=(), metadata=ADDED_LATER)
    cube: tuple[str, ...] = field(default=(), metadata=ADDED_LATER)
    black: float = field(default=0.0, metadata=ADDED_LATER)
    note: str | None = field(default=None, metadata=ADDED_LATER)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files."""
        return self.cube if len(self.cube) > 1 else (self.name,)

    @property
    def area(self) -> tuple[int, int]:
        """Width and height without the margins."""
        top, right, bottom, left = self.margins or (0, 0, 0, 0)
        return self.width - left - right, self.height - top - bottom

    @property
    def placement(self) -> Placement:
        """Where it lies on the cylinder. Raises ValueError for a photo that nothing is known of."""
        if self.part is not None:
            return Panorama(*self.area, self.part)
        if self.sweep:
            return Sweep(*self.area)
        if self.fov_deg is None:
            raise ValueError("has no field of view in the manifest; write it anew with `panogen data check`")
        return Lens(self.width, self.height, self.fov_deg)


def examine(folder: Path, names: tuple[str, ...], level: bool = True) -> FileEntry:
    """Look at the header of a picture, or of six faces, then decode all of it. ``level`` those that are tilted."""
    entry = FileEntry(names[0], cube=names if len(names) > 1 else ())
    paths = [folder / name for name in names]
    try:
        size, mtime_ns = stamp(paths)
        entry = replace(entry, bytes=size, mtime_ns=mtime_ns)
        for path in paths:
            if not stat.S_ISREG(path.stat().st_mode):
                raise UnusableError("unreadable (not a regular file)")
            if not path.stat().st_size:
                raise UnusableError("empty file")
            path.open("rb").close()  # whether it may be read, before decoders say it in their ways
        return read_cube(paths, entry) if entry.cube else read(paths[0], entry, level)
    except UnusableError as error:
        return replace(entry, reason=str(error))
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.ENOENT, errno.EIO, errno.ELOOP):
            return replace(entry, reason=f"unreadable ({os.strerror(error.errno)})")
        return replace(entry, reason=f"broken ({error})")
    except Exception as error:  # a broken file makes decoders fail in any way
        said = str(error).replace(str(paths[0]), paths[0].name) or type(error).__name__
        return replace(entry, reason=f"broken ({said})")


def stamp(paths: list[Path]) -> tuple[int, int]:
    """Return by what it is noticed that files have changed: bytes, and the latest time. Raises OSError."""
    states = [path.stat() for path in paths]
    return sum(state.st_size for state in states), max(state.st_mtime_ns for state in states)


def read(path: Path, entry: FileEntry, level: bool) -> FileEntry:
    """Return an entry with what one file says and shows. Raises UnusableError, or any error for a broken file."""
    head = about(path)
    entry = replace(
        entry,
        width=head.width,
        height=head.height,
        orientation=head.orientation,
        fov_deg=head.fov_deg,
        fov_from=head.fov_from,
        part=head.part,
    )
    colours, notes = decode_with_notes(path)
    pixels = displayed(colours)
    if (layout := cubes.layout_of(pixels)) is not None:
        return cube_entry(entry, (layout,), cubes.panorama(cubes.cut(colours, layout)))
    edges = black.margins(pixels)
    entry = replace(entry, margins=edges if any(edges) else ())
    seen = black.trimmed(pixels, entry.margins)
    entry = replace(entry, black=black.CIRCLES if black.circled(pixels) else round(black.flat_share(seen), 3))
    if seen.shape[1] > seen.shape[0]:
        entry = replace(entry, edge_ratio=round(edge_ratio(seen), 3))
    notes = tuple(dict.fromkeys((*head.notes, *notes)))
    if entry.part is not None and (entry.part.pitch_deg or entry.part.roll_deg):
        entry, tilted = upright(entry, seen, level)
        notes = (*notes, tilted)
    return replace(entry, note="; ".join(notes) or None)


def upright(entry: FileEntry, seen: Pixels, level: bool) -> tuple[FileEntry, str]:
    """Return an entry whose camera was tilted, as it is to be levelled, if at all, and a note on that. Raises
    UnusableError where it shows no whole sphere."""
    assert entry.part is not None
    told = f"its GPano says pitch {entry.part.pitch_deg:g}, roll {entry.part.roll_deg:g} degrees"
    if not level:
        return replace(entry, part=replace(entry.part, pitch_deg=0.0, roll_deg=0.0)), f"{told}: not levelled"
    if (entry.part.full_width, entry.part.full_height) != (entry.width, entry.height) or entry.margins:
        raise UnusableError(
            f"tilted ({told}), and no whole sphere that could be levelled; --no-level takes it as it is"
        )
    part = Panorama(entry.width, entry.height, entry.part).upright(seen)
    done = "levelled" if part.pitch_deg or part.roll_deg else "it is level already"
    return replace(entry, part=part), f"{told}: {done}"


def read_cube(paths: list[Path], entry: FileEntry) -> FileEntry:
    """Return an entry with what six faces show. Raises as ``read`` does, and names the face."""
    faces = {}
    for face, path in zip(cubes.FACES, paths, strict=True):
        try:
            about(path)
            faces[face] = decode(path)
        except UnusableError as error:
            raise UnusableError(f"its face {path.name} is {error}") from None
        except Exception as error:  # a broken file makes decoders fail in any way
            raise UnusableError(f"its face {path.name} is broken ({error})") from None
    return cube_entry(entry, entry.cube, cubes.panorama(faces))


def cube_entry(entry: FileEntry, cube: tuple[str, ...], panorama: Colours) -> FileEntry:
    """Return the entry of a cube map."""
    rows, columns = panorama.shape[:2]
    pixels = displayed(panorama)
    note = "six faces of a cube" if len(cube) > 1 else f"a cube map, laid out as a {cube[0]}"
    return replace(
        entry,
        width=columns,
        height=rows,
        cube=cube,
        part=Part.whole(columns, rows),
        edge_ratio=round(edge_ratio(pixels), 3),
        black=round(black.flat_share(pixels), 3),
        note=note,
    )


def pixels_of(folder: Path, entry: FileEntry) -> Colours:
    """Return the pixels (H, W, 3) of a usable picture, without its margins. Raises any error for a broken file."""
    if len(entry.cube) > 1:
        return cubes.panorama({face: decode(folder / name) for face, name in zip(cubes.FACES, entry.cube, strict=True)})
    pixels = decode(folder / entry.name)
    if entry.cube:
        return cubes.panorama(cubes.cut(pixels, entry.cube[0]))
    return black.trimmed(pixels, entry.margins)
