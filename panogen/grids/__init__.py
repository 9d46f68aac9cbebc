"""Grids: one file a layout. A new one is a file and a line here."""

from panogen.grids.base import LARGEST_SIDE, Camera, Grid
from panogen.grids.cubemap import FACE_NAMES, Cubemap, CubemapDice, cube_faces
from panogen.grids.cylindrical import Cylindrical, CylindricalCentral, CylindricalEquirectangular
from panogen.grids.equirectangular import Equirectangular
from panogen.grids.fisheye import EquisolidFisheye, Fisheye, LittlePlanet, StereographicFisheye
from panogen.grids.mercator import Mercator
from panogen.grids.perspective import Perspective
from panogen.grids.points import Points
from panogen.grids.window import GridWindow, Window

GRIDS: dict[str, type[Grid]] = {
    "cylindrical": Cylindrical,
    "equirectangular": Equirectangular,
    "perspective": Perspective,
    "cylindrical-central": CylindricalCentral,
    "cylindrical-equirectangular": CylindricalEquirectangular,
    "mercator": Mercator,
    "cubemap": Cubemap,
    "cubemap-dice": CubemapDice,
    "fisheye": Fisheye,
    "fisheye-equisolid": EquisolidFisheye,
    "fisheye-stereographic": StereographicFisheye,
    "little-planet": LittlePlanet,
    "points": Points,
}

__all__ = [
    "FACE_NAMES",
    "GRIDS",
    "LARGEST_SIDE",
    "Camera",
    "Cylindrical",
    "Equirectangular",
    "Grid",
    "GridWindow",
    "Perspective",
    "Window",
    "cube_faces",
]
