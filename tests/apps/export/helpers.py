"""Reading tiles back."""

import numpy as np
from PIL import Image

from panogen.apps.export import save_export, tiling_of
from panogen.geometry import Cylinder

CHART = Cylinder()


def read(path):
    """A tile (H, W, 3) as whole numbers; it must be a JPEG that says nothing of itself but that it is sRGB."""
    with Image.open(path) as image:
        assert image.format == "JPEG"
        assert {"xmp", "comment", "exif", "icc_profile"} & set(image.info) == {"icc_profile"}
        return np.asarray(image.convert("RGB")).astype(int)


def off(picture, other):
    """How far two pictures are from each other, on average, in 8-bit levels."""
    assert picture.shape == other.shape
    return np.abs(picture - other.astype(int)).mean()


def exported(panogen, folder, export):
    """The tiling of an export that is done."""
    save_export(panogen, 4, folder, export)
    return tiling_of(export, panogen.model.chart)


def pasted(shape, tiles):
    """The picture that tiles, with the rows and columns of their upper left corners, make together; they must fill it,
    and where they overlap they must agree."""
    whole = np.full((*shape, 3), -1000)
    for top, left, tile in tiles:
        part = whole[top : top + len(tile), left : left + tile.shape[1]]
        assert part.shape == tile.shape
        twice = part[..., 0] >= 0
        assert not twice.any() or np.abs(part - tile)[twice].mean() < 8
        part[:] = tile
    assert whole.min() >= 0
    return whole
