"""What a chart is: the coordinates in which a network sees directions, and all that follows from them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from panogen.base.arrays import Booleans, Doubles, Floats
from panogen.base.records import Kind

if TYPE_CHECKING:
    from panogen.geometry.charts.cylinder import Cylinder
    from panogen.geometry.charts.windows import Windows

EDGE = 1e-12  # how far beyond its edge a chart still shows directions: what rounding may cost
SINGLE_EDGE = 1e-6  # and where they are in single precision


@dataclass(frozen=True)
class Chart(Kind):
    """What a network was trained on: which directions it knows, and the coordinates in which it sees them.

    Charts are frozen dataclasses of numbers. ``CHARTS`` has them by name. The picture of a chart that goes around is
    that of its ``band``, unless it has one of its own.
    """

    older = "cylinder"
    axes: ClassVar[int]  # coordinates of a direction
    upright: ClassVar[int]  # which of them is its height
    periods: ClassVar[tuple[int, ...]]  # of each axis of what is unrolled, in quarter turns; 0 where it never closes
    # Whether meridians and parallels are straight lines of what is unrolled, up and across, and the last coordinate is
    # that of a parallel, the others those of a meridian.
    apart: ClassVar[bool]
    closed: ClassVar[bool]  # whether its left edge is its right one
    poles: ClassVar[bool] = False  # whether directions around a pole are neighbours on it
    natural_projection: ClassVar[str]  # the name of the grid that lays it out

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        """All charts by name."""
        from panogen.geometry import CHARTS

        return CHARTS

    @property
    def vertical_fov_deg(self) -> float:
        """Degrees from its lower edge to its upper one, in the middle."""
        raise NotImplementedError

    @property
    def band(self) -> "Cylinder":
        """The band of the sky that it shows, rolled out: what real panoramas are cut to. Raises UsageError where it
        does not go around."""
        raise NotImplementedError

    @property
    def extent(self) -> str:
        """Say in words what a network knows of the world."""
        raise NotImplementedError

    def coordinates(self, directions: ArrayLike) -> Doubles:
        """Return what the network sees of directions (..., 3): (..., axes) float64."""
        raise NotImplementedError

    def unrolled(self, coordinates: ArrayLike) -> Doubles:
        """Return where coordinates (..., axes) lie on lattices of square cells. The positions (..., len(periods)) are
        float64, in radians or in lengths at distance 1."""
        raise NotImplementedError

    def stretch(self, directions: ArrayLike) -> Doubles:
        """Return how much longer something small is on the chart than in the sky, at directions (..., 3): (...). It is
        the square root of what areas grow by."""
        raise NotImplementedError

    def valid(self, directions: ArrayLike) -> Booleans:
        """Tell which directions (..., 3) it shows: (...)."""
        raise NotImplementedError

    def hides(self, world: Floats) -> Booleans:
        """Tell which directions (3, ...) of any length it does not show, with the tolerance of single precision. NaN is
        not one of them."""
        raise NotImplementedError

    def clamped(self, directions: ArrayLike) -> Doubles:
        """Return the nearest directions (..., 3) that it shows: those that it shows as they are, to the bit."""
        raise NotImplementedError

    def mirrored(self, directions: ArrayLike) -> Doubles:
        """Directions (..., 3), reflected at its edges as often as it takes: those that it shows as they are."""
        raise NotImplementedError

    def picture_positions(self, directions: ArrayLike) -> tuple[Doubles, Doubles]:
        """Return where directions (..., 3) lie in its picture, as shares of the width from the left and of the height
        from the top. Those beyond its edges are taken to be at them."""
        return self.band.picture_positions(directions)

    def row_elevations_rad(self, count: int) -> Doubles:
        """Elevations of the middles of ``count`` rows of its picture, straight ahead, the upper one first."""
        return self.band.row_elevations_rad(count)

    def azimuths_deg(self, count: int) -> tuple[float, ...]:
        """Azimuths of so many places, evenly over what it shows."""
        return self.band.azimuths_deg(count)

    def natural_height(self, width: int) -> int:
        """Rows of its picture in ``width`` columns, so that pixels are square."""
        return self.band.natural_height(width)

    def natural_width(self, height: int) -> int:
        """Columns of its picture in ``height`` rows, so that pixels are square."""
        return self.band.natural_width(height)

    def natural_lens(self, width: int) -> tuple[int, float]:
        """Rows and field of view in degrees of a lens view ``width`` wide for which none are asked."""
        return self.band.natural_lens(width)

    @property
    def side(self) -> float:
        """Return the side of its largest square view in training, in the units of ``Windows``."""
        raise NotImplementedError

    def windows(self, rng: np.random.Generator, side: Doubles, footprint: Doubles, nadir_rad: float = 0.0) -> "Windows":
        """Return square views for training, of given sides (B,), anywhere on it. Where it has poles, none shows what
        lies within ``nadir_rad`` of the lower one. Raises UsageError where nothing is trained on such a chart."""
        raise NotImplementedError


def reflected(values: ArrayLike, edge: float) -> Doubles:
    """Values as mirrors at ``-edge`` and ``edge`` show them, again and again: all within."""
    period = 4 * edge
    turned = np.mod(np.asarray(values, np.float64) + edge, period)
    return np.minimum(turned, period - turned) - edge
