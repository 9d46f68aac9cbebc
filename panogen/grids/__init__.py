"""Grids: one file a layout. A new one is a file and a line here."""

from panogen.grids.base import LARGEST_SIDE, Camera, Grid
from panogen.grids.cylindrical import Cylindrical
from panogen.grids.equirectangular import Equirectangular
from panogen.grids.perspective import Perspective
from panogen.grids.window import GridWindow, Window

GRIDS: dict[str, type[Grid]] = {
    "cylindrical": Cylindrical,
    "equirectangular": Equirectangular,
    "perspective": Perspective,
}

__all__ = [
    "GRIDS",
    "LARGEST_SIDE",
    "Camera",
    "Cylindrical",
    "Equirectangular",
    "Grid",
    "GridWindow",
    "Perspective",
    "Window",
]
