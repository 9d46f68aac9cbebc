"""What is asked of an export, whatever its tiling."""

import math
from dataclasses import dataclass, field

from panogen.base.arguments import settle
from panogen.base.errors import UsageError
from panogen.base.records import ADDED_LATER, told
from panogen.grids import LARGEST_SIDE, Camera
from panogen.grids.view import OPAQUE_OUTSIDES, check_truncation

SMALLEST_WIDTH = 64
NARROWEST_DEG, WIDEST_DEG = 8.0, 110.0  # that our pages show
SMALLEST_TILE, LARGEST_TILE = 32, 4096


@told
@dataclass(frozen=True)
class Export:
    """How to cut a panorama, 360 degrees of ``width`` pixels, into files. Raises UsageError.

    ``tile`` is the side of the largest tiles in pixels, ``quality`` that of their JPEG. ``outside`` is what lies beyond
    the model's chart: black, where viewers are told not to look, or, as in ``View``, something else. ``viewer`` adds a
    page to look around in. ``url`` is where the folder will be served, for tilings that must know it. ``yaw_deg``,
    ``pitch_deg`` and ``fov_deg`` are where a viewer begins to look, for tilings that can say so, and how wide it sees.
    """

    width: int = 4096
    tiling: str = "multires"
    tile: int = 512
    quality: int = 90
    truncation: float = 1.0
    outside: str = "black"
    viewer: bool = False
    url: str | None = None
    yaw_deg: float = field(default=0.0, metadata=ADDED_LATER)
    pitch_deg: float = field(default=0.0, metadata=ADDED_LATER)
    fov_deg: float = field(default=90.0, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        settle(self)
        for name, lowest, highest in (
            ("width", SMALLEST_WIDTH, LARGEST_SIDE),
            ("tile", SMALLEST_TILE, LARGEST_TILE),
            ("quality", 1, 100),
        ):
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise UsageError(f"{name} must be a whole number in [{lowest}, {highest}], got {value}")
        check_truncation(self.truncation)
        if self.outside not in OPAQUE_OUTSIDES:  # of those of a view, what a JPEG can show
            raise UsageError(f"outside must be one of {', '.join(OPAQUE_OUTSIDES)}, got {self.outside!r}")
        if self.url is not None and not self.url.startswith(("http://", "https://")):
            raise UsageError(f"url must begin with http:// or https://, got {self.url!r}")
        Camera(self.yaw_deg, self.pitch_deg)
        if not NARROWEST_DEG <= self.fov_deg <= WIDEST_DEG:
            raise UsageError(f"fov_deg of a page must be in [{NARROWEST_DEG:g}, {WIDEST_DEG:g}], got {self.fov_deg:g}")

    @property
    def opening(self) -> dict[str, float]:
        """Return where a viewer begins to look, by the names of a view."""
        return {"yaw_deg": math.remainder(self.yaw_deg, 360), "pitch_deg": self.pitch_deg, "fov_deg": self.fov_deg}
