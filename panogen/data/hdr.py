"""High dynamic range files: Radiance (.hdr) and OpenEXR (.exr, with the extra ``panogen[exr]``)."""

import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from panogen.data.source import Light, UnusableError

HDR_SUFFIXES = (".hdr", ".exr")
NOT_A_PICTURE = "not a picture that can be read"
BRIGHTEST = 1e30  # so that no scale of it overflows
LONGEST_HEADER = 2**16  # bytes of a Radiance header
SIZE_LINE = re.compile(rb"\n\n([-+][XY]) (\d{1,9}) ([-+][XY]) (\d{1,9})\n")


def hdr_size(path: Path) -> tuple[int, int]:
    """Width and height from the header. Raises UnusableError for what cannot be read."""
    if path.suffix.lower() == ".exr":
        (left, top), (right, bottom) = (map(int, corner) for corner in _exr(path, header_only=True)["dataWindow"])
        return right - left + 1, bottom - top + 1
    with path.open("rb") as file:
        header = file.read(LONGEST_HEADER).replace(b"\r\n", b"\n")
    size = SIZE_LINE.search(header)
    if not header.startswith(b"#?") or size is None:
        raise UnusableError(NOT_A_PICTURE)
    if (size[1], size[3]) != (b"-Y", b"+X"):
        raise UnusableError("rotated by its header, wanted -Y +X")
    return int(size[4]), int(size[2])


def decode_hdr(path: Path) -> Light:
    """Linear RGB (H, W, 3) float32, at least 0. Raises an error for a broken file."""
    if path.suffix.lower() == ".exr":
        light = _exr(path, header_only=False)["pixels"]
    else:
        light = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
        if light is None:
            raise ValueError("its pixels cannot be decoded")
        light = light[..., ::-1]
    light = np.nan_to_num(np.ascontiguousarray(light, np.float32), copy=False)
    return np.clip(light, 0, BRIGHTEST, out=light)


def _exr(path: Path, header_only: bool) -> dict[str, Any]:
    """Read the header of a file's first part, and its pixels (H, W, 3 or 1) where wanted."""
    try:
        import OpenEXR
    except ImportError:
        raise UnusableError("needs OpenEXR, which comes with pip install 'panogen[exr]'") from None
    with OpenEXR.File(str(path), header_only=header_only) as file:
        header = dict(file.header())
        if not header_only:
            channels = file.channels()
            names = [name for name in ("RGB", "RGBA", "Y") if name in channels]
            if not names:
                raise UnusableError(f"channels {', '.join(sorted(channels))}, wanted R, G, B")
            pixels = channels[names[0]].pixels
            grey = pixels.ndim == 2
            header["pixels"] = np.repeat(pixels[..., None], 3, -1) if grey else pixels[..., :3]
    return header
