"""What a tiling is: the files that a kind of viewer asks for, and how a panorama becomes them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from panogen.apps.export.request import Export
from panogen.apps.export.tiles import Painter
from panogen.base.errors import UsageError
from panogen.geometry import Chart

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.places import Place

STRAIGHT_AHEAD = Export().opening


@dataclass(frozen=True)
class Tiling:
    """An export laid out on a chart. Subclasses raise UsageError for what they cannot hold, before anything is done."""

    name: ClassVar[str]
    has_viewer: ClassVar[bool] = False  # whether our page shows it
    opens: ClassVar[bool] = False  # whether its files say where a viewer begins to look
    needs_url: ClassVar[bool] = False  # whether its files name the place that they are served from
    export: Export
    chart: Chart

    def __post_init__(self) -> None:
        if self.export.viewer and not self.has_viewer:
            raise UsageError(f"the viewer shows tiling multires, got {self.name}; leave one of them out")
        if self.export.url is not None and not self.needs_url:
            raise UsageError(f"url is for tiling iiif, got {self.name} and {self.export.url!r}; leave it out")
        for name, value in self.export.opening.items():
            if not self.opens and value != STRAIGHT_AHEAD[name]:
                raise UsageError(
                    f"{name} is for pages, got {value:g} and tiling {self.name}, which does not say where a viewer "
                    "begins; leave it out"
                )

    def check(self, panogen: "Panogen", place: "Place") -> None:
        """Raise UsageError for a model or a place that it cannot show."""

    @property
    def pixels(self) -> int:
        """Return how many pixels are computed, or found to be black."""
        raise NotImplementedError

    def described(self) -> dict[str, Any]:
        """What becomes of the width, for JSON."""
        raise NotImplementedError

    def write(self, folder: Path, painter: Painter) -> None:
        """Fill a folder that is empty."""
        raise NotImplementedError

    def add_pages(self, folder: Path, made: dict[str, Any]) -> None:
        """Add what shows the files, if anything does, ``made`` as their request says."""


def doubling(size: int, tile: int) -> list[int]:
    """Sides in pixels of a pyramid's levels, the first at most ``tile``, each twice the one before it, and the last as
    near to ``size`` as that allows."""
    levels = max(0, (-(-size // tile) - 1).bit_length())
    first = max(1, min(tile, round(size / 2**levels)))
    return [first * 2**level for level in range(levels + 1)]


def json_text(value: Any) -> str:
    """Return a value as JSON that people may read."""
    return json.dumps(value, indent=2) + "\n"
