"""What the file of a film says of how its frames lie on the sphere, so that players let one look around in them.

Spherical Video V2 (https://github.com/google/spatial-media/blob/master/docs/spherical-video-v2-rfc.md), and V1 for
those that do not know it yet. libav writes neither for us, for PyAV cannot tell it that a stream is spherical.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

V1 = UUID("ffcc8263-f855-4a93-8814-587a02521fdd")
V1_NAMESPACE = "http://ns.google.com/videos/1.0/spherical/"
SOFTWARE = "panogen"

HEADERS = {b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"stsd": 8, b"avc1": 78}  # bytes before boxes
OFFSETS = {b"stco": "I", b"co64": "Q"}  # tables of where in the file pixels lie
MOVED = 2**24  # bytes at once


def add_spherical(path: Path, gpano: dict[str, Any]) -> None:
    """Have an .mp4 of one track, which begins with its index, say what GPano fields say of pictures. Raises OSError."""
    added = {b"avc1": v2_boxes(gpano), b"trak": v1_box(gpano)}
    with path.open("r+b") as file:
        start, size = find(file, b"moov")
        file.seek(start)
        index = file.read(size)
        longer = sum(map(len, added.values()))
        make_room(file, start + size, longer)
        file.seek(start)
        file.write(with_added(index, added, longer))


def v2_boxes(gpano: dict[str, Any]) -> bytes:
    """Return that frames are equirectangular, for one eye, and the shares of the sphere around them, in 2**32nds."""
    full = gpano["FullPanoWidthPixels"], gpano["FullPanoHeightPixels"]
    left, top = gpano["CroppedAreaLeftPixels"], gpano["CroppedAreaTopPixels"]
    right = full[0] - left - gpano["CroppedAreaImageWidthPixels"]
    bottom = full[1] - top - gpano["CroppedAreaImageHeightPixels"]
    sides = ((top, full[1]), (bottom, full[1]), (left, full[0]), (right, full[0]))
    bounds = struct.pack(">4I", *(2**32 * pixels // of for pixels, of in sides))
    pose = full_box(b"prhd", bytes(12))  # yaw, pitch and roll are in the pixels
    projection = box(b"proj", pose + full_box(b"equi", bounds))
    return full_box(b"st3d", b"\0") + box(b"sv3d", full_box(b"svhd", SOFTWARE.encode() + b"\0") + projection)


def v1_box(gpano: dict[str, Any]) -> bytes:
    """Return the same in XML."""
    fields: dict[str, Any] = {"Spherical": "true", "Stitched": "true", "StitchingSoftware": SOFTWARE}
    fields |= {name: value for name, value in gpano.items() if name != "UsePanoramaViewer"}
    lines = "".join(f"<GSpherical:{name}>{value}</GSpherical:{name}>" for name, value in fields.items())
    names = f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:GSpherical="{V1_NAMESPACE}"'
    return box(
        b"uuid", V1.bytes + f'<?xml version="1.0"?><rdf:SphericalVideo {names}>{lines}</rdf:SphericalVideo>'.encode()
    )


def box(kind: bytes, content: bytes) -> bytes:
    """Return a box: its length, its kind, what is in it."""
    return struct.pack(">I", 8 + len(content)) + kind + content


def full_box(kind: bytes, content: bytes) -> bytes:
    """Return a box of version 0 without flags."""
    return box(kind, bytes(4) + content)


def find(file: BinaryIO, kind: bytes) -> tuple[int, int]:
    """Return where the outermost box of a kind begins, and its length."""
    start = 0
    while True:
        file.seek(start)
        size, found = struct.unpack(">I4s", file.read(8))
        if found == kind:
            return start, size
        start += size


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the kinds and contents of boxes that lie one after the other."""
    start = 0
    while start < len(data):
        size, kind = struct.unpack_from(">I4s", data, start)
        yield kind, data[start + 8 : start + size]
        start += size


def with_added(data: bytes, added: dict[bytes, bytes], longer: int) -> bytes:
    """Return boxes with others ``added`` at the end of some kinds, for a file whose pixels lie so much later."""
    result = b""
    for kind, content in boxes(data):
        if kind in HEADERS:
            begun = HEADERS[kind]
            content = content[:begun] + with_added(content[begun:], added, longer) + added.get(kind, b"")
        elif kind in OFFSETS:
            table = f">{(len(content) - 8) // struct.calcsize('>' + OFFSETS[kind])}{OFFSETS[kind]}"
            content = content[:8] + struct.pack(table, *(at + longer for at in struct.unpack_from(table, content, 8)))
        result += box(kind, content)
    return result


def make_room(file: BinaryIO, start: int, longer: int) -> None:
    """Move what a file has from ``start`` on so much back, the last part first."""
    end = file.seek(0, 2)
    for part in reversed(range(start, end, MOVED)):
        file.seek(part)
        data = file.read(min(MOVED, end - part))
        file.seek(part + longer)
        file.write(data)
