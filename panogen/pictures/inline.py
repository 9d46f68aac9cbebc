"""Pictures inside a page: JPEG in data URIs, as small as their share of the page asks."""

import base64
from pathlib import Path

import numpy as np
from PIL import Image

from panogen.pictures.formats import jpeg_bytes

SETTINGS = {"Q": 85, "subsample_mode": "on", "optimize_coding": True}
LARGEST_SIDE = 2048
LEAST_SIDE = 64


def data_uri(path: Path, most_bytes: int) -> tuple[str, tuple[int, int]] | None:
    """Return a picture's file as ``picture_uri`` does a picture; None if it is unreadable."""
    try:
        with Image.open(path) as opened:
            opened.load()
            picture = opened.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    return picture_uri(picture, most_bytes)


def picture_uri(picture: Image.Image, most_bytes: int) -> tuple[str, tuple[int, int]]:
    """Return an RGB picture as a ``data:`` address of at most about so many bytes, and its width and height."""
    side = min(LARGEST_SIDE, max(picture.size))
    while True:
        shrunk = picture.copy()
        shrunk.thumbnail((side, side), Image.Resampling.LANCZOS)
        data = base64.b64encode(jpeg_bytes(np.asarray(shrunk), **SETTINGS))
        if len(data) <= most_bytes or side <= LEAST_SIDE:
            return "data:image/jpeg;base64," + data.decode(), shrunk.size
        side = max(LEAST_SIDE, int(side * min(0.9, (most_bytes / len(data)) ** 0.5)))
