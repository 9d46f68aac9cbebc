"""How densely samples lie around the place that is looked at: rings, and points on each of them."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from panogen.base.arguments import settle
from panogen.base.arrays import Reals
from panogen.base.errors import UsageError
from panogen.base.records import Kind

FOVEOLA_RAD = math.radians(1)  # within which every pixel is computed, whatever a law says
SMALLEST_PITCH_RAD = 1e-9  # a picture of one pixel has none
BASE_DEG = 1 / 60  # minimum angle of resolution at the centre of gaze: that of normal sight, 20/20


@dataclass(frozen=True)
class Spacing:
    """A law, fitted to a picture.

    Within eccentricity ``fovea_rad`` the pixels themselves are what it asks for. Beyond, ring 0 is at that edge, a
    ``position`` (n,) is a number of rings, ``eccentricity_rad`` is its inverse and ``step_rad`` the derivative of that,
    and a ring has ``points`` points.
    """

    fovea_rad: float
    points: int
    position: Callable[[Reals], Reals]
    eccentricity_rad: Callable[[Reals], Reals]
    step_rad: Callable[[Reals], Reals]


@dataclass(frozen=True)
class Acuity(Kind):
    """Two samples to a minimum angle of resolution, base + slope e (Guenter et al. 2012). Raises UsageError."""

    kind = "acuity"
    slope: float = 0.022
    base_deg: float = BASE_DEG

    def __post_init__(self) -> None:
        settle(self)
        if not 0 < self.slope <= 1:
            raise UsageError(f"acuity must be in (0, 1] degrees per degree, got {self.slope:g}; people have 0.022")
        if not 0 < self.base_deg <= 1:
            raise UsageError(f"base_deg must be in (0, 1] degrees, got {self.base_deg:g}; 20/20 is 1/60")

    def resolution_rad(self, eccentricity_rad: ArrayLike) -> Reals:
        """Return the minimum angle of resolution (MAR) at eccentricities, in radians."""
        return np.asarray(math.radians(self.base_deg) + self.slope * np.asarray(eccentricity_rad))

    def fit(self, pitch_rad: float, farthest_rad: float, shape: tuple[int, int]) -> Spacing:
        """Fit it to a picture whose pixels are ``pitch_rad`` apart at the gaze and ``farthest_rad`` from it at most.

        Each ring is half the MAR of the one before beyond it: a logarithm.
        """
        base, ratio = math.radians(self.base_deg), math.log1p(self.slope / 2)
        fovea = max(FOVEOLA_RAD, (2 * pitch_rad - base) / self.slope)
        edge = float(self.resolution_rad(fovea))
        beyond = np.linspace(fovea, max(fovea, farthest_rad), 4096)
        return Spacing(
            fovea,
            math.ceil(float((4 * math.pi * np.abs(np.sin(beyond)) / self.resolution_rad(beyond)).max())),
            lambda eccentricity: np.log(self.resolution_rad(eccentricity) / edge) / ratio,
            lambda position: (edge * np.exp(position * ratio) - base) / self.slope,
            lambda position: edge * ratio / self.slope * np.exp(position * ratio),
        )

    def scaled(self, factor: float) -> "Acuity":
        """Return a law with about ``factor`` times the distances between samples."""
        return replace(self, slope=self.slope * factor)


@dataclass(frozen=True)
class LogPolar(Kind):
    """Kernel log-polar sampling (Meng et al. 2018): with the distance r from the gaze in pixels, here of angle, and L
    the logarithm of the largest, column (log r / L)^(1/alpha) and row angle / 2 pi of a buffer ``sigma`` times smaller
    than the picture. Where that is finer than the picture, its pixels are computed. Raises UsageError.
    """

    kind = "log-polar"
    sigma: float = 1.8
    alpha: float = 4.0

    def __post_init__(self) -> None:
        settle(self)
        for name, value in (("sigma", self.sigma), ("alpha", self.alpha)):
            if not 0.1 <= value <= 100:
                raise UsageError(f"{name} must be in [0.1, 100], got {value:g}")

    def fit(self, pitch_rad: float, farthest_rad: float, shape: tuple[int, int]) -> Spacing:
        """Fit the log-polar buffer to a picture, as ``Acuity.fit`` does."""
        points, rings = (max(4, math.ceil(side / self.sigma)) for side in shape)
        pitch_rad = max(pitch_rad, SMALLEST_PITCH_RAD)
        longest = math.log(max(farthest_rad / pitch_rad, math.e))
        fovea = max(FOVEOLA_RAD, pitch_rad * max(2.0, points / (2 * math.pi)))

        def column(eccentricity: ArrayLike) -> Reals:
            return np.asarray(rings * (np.log(np.asarray(eccentricity) / pitch_rad) / longest) ** (1 / self.alpha))

        first, farthest = float(column(fovea)), math.log(2 * math.pi / pitch_rad)

        def share(position: Reals) -> Reals:
            # A coarse buffer's ring before the fovea may lie before column 0, where the logarithm has no place.
            return (np.maximum(position, -first / 2) + first) / rings

        def eccentricity(position: Reals) -> Reals:
            # And the rings behind the picture may lie farther than numbers go.
            return np.asarray(pitch_rad * np.exp(np.minimum(longest * share(position) ** self.alpha, farthest)))

        def step(position: Reals) -> Reals:
            # The logarithm L u^alpha, u the share of the columns, grows by L alpha u^(alpha - 1) / rings a ring.
            growth = longest * self.alpha / rings * share(position) ** (self.alpha - 1)
            return eccentricity(position) * growth

        return Spacing(fovea, points, lambda eccentricity: column(eccentricity) - first, eccentricity, step)

    def scaled(self, factor: float) -> "LogPolar":
        """Return a law with about ``factor`` times the distances between samples."""
        return replace(self, sigma=self.sigma * factor)


Law = Acuity | LogPolar
LAWS: dict[str, type[Law]] = {law.kind: law for law in (Acuity, LogPolar)}
