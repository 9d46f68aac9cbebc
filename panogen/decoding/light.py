"""High dynamic range files: Radiance (.hdr) and OpenEXR (.exr, with the extra ``panogen[exr]``)."""

import contextlib
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from panogen.base.arrays import Reals
from panogen.base.colour import LUMINANCE
from panogen.base.extras import require
from panogen.decoding.colour import to_rec709
from panogen.decoding.reasons import NOT_A_PICTURE, NonsenseError, UnusableError

SUFFIXES = (".hdr", ".exr")
BRIGHTEST = 1e30  # so that no scale of it overflows
OPAQUE = 0.999
LONGEST_HEADER = 2**16  # bytes of a Radiance header
SIZE_LINE = re.compile(rb"\n\n([-+][XY]) (\d{1,9}) ([-+][XY]) (\d{1,9})\n")
PRIMARIES_LINE = re.compile(rb"\nPRIMARIES=([-+.eE\d \t]+)\n")


def size(path: Path) -> tuple[int, int]:
    """Width and height from the header. Raises UnusableError for what cannot be read."""
    if path.suffix.lower() == ".exr":
        (left, top), (right, bottom) = _windows(_exr(path, header_only=True)[0])["displayWindow"]
        return right - left + 1, bottom - top + 1
    header = _radiance_header(path)
    found = SIZE_LINE.search(header)
    if not header.startswith(b"#?") or found is None:
        raise UnusableError(NOT_A_PICTURE)
    if (found[1], found[3]) != (b"-Y", b"+X"):
        raise UnusableError("rotated by its header, wanted -Y +X")
    return int(found[4]), int(found[2])


def decode_with_notes(path: Path) -> tuple[Reals, tuple[str, ...]]:
    """Linear RGB (H, W, 3) of Rec. 709 primaries, float32, at least 0, and notes on primaries that made no sense.

    Raises an error for a broken file.
    """
    light, primaries = _read(path)
    light = np.nan_to_num(light, copy=False)
    light = np.clip(light, -BRIGHTEST, BRIGHTEST, out=light)
    notes: tuple[str, ...] = ()
    if primaries is not None:
        try:
            pairs = tuple(zip(primaries[::2], primaries[1::2], strict=True))
            light = light @ to_rec709(pairs).astype(np.float32).T
        except NonsenseError as error:
            notes = (str(error),)
    return np.maximum(light, 0, out=light), notes


def numbers(path: Path) -> Reals:
    """Red, green and blue (H, W, 3) as they stand in a file, float32. Raises an error for a broken file."""
    return _read(path)[0]


def _read(path: Path) -> tuple[Reals, list[float] | None]:
    light, primaries = _exr_light(path) if path.suffix.lower() == ".exr" else _radiance_light(path)
    return np.ascontiguousarray(light, np.float32), primaries


def _radiance_header(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LONGEST_HEADER).replace(b"\r\n", b"\n")


def _radiance_light(path: Path) -> tuple[Reals, list[float] | None]:
    light = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if light is None:
        raise ValueError("its pixels cannot be decoded")
    named = PRIMARIES_LINE.search(_radiance_header(path))
    primaries = []
    with contextlib.suppress(ValueError):  # some are no numbers
        primaries = [float(number) for number in named[1].split()] if named else []
    return np.asarray(light[..., ::-1], np.float32), primaries if len(primaries) == 8 else None


def _exr(path: Path, *, header_only: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Read the header of a file's first part, and its channels where wanted."""
    require("exr", "needs OpenEXR", error=UnusableError)
    import OpenEXR

    with OpenEXR.File(str(path), separate_channels=True, header_only=header_only) as file:
        channels = {} if header_only else {name: one.pixels for name, one in file.channels().items()}
        return dict(file.header()), channels


def _exr_light(path: Path) -> tuple[Reals, list[float] | None]:
    """Return what the display window shows, and the primaries that the file names."""
    header, channels = _exr(path, header_only=False)
    if "deep" in str(header.get("type", "")):
        raise UnusableError("deep, with several samples a pixel; flatten it")
    layer, names = _layer(channels)
    if "A" in names and not (least := float(np.min(channels[names["A"]]))) >= OPAQUE:
        raise UnusableError(f"not opaque: its alpha is {least:g} somewhere; flatten it")
    primaries = header.get("chromaticities")
    if layer == "YC":
        light = _from_luminance(*(channels[names[name]] for name in ("Y", "RY", "BY")))
    else:
        light = np.stack([channels[names[name]] for name in layer], -1).astype(np.float32)
    return _in_display_window(light, _windows(header)), None if primaries is None else list(primaries)


def _layer(channels: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Return which kind of colours a file has, RGB, YC or YYY, and the channels' own names by R, G, B, A, Y, RY, BY.

    Layers are tried in the order of their names' lengths: the unnamed one first, then such as ViewLayer.Combined.
    """
    layers: dict[str, dict[str, str]] = {}
    for name in channels:
        layer, _, channel = name.rpartition(".")
        layers.setdefault(layer, {})[channel.upper()] = name
    for kind, wanted in (("RGB", "RGB"), ("YC", ("Y", "RY", "BY")), ("YYY", "Y")):
        for layer in sorted(layers, key=len):
            if set(wanted) <= layers[layer].keys():
                return kind, layers[layer]
    raise UnusableError(f"channels {', '.join(sorted(channels))}, wanted R, G, B")


def _from_luminance(luminance: Any, red: Any, blue: Any) -> Reals:
    """Return RGB of luminance and of red and blue by how far they differ from it, in luminances (OpenEXR, RgbaYca)."""
    y = np.asarray(luminance, np.float32)
    shape = y.shape[::-1]
    red, blue = (cv2.resize(np.asarray(one, np.float32), shape, interpolation=cv2.INTER_LINEAR) for one in (red, blue))
    r, b = (red + 1) * y, (blue + 1) * y
    g = (y - LUMINANCE[0] * r - LUMINANCE[2] * b) / LUMINANCE[1]
    return np.stack([r, g, b], -1)


def _windows(header: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tuple(tuple(int(side) for side in corner) for corner in header[name])
        for name in ("dataWindow", "displayWindow")
    }


def _in_display_window(light: Reals, windows: dict[str, Any]) -> Reals:
    """Return what lies in the display window, black where the data do not reach."""
    (left, top), (right, bottom) = windows["displayWindow"]
    (data_left, data_top), (data_right, data_bottom) = windows["dataWindow"]
    shown = np.zeros((bottom - top + 1, right - left + 1, 3), np.float32)
    x, y = max(left, data_left), max(top, data_top)
    columns, rows = min(right, data_right) + 1 - x, min(bottom, data_bottom) + 1 - y
    if columns > 0 and rows > 0:
        part = light[y - data_top : y - data_top + rows, x - data_left : x - data_left + columns]
        shown[y - top : y - top + rows, x - left : x - left + columns] = part
    return shown
