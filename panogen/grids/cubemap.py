"""Cube maps: six flat pictures, 90 degrees each, that show everything between them."""

import math
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from typing import ClassVar, Self

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles, Integers
from panogen.base.errors import UsageError
from panogen.geometry import Chart
from panogen.grids.base import AHEAD_CAMERA, Camera, Grid, check_positive, refuse_height
from panogen.grids.perspective import Perspective

# Where each face looks: degrees right and up. Each is as one sees it who turns there from the front, without rolling:
# the lower edge of ``up`` and the upper edge of ``down`` meet the front.
FACES = {
    "front": (0.0, 0.0),
    "right": (90.0, 0.0),
    "back": (180.0, 0.0),
    "left": (-90.0, 0.0),
    "up": (0.0, 90.0),
    "down": (0.0, -90.0),
}

# What programs call the faces, in the order of FACES. A cube map of OpenGL (specification 4.6, table 8.19), Direct3D or
# Unity is left-handed, x right, y up and z ahead as seen from inside, like our directions: so no face is mirrored or
# turned. three.js takes the same six pictures and shows px at its own -x, because its space is right-handed.
FACE_NAMES = {
    "names": tuple(FACES),
    "axes": ("pz", "px", "nz", "nx", "py", "ny"),
    "letters": ("f", "r", "b", "l", "u", "d"),
}


def cube_faces(width: int, camera: Camera = AHEAD_CAMERA) -> dict[str, Perspective]:
    """Return the faces, ``width`` pixels a side, by their names. ``camera`` turns the cube. Raises UsageError."""
    return {face: Perspective(width, width, 90.0, camera.turned(*at_deg)) for face, at_deg in FACES.items()}


@dataclass(frozen=True)
class Cubemap(Grid):
    """The faces in a row: front, right, back, left, up, down. ``width`` is that of all of them."""

    name = "cubemap"
    natural_width = 1536  # as dense as 1024 pixels around the circle
    cells: ClassVar[tuple[tuple[str, ...], ...]] = (tuple(FACES),)  # rows of faces, "" where nothing is shown
    width: int
    camera: Camera = AHEAD_CAMERA

    def __post_init__(self) -> None:
        check_positive("width", self.width)
        across = len(self.cells[0])
        if self.width % across:
            below = self.width // across * across
            nearest = f"{below} or {below + across}" if below else f"{across}"
            raise UsageError(
                f"width must be a multiple of {across} for a {self.name} picture, got {self.width}; use {nearest}"
            )

    @classmethod
    @override
    def _laid_out(cls, chart: Chart, camera: Camera, width: int, height: int | None, fov_deg: float | None) -> Self:
        # The only height is the one of square faces.
        grid = cls(width, camera)
        refuse_height(cls.name, height, grid.shape[0], width)
        return grid

    @property
    def side(self) -> int:
        """Return the side of a face, in pixels."""
        return self.width // len(self.cells[0])

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.side * len(self.cells), self.width

    @override
    def finer(self, times: int) -> Self:
        return replace(self, width=self.width * times)

    @cached_property
    def faces(self) -> dict[str, Perspective]:
        """Each with the very directions that its cell has."""
        return cube_faces(self.side, self.camera)

    def _in_cells(self, samples: Integers) -> tuple[Integers, Integers]:
        # The cells (n,) in which samples lie, counted row after row, and their numbers (n,) in a face.
        (down, row), (along, column) = (np.divmod(side, self.side) for side in np.divmod(samples, self.width))
        return down * len(self.cells[0]) + along, row * self.side + column

    @override
    def at(self, samples: Integers) -> Doubles:
        directions = np.full((len(samples), 3), math.nan)
        cells, inside = self._in_cells(samples)
        for cell, face in enumerate(chain.from_iterable(self.cells)):
            here = cells == cell
            if face and here.any():
                directions[here] = self.faces[face].at(inside[here])
        return directions

    @override
    def footprints(self, samples: Integers) -> Doubles:
        """Return those of a face, which all faces have in common."""
        cells, inside = self._in_cells(samples)
        shown = np.array([bool(face) for face in chain.from_iterable(self.cells)])
        return np.where(shown[cells], self.faces["front"].footprints(inside), math.nan)


class CubemapDice(Cubemap):
    """The cube, folded open: left, front, right and back in a row, up above the front and down below it."""

    name = "cubemap-dice"
    natural_width = 1024
    cells = (
        ("", "up", "", ""),
        ("left", "front", "right", "back"),
        ("", "down", "", ""),
    )
