"""Ways to foveate, by name, and what is asked of a foveated picture. They need no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from panogen.base.arguments import settle
from panogen.base.errors import UsageError
from panogen.base.records import Kind, told
from panogen.foveation.laws import LAWS, Acuity, Law

if TYPE_CHECKING:
    from panogen.foveation.eye import Gaze
    from panogen.foveation.samples import Samples
    from panogen.geometry import Chart
    from panogen.grids import Grid


@dataclass(frozen=True)
class Gaussian(Kind):
    """A share of the pixels, drawn at random around the gaze, as in the CIPS paper: see ``Scatter``."""

    kind = "gaussian"
    share: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        settle(self)


Mode = Law | Gaussian
MODES: dict[str, type[Mode]] = {**LAWS, Gaussian.kind: Gaussian}

ACUITY = Acuity()


@told
@dataclass(frozen=True)
class Foveation:
    """For an eye that looks at one place of a picture: every pixel there, and elsewhere the samples of a ``mode``.

    ``gaze_deg`` is right and up from the middle of the picture, ``gaze_pixel`` instead counts columns and rows from the
    upper left. ``Gaze`` has more on the display and ``Rings`` on the ``contrast``.
    """

    gaze_deg: tuple[float, float] | None = None
    gaze_pixel: tuple[float, float] | None = None
    mode: Mode = ACUITY
    display_fov_deg: float | None = None
    contrast: float = 0.0

    def __post_init__(self) -> None:
        settle(self)
        if self.gaze_deg is not None and self.gaze_pixel is not None:
            raise UsageError("the gaze is in degrees or a pixel, got both")
        for gaze in (self.gaze_deg, self.gaze_pixel):
            if gaze is not None and len(gaze) != 2:
                raise UsageError(f"the gaze must be two numbers, got {len(gaze)}")

    def eye(self, grid: Grid) -> Gaze:
        """Return the eye that looks at a picture's grid so. Raises UsageError."""
        from panogen.foveation.eye import Gaze

        if self.gaze_pixel is not None:
            return Gaze.at_pixel(grid, *self.gaze_pixel, self.display_fov_deg)
        return Gaze(grid, *(self.gaze_deg or (0.0, 0.0)), self.display_fov_deg)

    def samples(self, grid: Grid, chart: Chart, outside: str = "black") -> Samples:
        """Return what is computed of a picture's grid, with ``outside`` beyond the chart. Raises UsageError."""
        from panogen.foveation.samples import samples_of

        return samples_of(self.eye(grid), self.mode, chart, self.contrast, outside)
