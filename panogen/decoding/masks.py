"""Masks: pictures whose levels are shares, and no colours."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.base.arrays import Array
from panogen.base.errors import UsageError
from panogen.decoding import light, stills
from panogen.decoding.reasons import UnusableError

TIFFS = (".tif", ".tiff")


@contextlib.contextmanager
def mask_refused(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong in the block as a mask is read into a UsageError that names it."""
    try:
        yield
    except Exception as error:  # a broken file makes decoders fail in any way
        said = (isinstance(error, OSError) and error.strerror) or str(error).replace(str(path), path.name)
        raise UsageError(f"mask {str(path)!r} cannot be used: {said}; give a PNG file") from None


def levels(path: Path, *, opacity: bool = False) -> Array:
    """Return a mask's levels (H, W) or (H, W, channels), upright, in [0, 1]: 1 is the largest number of its type, of
    floats 1.

    Where ``opacity`` counts, it is a channel, elsewhere all must be opaque. Raises UnusableError, or any error for a
    broken file.
    """
    numbers = _light(path) if path.suffix.lower() in light.SUFFIXES else _still(path, opacity)
    if numbers.dtype == np.bool_:
        numbers = numbers.astype(np.uint8) * np.uint8(255)
    white = np.iinfo(numbers.dtype).max if numbers.dtype.kind in "ui" else 1
    least, most = numbers.min(), numbers.max()
    if not 0 <= least <= most <= white:
        raise UnusableError(f"levels of {least:g} to {most:g}, wanted 0 to {white}; scale them")
    return np.asarray(numbers, np.float64) / white


def _light(path: Path) -> NDArray[Any]:
    return light.decoded(path)


def _still(path: Path, opacity: bool) -> NDArray[Any]:
    if path.suffix.lower() in TIFFS and (deep := _deep_tiff(path)) is not None:
        return deep
    with stills.opened(path) as still:
        image = still.image
        stills.check_still(image)
        if ";16" in str(image.tile) and image.mode in ("RGB", "RGBA"):
            return _deep_png(path, opacity)
        turn = stills.UPRIGHT.get(still.orientation)
        as_it_is = image.mode.startswith("I") or image.mode == "1" or (opacity and image.mode == "RGBA")
        numbers = image if as_it_is else stills.opaque(image)
        return np.asarray(numbers if turn is None else numbers.transpose(turn))


def _deep_tiff(path: Path) -> NDArray[Any] | None:
    """Return the numbers of a TIFF of more than 8 bits, which Pillow does not read or cuts off; else None."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            page = file.pages.first
            if page.dtype is None or page.dtype.itemsize == 1:
                return None
            stills.refuse_bomb(page.imagewidth, page.imagelength)
            numbers = page.asarray()
            if page.axes not in ("YX", "YXS", "SYX"):
                raise UnusableError(f"axes {page.axes}, wanted rows and columns")
            return np.moveaxis(numbers, 0, -1) if page.axes == "SYX" else numbers
    except tifffile.TiffFileError:
        return None


def _deep_png(path: Path, opacity: bool) -> NDArray[Any]:
    # Pillow reads 8 of its bits.
    pixels: NDArray[Any] | None = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("its pixels cannot be decoded")
    if pixels.shape[2] == 4 and not opacity:
        if pixels[..., 3].min() < np.iinfo(pixels.dtype).max:
            raise UnusableError("not opaque; flatten it")
        pixels = pixels[..., :3]
    return pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
