"""Pictures inside a page: JPEG in data URIs, as small as their share of the page asks."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from panogen.pages.log import evenly

QUALITY = 85
LARGEST_SIDE = 2048
LEAST_SIDE = 64


@dataclass(frozen=True)
class Snapshot:
    """A picture that a run left after so many images."""

    path: Path
    n_images: int


def find_snapshots(folder: Path, suffix: str, at_most: int) -> list[Snapshot]:
    """Those named NNNNNNNNN``suffix``.png, first and last included, as evenly spread over the images as they are."""
    found = []
    for path in folder.glob(f"*{suffix}.png"):
        digits = path.name.removesuffix(f"{suffix}.png")
        if digits.isascii() and digits.isdecimal():
            found.append(Snapshot(path, int(digits)))
    found.sort(key=lambda snapshot: snapshot.n_images)
    return [found[k] for k in evenly(np.array([snapshot.n_images for snapshot in found], np.float64), at_most)]


def data_uri(path: Path, most_bytes: int) -> tuple[str, tuple[int, int]] | None:
    """A picture as a ``data:`` address of at most about so many bytes, and its width and height; None if unreadable."""
    try:
        with Image.open(path) as opened:
            opened.load()
            picture = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return picture_uri(picture, most_bytes)


def picture_uri(picture: Image.Image, most_bytes: int) -> tuple[str, tuple[int, int]]:
    """An RGB picture as a ``data:`` address of at most about so many bytes, and its width and height."""
    side = min(LARGEST_SIDE, max(picture.size))
    while True:
        shrunk = picture.copy()
        shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        shrunk.save(file, "JPEG", quality=QUALITY, optimize=True)
        data = base64.b64encode(file.getvalue())
        if len(data) <= most_bytes or side <= LEAST_SIDE:
            return "data:image/jpeg;base64," + data.decode(), shrunk.size
        side = max(LEAST_SIDE, int(side * min(0.9, (most_bytes / len(data)) ** 0.5)))
