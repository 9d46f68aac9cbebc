"""A folder of 2:1 equirectangular pictures as a source of panoramas."""

import warnings
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panogen.errors import JobError
from panogen.geometry import Cylinder, pixel_centres

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff")
LARGEST_PIXELS = 2**27  # 16384 x 8192; a larger picture is taken for a decompression bomb
SMALLEST_WIDTH = 64


class PanoramaFolder:
    """All usable panoramas of a folder, in the order of their names.

    ``skipped`` says why each of the others is not used. Raises JobError where none is usable.
    """

    licence = "as of the folder's pictures"

    def __init__(self, folder: Path):
        try:
            files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
        except OSError as error:
            raise JobError(f"{folder}: cannot be read as a folder of panoramas: {error.strerror or error}") from None
        self.files: list[Path] = []
        self.skipped: dict[Path, str] = {}
        for path in files:
            reason = why_unusable(path)
            if reason is None:
                self.files.append(path)
            else:
                self.skipped[path] = reason
        if not self.files:
            reasons = "; ".join(f"{path.name}: {reason}" for path, reason in list(self.skipped.items())[:3])
            raise JobError(
                f"{folder}: no usable panorama among {len(files)} pictures ({reasons or 'none with a known suffix'}); "
                f"wanted: 2:1 equirectangular pictures, {', '.join(SUFFIXES)}"
            )
        self.description = f"{len(self.files)} panoramas of the folder {folder.name}"

    def __len__(self) -> int:
        return len(self.files)

    def band(self, index: int, rows: int, columns: int, chart: Cylinder) -> NDArray[np.uint8]:
        """See ``Source``."""
        try:
            pixels = decode(self.files[index])
        except Exception as error:  # it was whole when the folder was read
            raise JobError(f"{self.files[index]}: cannot be read any more: {error}") from None
        full = cv2.resize(pixels, (columns, columns // 2), interpolation=cv2.INTER_AREA)
        elevation = chart.elevation_rad(chart.max_height * (1 - 2 * pixel_centres(rows)))
        position = np.clip((0.5 - elevation / np.pi) * len(full) - 0.5, 0, len(full) - 1)
        above = np.minimum(position.astype(int), len(full) - 2)
        share = (position - above)[:, None, None]
        return np.round(full[above] * (1 - share) + full[above + 1] * share).astype(np.uint8)


def why_unusable(path: Path) -> str | None:
    """Why a file cannot be trained on, or None: looks at its header, then decodes it once."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                width, height = image.size
                frames = getattr(image, "n_frames", 1)
                mode = "16-bit RGB" if "RGB;16" in str(image.tile) else image.mode  # which Pillow reads as 8-bit
                orientation = image.getexif().get(0x0112, 1)
    except Image.DecompressionBombError:
        return f"too many pixels (more than {LARGEST_PIXELS})"
    except Exception:  # a broken header makes decoders fail in any way
        return "not a picture that can be read"
    if width * height > LARGEST_PIXELS:
        return f"too many pixels ({width} x {height})"
    if frames > 1:
        return f"animated ({frames} frames)"
    if orientation != 1:
        return f"rotated by EXIF orientation {orientation}"
    if mode not in ("RGB", "L", "P", "RGBA"):
        return f"colour mode {mode}, wanted 8-bit RGB"
    if width != 2 * height:
        return f"not 2:1 ({width} x {height})"
    if width < SMALLEST_WIDTH:
        return f"only {width} pixels wide"
    try:
        decode(path)
    except Exception as error:
        return f"broken ({error})"
    return None


def decode(path: Path) -> NDArray[np.uint8]:
    """A picture as (H, W, 3) uint8."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
