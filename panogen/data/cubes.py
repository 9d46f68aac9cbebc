"""Cube maps as panoramas: six files, crosses and strips."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from py360convert import c2e

from panogen.base.arrays import LONGEST_REMAP, Colours, Pixels
from panogen.data.edges import FLAT, LARGEST_EDGE_RATIO
from panogen.decoding import UnusableError
from panogen.geometry import pixel_centres

# What files call the faces, in the order front, right, back, left, up, down. A cube map of OpenGL is seen from inside,
# x to the right and z ahead, as are ours.
NAMINGS = (
    ("front", "right", "back", "left", "up", "down"),
    ("front", "right", "back", "left", "top", "bottom"),
    ("pz", "px", "nz", "nx", "py", "ny"),
    ("posz", "posx", "negz", "negx", "posy", "negy"),
    ("ft", "rt", "bk", "lf", "up", "dn"),
    ("f", "r", "b", "l", "u", "d"),
)
LAST_WORD = re.compile(r"^(?:(?P<before>.*)[-_ .])?(?P<face>[a-z]+)$", re.IGNORECASE)
CROSSES = {  # the back of a tall one stands on its head
    "cross": (("", "up", "", ""), ("left", "front", "right", "back"), ("", "down", "", "")),
    "tall cross": (("", "up", ""), ("left", "front", "right"), ("", "down", ""), ("", "back", "")),
}
FACES = NAMINGS[0]
# Orders of strips: py360convert's and ours, that of graphics programs (+x, -x, +y, -y, +z, -z), and two of stitchers.
STRIPS = (
    FACES,
    ("right", "left", "up", "down", "front", "back"),
    ("left", "front", "right", "back", "up", "down"),
    ("front", "back", "left", "right", "up", "down"),
)
BLANK = 6.0  # standard deviation, in levels, up to which the cells between the faces of a cross are empty
STANDING_OUT = 12.0  # levels, in the mean, by which the rims of faces differ from empty cells: else it is plain ground
LARGEST_FACE = LONGEST_REMAP // len(FACES) - 2  # py360convert lays them above each other, with a pixel all around
HALF_A_PIXEL = np.array([[1, 0, 0.5], [0, 1, 0.5]], np.float32)


def gathered(paths: Iterable[Path]) -> Iterator[tuple[Path, ...]]:
    """Yield pictures, and six together where they are called like the faces of one cube: the front first.

    Six faces lie in one folder, have one suffix, and a name in common before their own.
    """
    paths = list(paths)
    named: dict[tuple[Path, str, str], dict[str, Path]] = {}
    for path in paths:
        if found := LAST_WORD.match(path.stem):
            key = path.parent, (found["before"] or "").lower(), path.suffix.lower()
            named.setdefault(key, {})[found["face"].lower()] = path
    cubes: dict[Path, tuple[Path, ...]] = {}
    for faces in named.values():
        naming = next((one for one in NAMINGS if set(one) <= faces.keys()), None)
        if naming is not None:
            cube = tuple(faces[name] for name in naming)
            cubes |= dict.fromkeys(cube, cube)
    for path in paths:
        if path not in cubes:
            yield (path,)
        elif path == cubes[path][0]:
            yield cubes[path]


def layout_of(picture: Pixels) -> str | None:
    """Return what a picture (H, W, 3) is of a cube map: cross, tall cross, strip, or None.

    Crosses are known by their empty cells, which the faces stand out from, strips by that their cells fit better as a
    cube than side by side.
    """
    rows, columns = picture.shape[:2]
    if 6 * min(rows, columns) == max(rows, columns):
        row = _strip(picture if columns > rows else np.rot90(picture))
        beside = np.mean([_difference(one[:, -1], other[:, 0]) for one, other in pairwise(row)])
        return "strip" if _torn(cut(picture, "strip")) < beside else None
    for name, table in CROSSES.items():
        if columns * len(table) == rows * len(table[0]) and columns % len(table[0]) == 0:
            side = columns // len(table[0])
            empty = np.stack([_cell(picture, side, *at) for at, face in _cells(table) if not face])
            rims = np.concatenate(list(_rims(picture, side, table)))
            if empty.std((0, 1, 2)).max() <= BLANK and np.abs(rims - empty.mean((0, 1, 2))).mean() >= STANDING_OUT:
                return name
    return None


def cut(picture: Colours, layout: str) -> dict[str, Colours]:
    """Return the faces of a cross or strip by their names."""
    if layout == "strip":
        return min((dict(zip(order, _strip(picture), strict=True)) for order in STRIPS), key=_torn)
    table = CROSSES[layout]
    side = picture.shape[1] // len(table[0])
    faces = {face: _cell(picture, side, *at) for at, face in _cells(table) if face}
    if layout == "tall cross":
        faces["back"] = np.rot90(faces["back"], 2)
    return faces


def panorama(faces: dict[str, Colours]) -> Colours:
    """Return six faces (n, n, 3) as an equirectangular panorama (2 n, 4 n, 3), rounded up to a multiple of 8 columns.

    Programs disagree on how up and down are turned, and on which side is left: they are as their edges fit best. Raises
    UnusableError for faces that are not square, of different sizes, too large, or do not meet.
    """
    shapes = {face.shape for face in faces.values()}
    if len(shapes) > 1 or next(iter(shapes))[0] != next(iter(shapes))[1]:
        sizes = ", ".join(sorted(f"{columns} x {rows}" for rows, columns, *_ in shapes))
        raise UnusableError(f"faces of {sizes} pixels, wanted six squares of one size")
    side = len(faces["front"])
    if side > LARGEST_FACE:
        raise UnusableError(
            f"faces of {side} x {side} pixels, at most {LARGEST_FACE} can be joined; make them smaller, or a panorama"
        )
    faces = _fitted(faces)
    inside = np.mean([_difference(face[:, 1:], face[:, :-1]) for face in faces.values()])
    ratio = _torn(faces) / max(float(inside), FLAT)
    if ratio > LARGEST_EDGE_RATIO and min(map(np.std, faces.values())) > BLANK:  # one that is blank meets none
        raise UnusableError(
            f"a cube map in an order that is not known: its faces do not meet (edge ratio {ratio:.1f}, at most "
            f"{LARGEST_EDGE_RATIO:g})"
        )
    # py360convert takes pixel k of a face for the face at k, not at k + 1/2, ...
    shifted = [
        cv2.warpAffine(faces[name], HALF_A_PIXEL, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
        for name in FACES
    ]
    columns = -(-side // 2) * 8
    shape = columns // 2, columns
    inclusive = c2e(shifted, *shape, cube_format="list")
    # ... and gives columns and rows from edge to edge, both included, where ours are the middles of cells.
    y, x = ((pixel_centres(count) * (count - 1)).astype(np.float32) for count in shape)
    return np.asarray(cv2.remap(inclusive, *np.meshgrid(x, y), interpolation=cv2.INTER_LINEAR))


def _fitted(faces: dict[str, Colours]) -> dict[str, Colours]:
    """Return faces with left and right, and up and down by quarters of a turn, as their edges fit best."""
    swapped = {**faces, "left": faces["right"], "right": faces["left"]}
    faces = min((faces, swapped), key=lambda one: _torn(one, poles=False))
    for pole in ("up", "down"):
        turned = [np.ascontiguousarray(np.rot90(faces[pole], turns)) for turns in range(4)]
        faces = min(({**faces, pole: one} for one in turned), key=_torn)
    return faces


def _torn(faces: dict[str, Colours], poles: bool = True) -> float:
    """Mean difference between the edges of faces that meet: the four around, and those of up and down."""
    front, right, back, left, up, down = (faces[name] for name in FACES)
    around = (front, right, back, left)
    pairs = [(one[:, -1], other[:, 0]) for one, other in pairwise((*around, front))]
    if poles:
        pairs += zip((one[0] for one in around), (up[-1], up[::-1, -1], up[0, ::-1], up[:, 0]), strict=True)
        pairs += zip((one[-1] for one in around), (down[0], down[:, -1], down[-1, ::-1], down[::-1, 0]), strict=True)
    return float(np.mean([_difference(*pair) for pair in pairs]))


def _difference(one: Colours, other: Colours) -> float:
    return float(np.abs(one.astype(np.float32) - other).mean())


def _rims(picture: Pixels, side: int, table: tuple[tuple[str, ...], ...]) -> Iterator[Pixels]:
    # The edges of faces that are beside empty cells.
    named = dict(_cells(table))
    for (row, column), name in named.items():
        face = _cell(picture, side, row, column)
        beside = {(row - 1, column): face[0], (row + 1, column): face[-1]}
        beside |= {(row, column - 1): face[:, 0], (row, column + 1): face[:, -1]}
        yield from (edge for at, edge in beside.items() if name and named.get(at) == "")


def _strip(picture: Colours) -> list[Colours]:
    return np.split(picture, 6, axis=int(picture.shape[1] > len(picture)))


def _cells(table: tuple[tuple[str, ...], ...]) -> Iterator[tuple[tuple[int, int], str]]:
    return (((row, column), face) for row, faces in enumerate(table) for column, face in enumerate(faces))


def _cell(picture: Colours, side: int, row: int, column: int) -> Colours:
    return picture[row * side : (row + 1) * side, column * side : (column + 1) * side]
