"""Files that say of themselves what colours they mean, and others that say nonsense."""

import struct
import zlib

import numpy as np

D50 = np.array([0.9642, 1.0, 0.8249])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def to_xyz(primaries, white):
    """The matrix from light in primaries (3, 2) to XYZ; its white is that of (2,)."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    x, y = white
    return columns * np.linalg.solve(columns, [x / y, 1, (1 - x - y) / y])


def adapted(matrix, white):
    """XYZ as it looks under another white (3,)."""
    own = matrix.sum(1)
    return np.linalg.inv(BRADFORD) @ np.diag((BRADFORD @ white) / (BRADFORD @ own)) @ BRADFORD @ matrix


def fixed(value):
    """A number of ICC: 16 bits before the point and 16 behind."""
    return struct.pack(">i", round(value * 65536))


def profile(primaries, white, gamma):
    """An ICC profile of a display (version 2): three primaries and one power."""
    columns = adapted(to_xyz(primaries, white), D50)
    tags = {b"wtpt": b"XYZ \0\0\0\0" + b"".join(map(fixed, D50))}
    for name, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns.T, strict=True):
        tags[name] = b"XYZ \0\0\0\0" + b"".join(map(fixed, column))
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    tags[b"desc"] = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(78)
    tags[b"cprt"] = b"text\0\0\0\0none\0"
    table, content = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags.items():
        data += bytes(-len(data) % 4)
        table += name + struct.pack(">II", start + len(content), len(data))
        content += data
    size = start + len(content)
    header = struct.pack(">I4sI4s4s4s", size, b"\0\0\0\0", 0x02100000, b"mntr", b"RGB ", b"XYZ ")
    header += struct.pack(">6H4sIIII8sI", 2024, 1, 1, 0, 0, 0, b"acsp", 0, 0, 0, 0, bytes(8), 0)
    header += b"".join(map(fixed, D50))
    return header.ljust(128, b"\0") + table + content


def chunk(name, content, *, sound=True):
    """A chunk of a PNG; one that is not sound has a wrong checksum."""
    return (
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content) ^ (not sound))
    )


def with_chunks(path, *chunks):
    """Put chunks behind the header of a PNG."""
    data = path.read_bytes()
    path.write_bytes(data[:33] + b"".join(chunks) + data[33:])
