"""Pictures of 8 bits, which Pillow decodes."""

from __future__ import annotations

import contextlib
import io
import struct
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageFile, UnidentifiedImageError

from panogen.base.arrays import Pixels
from panogen.base.colour import REC709, srgb_to_linear
from panogen.base.extras import require
from panogen.decoding.colour import ADOBE, NAMED_CURVES, NAMED_PRIMARIES, Primaries, Space, by_profile, power
from panogen.decoding.reasons import NOT_A_PICTURE, NonsenseError, UnusableError

FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF")  # all that Pillow is let try: some others run programs
HEIF_SUFFIXES = (".heic", ".heif", ".hif")
SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".insp", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif"),
    *HEIF_SUFFIXES,
)
MODES = ("RGB", "RGBA", "L", "LA", "P", "PA")
LARGEST_PIXELS = 2**27  # 16384 x 8192; a larger picture is taken for a decompression bomb
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # of Pillow's own limit, which is lower
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
PNG_USED = {b"tRNS", b"iCCP", b"cICP", b"gAMA", b"cHRM", b"sRGB", b"eXIf", b"acTL", b"fcTL", b"fdAT"}  # of remarks
PNG_XMP = b"XML:com.adobe.xmp\0"
SRGB_GAMMA = 0.45455  # what PNG files of sRGB say that predate its own chunk
ADOBE_LENGTH = 14  # bytes of Adobe's segment of a JPEG file, at least
SEVERAL = "animated, or of several pages"
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Still:
    """An opened picture, the remarks of its PNG file by their names, if it is one, and what made no sense."""

    image: ImageFile.ImageFile
    remarks: dict[bytes, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def exif(self, *ifd: int) -> dict[int, Any]:
        """Return the tags of EXIF, or those of a directory in it; none where they make no sense."""
        try:
            tags = self.image.getexif()
            return dict(tags.get_ifd(ifd[0]) if ifd else tags)
        except Exception:  # Pillow's parser fails on damage in any way
            self.note("its EXIF cannot be read")
            return {}

    @property
    def orientation(self) -> int:
        """What EXIF says, 1 where it says nothing that makes sense; some software writes 0."""
        value = self.exif().get(ExifTags.Base.Orientation, 1)
        if value in UPRIGHT or value in (0, 1):
            return int(value) or 1
        self.note(f"its EXIF orientation is {value!r}")
        return 1

    @property
    def turn(self) -> Image.Transpose | None:
        """What makes the decoded picture upright, if anything; TIFF files are decoded upright."""
        return None if self.image.format == "TIFF" else UPRIGHT.get(self.orientation)

    def note(self, text: str) -> None:
        """Keep a note, once."""
        if text not in self.notes:
            self.notes.append(text)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Still]:
    """Open a picture, without the remarks that keep Pillow from doing so. Raises UnusableError, OSError."""
    data = path.read_bytes()
    if path.suffix.lower() in HEIF_SUFFIXES:
        register_heif()
    refusal: Exception | None = None
    for used, note in ((PNG_USED, None), ({b"tRNS"}, "its metadata are damaged")):
        kept, remarks = without_remarks(data, used)
        try:
            image = Image.open(io.BytesIO(kept), formats=formats())
        except Image.DecompressionBombError:
            raise UnusableError(f"too many pixels (more than {LARGEST_PIXELS})") from None
        except Exception as error:  # damage makes it fail in any way
            refusal = refusal or error
            continue
        with image:
            yield Still(image, remarks, [note] if note else [])
            return
    if isinstance(refusal, UnidentifiedImageError):
        raise UnusableError(NOT_A_PICTURE) from None
    assert refusal is not None
    raise refusal


def formats() -> list[str]:
    """Return the formats that Pillow may try, of those that it knows here."""
    Image.init()
    return [name for name in (*FORMATS, "HEIF") if name in Image.OPEN]


def register_heif() -> None:
    """Let Pillow read what phones write. Raises UnusableError without the extra."""
    require("heif", "needs pi-heif", "; or export it as JPEG", UnusableError)
    import pi_heif

    pi_heif.register_heif_opener()


def without_remarks(data: bytes, used: set[bytes]) -> tuple[bytes, dict[bytes, bytes]]:
    """Return a file without what nobody here reads or what is damaged, and what is left of it by its chunks' names.

    Of a PNG the critical chunks stay, XMP, and those that are ``used`` if their checksums are right; of a JPEG, where
    nothing but ``tRNS`` is used, only what its pixels need. Other files stay as they are.
    """
    if data.startswith(PNG):
        return _png_without(data, used)
    if data.startswith(JPEG) and used == {b"tRNS"}:
        return _jpeg_without(data), {}
    return data, {}


def _png_without(data: bytes, used: set[bytes]) -> tuple[bytes, dict[bytes, bytes]]:
    kept, remarks, at = [data[:8]], {}, 8
    while at + 12 <= len(data):
        (length,), name = struct.unpack(">I", data[at : at + 4]), data[at + 4 : at + 8]
        chunk = data[at : at + 12 + length]
        content = chunk[8:-4]
        whole = len(chunk) == 12 + length and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")
        critical = not name[0] & 0x20
        wanted = name in used or (name == b"iTXt" and b"iCCP" in used and content.startswith(PNG_XMP))
        if critical or (wanted and whole):
            kept.append(chunk)
            if not critical:
                remarks[name] = content
        at += 12 + length
    return b"".join([*kept, data[at:]]), remarks


