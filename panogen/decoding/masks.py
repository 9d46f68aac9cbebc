"""Masks: pictures whose levels are shares, and no colours."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from panogen.base.arrays import Doubles
from panogen.base.errors import UsageError
from panogen.decoding import light, stills
from panogen.decoding.reasons import UnusableError

TIFFS = (".tif", ".tiff")


@contextlib.contextmanager
def mask_refused(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong in the block as a mask is read into a UsageError that names it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd metadata
            yield
    except Exception as error:  # a broken file makes decoders fail in any way
        said = (isinstance(error, OSError) and error.strerror) or str(error).replace(str(path), path.name)
        raise UsageError(f"mask {str(path)!r} cannot be used: {said}; give a PNG file") from None


def levels(path: Path, *, opacity: bool = False) -> Doubles:
    """Return a mask's levels (H, W) or (H, W, channels), upright, in [0, 1]: 1 is the largest number of its type, of
    floats 1.

    Where ``opacity`` counts, it is a channel, elsewhere all must be opaque. Raises UnusableError, or any error for a
    broken file.
    """
    numbers = light.numbers(path) if path.suffix.lower() in light.SUFFIXES else _still(path, opacity)
    if numbers.dtype == np.bool_:
        numbers = numbers.astype(np.uint8) * np.uint8(255)
    white = _white(numbers)
    least, most = numbers.min(), numbers.max()
    if not 0 <= least <= most <= white:
        raise UnusableError(f"levels of {least:g} to {most:g}, wanted 0 to {white}; scale them")
    return np.asarray(numbers, np.float64) / white


def _white(numbers: NDArray[Any]) -> int:
    return int(np.iinfo(numbers.dtype).max) if numbers.dtype.kind in "ui" else 1


def _still(path: Path, opacity: bool) -> NDArray[Any]:
    if path.suffix.lower() in TIFFS and (deep := _deep_tiff(path, opacity)) is not None:
        return deep
    with stills.opened(path) as still:
        image = still.image
        stills.check_still(image)
        if ";16" in str(image.tile) and image.mode in ("RGB", "RGBA"):
            return _deep_png(path, opacity)
        turn = still.turn
        as_it_is = image.mode.startswith("I") or image.mode == "1" or (opacity and image.mode == "RGBA")
        numbers = image if as_it_is else stills.opaque(image)
        return np.asarray(numbers if turn is None else numbers.transpose(turn))


def _deep_tiff(path: Path, opacity: bool) -> NDArray[Any] | None:
    """Return the numbers of a TIFF of more than 8 bits, which Pillow does not read or cuts off; else None."""
    import tifffile

    try:
        with tifffile.TiffFile(path) as file:
            page = file.pages.first
            if page.dtype is None or page.dtype.itemsize == 1:
                return None
            if len(file.pages) > 1:
                raise UnusableError(stills.SEVERAL)
            stills.refuse_bomb(page.imagewidth, page.imagelength)
            if page.axes not in ("YX", "YXS", "SYX"):
                raise UnusableError(f"axes {page.axes}, wanted rows and columns")
            numbers = page.asarray()
            numbers = np.moveaxis(numbers, 0, -1) if page.axes == "SYX" else numbers
            if page.photometric == tifffile.PHOTOMETRIC.MINISWHITE:
                numbers = _white(numbers) - numbers
            if page.extrasamples and page.extrasamples[-1] in (1, 2):  # associated or not
                numbers = _opaque(numbers, opacity)
            tag = page.tags.get("Orientation")
            return _upright(numbers, 1 if tag is None else tag.value)
    except (tifffile.TiffFileError, IndexError):
        return None


def _upright(numbers: NDArray[Any], orientation: int) -> NDArray[Any]:
    # As EXIF's orientations say where the first row and the first column are to be seen.
    upright = np.swapaxes(numbers, 0, 1) if orientation in (5, 6, 7, 8) else numbers
    upright = upright[::-1] if orientation in (3, 4, 7, 8) else upright
    return upright[:, ::-1] if orientation in (2, 3, 6, 7) else upright


def _deep_png(path: Path, opacity: bool) -> NDArray[Any]:
    # Pillow reads 8 of its bits.
    pixels: NDArray[Any] | None = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None:
        raise ValueError("its pixels cannot be decoded")
    colours = pixels[..., [2, 1, 0, 3][: pixels.shape[2]]]
    return _opaque(colours, opacity) if colours.shape[2] == 4 else colours


def _opaque(numbers: NDArray[Any], opacity: bool) -> NDArray[Any]:
    # Without opacity, the last channel, but where it counts beside red, green and blue.
    if opacity and numbers.shape[2] == 4:
        return numbers
    if numbers[..., -1].min() < _white(numbers):
        raise UnusableError("not opaque; flatten it")
    return numbers[..., 0] if numbers.shape[2] == 2 else numbers[..., :-1]
