"""Tiles of an equirectangular sphere for Photo Sphere Viewer and its adapter equirectangular-tiles.

https://photo-sphere-viewer.js.org/guide/adapters/equirectangular-tiles.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from typing_extensions import override

from panogen.apps.export.base import Tiling, doubling, json_text
from panogen.apps.export.tiles import Painter, shows_any, windows
from panogen.base.errors import UsageError
from panogen.base.files import write_text
from panogen.grids import Camera, Equirectangular, Grid, GridWindow

MOST_COLUMNS = 64  # of the mesh that the adapter puts its tiles on
FEWEST_COLUMNS = 4  # fewer would be no sharper than the base
BASE_WIDTH = 1024  # of the picture that is shown until tiles are there
BASE, TILE_URL = "base.jpg", "{level}/{col}_{row}.jpg"


@dataclass(frozen=True)
class Level:
    """A whole sphere in square tiles, of which the chart shows ``rows``."""

    sphere: Grid
    tile: int
    rows: range

    @property
    def windows(self) -> Iterator[GridWindow]:
        """The tiles in these rows."""
        return (window for window in windows(self.sphere, self.tile) if window.top // self.tile in self.rows)

    @property
    def columns(self) -> int:
        """Return how many tiles go around."""
        return self.sphere.shape[1] // self.tile

    @property
    def pixels(self) -> int:
        """Return those of the tiles."""
        return len(self.rows) * self.columns * self.tile**2

    def described(self) -> dict[str, int]:
        """Return the level as the adapter takes it, and the first and last row that there are."""
        rows = {"firstRow": self.rows[0], "lastRow": self.rows[-1]}
        return {"width": self.sphere.shape[1], "cols": self.columns, "rows": self.columns // 2, **rows}


@dataclass(frozen=True)
class PhotoSphereViewer(Tiling):
    """The sphere in several sizes, each rendered by itself: square tiles, 2^(n+1) columns and 2^n rows of them, as the
    adapter demands. Rows that show nothing of the chart are left out."""

    name = "photo-sphere-viewer"

    def __post_init__(self) -> None:
        super().__post_init__()
        largest = MOST_COLUMNS * self.export.tile
        if self.export.width > largest:
            raise UsageError(
                f"width must be at most {largest} for {self.name}, which takes {MOST_COLUMNS} columns of tiles, got "
                f"{self.export.width}; make the tiles larger"
            )

    @cached_property
    def levels(self) -> list[Level]:
        """The coarsest first."""
        tile, *_ = widths = doubling(self.export.width, min(self.export.tile, self.export.width // FEWEST_COLUMNS))
        return [self._level(width, tile) for width in widths if width >= FEWEST_COLUMNS * tile]

    def _level(self, width: int, tile: int) -> Level:
        # With the rows of tiles in which the chart is seen.
        sphere = self._sphere(width)
        seen = [
            row
            for row in range(width // 2 // tile)
            if self.export.outside != "black" or shows_any(self.chart, GridWindow(sphere, row * tile, 0, tile, tile))
        ]
        return Level(sphere, tile, range(seen[0], seen[-1] + 1))

    def _sphere(self, width: int) -> Grid:
        return Equirectangular.lay_out(self.chart, Camera(), width, width // 2)

    @cached_property
    def base(self) -> Grid:
        """The band that the chart shows, or all of the sphere, small."""
        width = min(BASE_WIDTH, self.levels[-1].sphere.shape[1])
        if self.export.outside != "black":
            return self._sphere(width)
        return Equirectangular.lay_out(self.chart, Camera(), width)

    @property
    def source(self) -> Level | None:
        """The level that has the base in it, if one is as wide: its rows are among those, to the bit."""
        return next((level for level in self.levels if level.sphere.shape[1] == self.base.shape[1]), None)

    @property
    @override
    def pixels(self) -> int:
        return (0 if self.source else len(self.base)) + sum(level.pixels for level in self.levels)

    @override
    def described(self) -> dict[str, Any]:
        tiles = sum(level.columns * len(level.rows) for level in self.levels)
        return {"levels": [level.described() for level in self.levels], "tiles": tiles}

    @override
    def write(self, folder: Path, painter: Painter) -> None:
        source, (rows, columns) = self.source, self.base.shape
        whole = np.empty((columns // 2, columns, 3), np.uint8) if source else painter.picture(self.base)
        for number, level in enumerate(self.levels):
            for window, picture in painter.tiles(level.sphere, level.windows):
                place = {"level": number, "col": window.left // level.tile, "row": window.top // level.tile}
                painter.save(picture, folder / TILE_URL.format(**place))
                if level is source:
                    whole[window.top :, window.left :][: window.height, : window.width] = picture
        top = (len(whole) - rows) // 2
        painter.save(whole[top : top + rows], folder / BASE)
        write_text(folder / "config.json", json_text(self.config()))

    def config(self) -> dict[str, Any]:
        """Return the configuration of the adapter. ``tileUrl``, which is to become a function, is a template here."""
        gpano = self.base.metadata
        return {
            "baseUrl": BASE,
            "basePanoData": {
                "fullWidth": gpano["FullPanoWidthPixels"],
                "fullHeight": gpano["FullPanoHeightPixels"],
                "croppedWidth": gpano["CroppedAreaImageWidthPixels"],
                "croppedHeight": gpano["CroppedAreaImageHeightPixels"],
                "croppedX": gpano["CroppedAreaLeftPixels"],
                "croppedY": gpano["CroppedAreaTopPixels"],
            },
            "levels": [level.described() for level in self.levels],
            "tileUrl": TILE_URL,
        }