def _jpeg_without(data: bytes) -> bytes:
    # Application segments go, but for Adobe's, which says how colours are coded, and comments.
    kept, at = [data[:2]], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA:  # the pixels begin
            break
        adobe = marker == 0xEE and length >= ADOBE_LENGTH
        if adobe or not (0xE0 <= marker <= 0xEF or marker == 0xFE):
            kept.append(data[at : at + 2 + length])
        at += 2 + length
    return b"".join([*kept, data[at:]])


def check_still(image: ImageFile.ImageFile) -> None:
    """Raise UnusableError for bombs and for films."""
    refuse_bomb(*image.size)
    # Phones put a second picture, such as a map of gains, behind the first one: MPO, which is not animated.
    if image.format not in ("MPO", "HEIF") and getattr(image, "is_animated", False):
        raise UnusableError(SEVERAL)


def check(image: ImageFile.ImageFile) -> None:
    """Raise UnusableError for what is not decoded."""
    check_still(image)
    if image.mode.startswith("I") or ";16" in str(image.tile):  # the latter Pillow reads as 8 bit
        raise UnusableError("16 bit, wanted 8 bit a channel")
    if image.mode not in MODES:
        raise UnusableError(f"colour mode {image.mode}, wanted RGB")


def refuse_bomb(width: int, height: int) -> None:
    """Raise UnusableError for a picture that would fill the memory."""
    if width * height > LARGEST_PIXELS:
        raise UnusableError(f"too many pixels ({width} x {height}, at most {LARGEST_PIXELS})")


def decode(still: Still) -> Pixels:
    """Return the pixels (H, W, 3), upright and in sRGB. Raises UnusableError where they are not opaque."""
    image = opaque(still.image)
    try:
        image = in_srgb(image, still)
    except NonsenseError as error:
        still.note(str(error))
    turn = still.turn
    upright = image if turn is None else image.transpose(turn)
    return np.asarray(upright.convert("RGB"))


def opaque(image: Image.Image) -> Image.Image:
    """Return an image without opacity, of mode RGB or L. Raises UnusableError where something shows through: its
    colours are what some program left there."""
    grey = image.mode in ("L", "LA")
    if not image.has_transparency_data:
        return image if grey else image.convert("RGB")
    seen = image.convert("LA" if grey else "RGBA")
    opacity = np.asarray(seen.getchannel("A"))
    if opacity.min() < 255:
        clear = np.mean(opacity < 255)
        share = f"{clear:.0%}" if clear >= 0.01 else "less than 1%"
        raise UnusableError(f"not opaque: something shows through {share} of it; flatten it")
    return seen.convert("L" if grey else "RGB")


def in_srgb(image: Image.Image, still: Still) -> Image.Image:
    """Return an image of mode RGB or L in sRGB, by the first of what its file says of its colours: cICP, an ICC
    profile, sRGB, gAMA and cHRM (PNG, third edition, 4.3), EXIF. Raises NonsenseError, and UnusableError for curves of
    HDR."""
    info = still.image.info
    if coded := still.remarks.get(b"cICP"):
        return converted(image, by_code(coded))
    if info.get("icc_profile"):
        return by_profile(image, info["icc_profile"])
    if b"iCCP" in still.remarks:
        still.note("its ICC profile cannot be read")
    if "srgb" in info:
        return image
    if "gamma" in info or "chromaticity" in info:
        return converted(image, by_remarks(info.get("gamma", SRGB_GAMMA), info.get("chromaticity")))
    if still.exif(ExifTags.IFD.Interop).get(1) == "R03":  # DCF: a camera set to Adobe RGB
        return converted(image, ADOBE)
    return image


def converted(image: Image.Image, space: Space | None) -> Image.Image:
    """Return an image in sRGB from another space; None is sRGB."""
    return image if space is None else Image.fromarray(space.to_srgb(np.asarray(image.convert("RGB"))))


def by_code(coded: bytes) -> Space | None:
    """Return the space of a cICP chunk (ITU-T H.273); None where it is sRGB."""
    if len(coded) != 4:
        raise NonsenseError(f"its cICP has {len(coded)} bytes, wanted 4")
    primaries, curve = coded[0], coded[1]
    if curve in (16, 18):
        raise UnusableError(f"its colours are coded for HDR ({'PQ' if curve == 16 else 'HLG'}), wanted sRGB")
    if primaries not in NAMED_PRIMARIES or curve not in NAMED_CURVES:
        raise NonsenseError(f"its cICP names primaries {primaries} and curve {curve}, which are not known here")
    if primaries == 1 and curve in (1, 13, 14, 15):  # shown alike
        return None
    return Space(NAMED_PRIMARIES[primaries], NAMED_CURVES[curve])


def by_remarks(gamma: float, chromaticity: tuple[float, ...] | None) -> Space | None:
    """Return the space of gAMA and cHRM; None where it is sRGB."""
    if not 0.1 <= gamma <= 10 or (chromaticity is not None and min(chromaticity[1::2]) <= 0):
        raise NonsenseError(f"its gAMA {gamma:g} and cHRM {chromaticity} make no sense")
    primaries: Primaries = REC709
    if chromaticity is not None:
        white, *rest = zip(chromaticity[::2], chromaticity[1::2], strict=True)
        primaries = (*rest, white)
    curve = srgb_to_linear if abs(gamma / SRGB_GAMMA - 1) < 0.01 else power(1 / gamma)
    if curve is srgb_to_linear and np.allclose(primaries, REC709, atol=2e-3):
        return None
    return Space(primaries, curve)
