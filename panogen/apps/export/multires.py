"""Tiles of a cube for Pannellum: type multires.

https://pannellum.org/documentation/reference/#multires-specific-options
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import override

from panogen.apps.export.base import Tiling, doubling, json_text
from panogen.apps.export.page import add_page
from panogen.apps.export.request import WIDEST_DEG
from panogen.apps.export.tiles import FACES, FALLBACK, Painter, windows
from panogen.base.files import write_text
from panogen.grids import Camera, Perspective, cube_faces

LARGEST_FALLBACK = 2048  # pixels a side: graphics processors of all phones take it as one texture
NARROW_DEG = 50.0  # the least that Pannellum shows unless it is told another


@dataclass(frozen=True)
class Multires(Tiling):
    """Six faces in several sizes, each rendered at its own size, and in one of these sizes whole, too.

    In the middle of a face its pixels are as dense as around the circle of the panorama: a face of n pixels spans 2 at
    distance 1, and ``width`` pixels span 2 pi.
    """

    name = "multires"
    has_viewer = True
    opens = True

    @cached_property
    def sides(self) -> list[int]:
        """Pixels along a face, level after level; no level has half a pixel, as halving any number would give."""
        return doubling(round(self.export.width / math.pi), self.export.tile)

    @property
    def fallback(self) -> int:
        """Pixels along the faces that are kept whole, for browsers without WebGL and pages without a server."""
        return max((side for side in self.sides if side <= LARGEST_FALLBACK), default=self.sides[0])

    @property
    @override
    def pixels(self) -> int:
        return len(FACES) * sum(side * side for side in self.sides)

    @override
    def described(self) -> dict[str, Any]:
        tiles = sum(len(FACES) * math.ceil(side / self.export.tile) ** 2 for side in self.sides)
        return {"cube": self.sides[-1], "levels": self.sides, "fallback": self.fallback, "tiles": tiles}

    @override
    def write(self, folder: Path, painter: Painter) -> None:
        for level, side in enumerate(self.sides, start=1):
            for face, grid in faces(side):
                whole = np.empty((side, side, 3), np.uint8) if side == self.fallback else None
                for window, picture in painter.tiles(grid, windows(grid, self.export.tile)):
                    row, column = window.top // self.export.tile, window.left // self.export.tile
                    painter.save(picture, folder / str(level) / f"{face}{row}_{column}.jpg")
                    if whole is not None:
                        whole[window.top :, window.left :][: window.height, : window.width] = picture
                if whole is not None:
                    painter.save(whole, folder / FALLBACK / f"{face}.jpg")
        write_text(folder / "config.json", json_text(self.config()))

    @override
    def add_pages(self, folder: Path, made: dict[str, Any]) -> None:
        if self.export.viewer:
            add_page(folder, self, made)

    def config(self) -> dict[str, Any]:
        """Return the configuration of Pannellum."""
        yaw_deg, pitch_deg, fov_deg = self.export.opening.values()
        return {
            "type": "multires",
            "yaw": yaw_deg,
            "pitch": pitch_deg,
            "hfov": fov_deg,
            "minHfov": min(fov_deg, NARROW_DEG),
            "maxHfov": WIDEST_DEG,
            **self.limits(),
            "multiRes": {
                "path": "/%l/%s%y_%x",
                "fallbackPath": f"/{FALLBACK}/%s",
                "extension": "jpg",
                "tileResolution": min(self.export.tile, self.sides[-1]),
                "maxLevel": len(self.sides),
                "cubeResolution": self.sides[-1],
            },
        }

    def limits(self) -> dict[str, Any]:
        """Return the part of the sphere that may be looked at. It is what the chart shows, less a pixel of the coarsest
        level, whose colours at its edge are mixed with black."""
        edge_deg = math.degrees(self.chart.band.max_elevation_rad)
        if edge_deg == 90 or self.export.outside != "black":
            return {}
        most = math.floor(100 * max(0.0, edge_deg - 90 / self.sides[0])) / 100
        return {"vaov": 2 * edge_deg, "minPitch": -most, "maxPitch": most, "avoidShowingBackground": True}


def faces(side: int) -> Iterator[tuple[str, Perspective]]:
    """Return the six faces of a cube."""
    return zip(FACES, cube_faces(side, Camera()).values(), strict=True)
