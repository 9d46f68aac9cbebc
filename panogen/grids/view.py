"""What is asked of a picture, whatever it shows: its projection, its size, where it looks."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from panogen.base.arguments import at_home, settle
from panogen.base.errors import UsageError
from panogen.base.files import known_file, sha256
from panogen.base.records import ADDED_LATER, told
from panogen.geometry import Chart
from panogen.grids import GRIDS, Camera, Grid
from panogen.grids.base import CircleGrid
from panogen.grids.points import Points

# What a picture shows where the chart ends: nothing, in two ways; the edge of the chart; what lies as far inside it.
OUTSIDES = ("black", "transparent", "edge", "mirror")
OPAQUE_OUTSIDES = tuple(outside for outside in OUTSIDES if outside != "transparent")
MOST_SAMPLES = 16  # of a pixel, each way
STRONGEST_TRUNCATION = 2.0  # farther out than any latent that the network was trained on


@told
@dataclass(frozen=True)
class View:
    """What to show of a place: the projection, its size in pixels and where it looks. Raises UsageError.

    ``projection`` None means that of what the model was trained on, ``width``, ``height`` and ``fov_deg`` None those
    natural to the projection. ``noise`` is for models that have learned how strong it is. ``supersample`` samples each
    way make a pixel, and ``outside``, one of ``OUTSIDES``, is what lies beyond the chart. With a ``tolerance``, in
    steps of 8 bits, samples are interpolated where that is within it almost everywhere. ``points`` is a file of
    directions to show, whose projection is ``points``, and whose size is the picture's; see
    ``grids.Points``. With ``points_sha256`` it must be the file of that SHA-256.
    """

    width: int | None = None
    height: int | None = None
    projection: str | None = None
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    fov_deg: float | None = None
    truncation: float = 1.0
    noise: bool = False
    supersample: int = 1
    outside: str = "black"
    tolerance: float | None = None
    points: str | None = None
    points_sha256: str | None = field(default=None, metadata=ADDED_LATER)

    def __post_init__(self) -> None:
        self._settle_points()
        if self.projection is not None and self.projection not in GRIDS:
            raise UsageError(f"projection must be one of {', '.join(GRIDS)}, got {self.projection!r}")
        settle(self)
        if not 1 <= self.supersample <= MOST_SAMPLES:
            raise UsageError(f"supersample must be in [1, {MOST_SAMPLES}], got {self.supersample}")
        if self.outside not in OUTSIDES:
            raise UsageError(f"outside must be one of {', '.join(OUTSIDES)}, got {self.outside!r}")
        check_truncation(self.truncation)

    def _settle_points(self) -> None:
        # The path becomes text, which JSON can hold, and names the projection. Raises UsageError.
        if self.points is None:
            if self.points_sha256 is not None:
                raise UsageError(f"points_sha256 is that of a file of points, got {self.points_sha256!r} without one")
            return
        if not isinstance(self.points, (str, Path)):
            raise UsageError(f"points must be the name of a .npy file, got {type(self.points).__name__}; np.save them")
        if self.projection not in (None, Points.name):
            raise UsageError(f"a file of points goes with projection {Points.name}, got {self.projection!r}")
        self._set("points", at_home(self.points))
        self._set("projection", Points.name)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def grid(self, chart: Chart) -> Grid:
        """Return the grid that shows it on a chart. Raises UsageError."""
        camera = Camera(self.yaw_deg, self.pitch_deg, self.roll_deg)
        if self.points is not None:
            known = self.points_sha256
            path = Path(self.points) if known is None else known_file(self.points, known, "file of points")
            return Points.of(path, camera, self.width, self.height, self.fov_deg)
        layout = GRIDS[self.projection or chart.natural_projection]
        if issubclass(layout, CircleGrid) and not chart.closed:
            raise UsageError(
                f"projection {self.projection} goes around the circle, of which the model knows {chart.extent} ahead "
                f"alone; leave it out, or use {chart.natural_projection}"
            )
        width = layout.natural_width if self.width is None else self.width
        return layout.lay_out(chart, camera, width, self.height, self.fov_deg)

    @property
    def channels(self) -> int:
        """Return the number of values of a pixel: red, green, blue, and its opacity where it may be transparent."""
        return 4 if self.outside == "transparent" else 3

    def settled(self, grid: Grid) -> Self:
        """Return it with the projection and width of its grid, and with its file of points known. Raises UsageError."""
        known = None if self.points is None else sha256(Path(self.points))
        return replace(self, projection=grid.name, width=grid.shape[1], points_sha256=known)


def check_truncation(truncation: float) -> None:
    """Raise UsageError for a truncation that goes farther out than the network was trained to."""
    limit = STRONGEST_TRUNCATION
    if not abs(truncation) <= limit:
        raise UsageError(f"truncation must be in [-{limit:g}, {limit:g}], got {truncation}")
