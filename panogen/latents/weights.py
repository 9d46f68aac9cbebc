"""Which latent counts how much in which direction."""

import math
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from panogen.base.arguments import settle
from panogen.base.arrays import Doubles, Integers
from panogen.base.errors import UsageError
from panogen.base.records import LEFT_OUT, Kind
from panogen.geometry.directions import azimuth_elevation
from panogen.latents.kernels import BLENDS

EVEN = "even"  # the kernel with which every column changes as much as the others
MEETING_DEG = 60.0  # elevation above which places around the circle give way to all of them
CLOSEST_DEG = 1e-6  # of two places that a picture can tell apart


class Weights(Kind):
    """The share of each of ``count`` anchors in each direction. Weights are frozen dataclasses."""

    azimuthal: ClassVar[bool]  # whether they depend on the azimuth alone

    @classmethod
    def kinds(cls) -> dict[str, Any]:
        """All weights by name."""
        from panogen.latents import WEIGHTS

        return WEIGHTS

    @property
    def count(self) -> int:
        """Number of anchors."""
        raise NotImplementedError

    def __call__(self, directions: Doubles) -> Doubles:
        """(n, 3) -> (n, count), in [0, 1]; every row sums to 1."""
        raise NotImplementedError


@dataclass(frozen=True)
class Everywhere(Weights):
    """One anchor, everywhere."""

    kind = "everywhere"
    azimuthal = True
    count: int = 1

    @override
    def __call__(self, directions: Doubles) -> Doubles:
        return np.ones((len(directions), 1))


@dataclass(frozen=True)
class Along(Weights):
    """Anchors at places along a line or a circle, in degrees, each giving way to the next half-way.

    ``softness`` is the share of the way between two neighbours that the change takes: 0 is a cut, 1 leaves each anchor
    alone with itself at its own place only. ``kernel`` is its shape. Raises UsageError.
    """

    at_deg: tuple[float, ...]
    softness: float = 0.5
    kernel: str = "smoothstep"
    kernels: ClassVar[tuple[str, ...]] = tuple(BLENDS)

    def __post_init__(self) -> None:
        settle(self)
        if len(self.at_deg) < 2:
            raise UsageError(f"a blend needs at least two latents, got {len(self.at_deg)}")
        for place in self.at_deg:
            if not math.isfinite(place):
                raise UsageError(f"places must be finite numbers of degrees, got {place}")
        if not 0 <= self.softness <= 1:
            raise UsageError(f"softness must be in [0, 1], got {self.softness:g}")
        if self.kernel not in self.kernels:
            raise UsageError(f"kernel must be one of {', '.join(self.kernels)}, got {self.kernel!r}")

    @property
    @override
    def count(self) -> int:
        return len(self.at_deg)

    def _shares(self, position: Doubles, anchors: Integers, places: Doubles) -> Doubles:
        """Weights of positions, in degrees, that lie between ``places`` in rising order, the ``anchors``' own."""
        weights = np.zeros((len(position), self.count))
        rows = np.arange(len(position))
        after = np.searchsorted(places, position, side="right").clip(1, len(places) - 1)
        left, right = places[after - 1], places[after]
        width = np.maximum((right - left) * self.softness, CLOSEST_DEG)
        t = self._gone(((position - (left + right) / 2) / width + 0.5).clip(0, 1), after)
        np.add.at(weights, (rows, anchors[after]), t)
        np.add.at(weights, (rows, anchors[after - 1]), 1 - t)
        return weights

    def _gone(self, across: Doubles, after: Integers) -> Doubles:
        # Shares of the way to the next anchor, ``places[after]``, at shares of the change's width.
        return BLENDS[self.kernel](across)


@dataclass(frozen=True)
class Around(Along):
    """Anchors at azimuths around the circle: the blend closes, like the panorama. Raises UsageError.

    Kernel ``even`` is linear until the network has been asked for the paces of the changes (``Paced``). On a chart with
    poles, where all azimuths come together, anchors are ``meeting`` there: from ``MEETING_DEG`` up or down, shares tend
    to their means around the circle.
    """

    kind = "around"
    kernels: ClassVar[tuple[str, ...]] = (EVEN, *BLENDS)
    meeting: bool = field(default=False, kw_only=True, metadata=LEFT_OUT)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_apart("azimuths", self.at_deg, closed=True)

    def changes_deg(self, across: Doubles) -> Doubles:
        """Azimuths (K, n) of places across each of the changes, 0 where it begins and 1 where it ends."""
        begins = np.sort(np.mod(self.at_deg, 360))
        gaps = np.diff(np.append(begins, begins[0] + 360))[:, None]
        return begins[:, None] + gaps * (0.5 + self.softness * (across - 0.5))

    def _gone(self, across: Doubles, after: Integers) -> Doubles:
        return across if self.kernel == EVEN else super()._gone(across, after)

    @property
    def azimuthal(self) -> bool:  # type: ignore[override]
        """Whether they do not meet."""
        return not self.meeting

    @override
    def __call__(self, directions: Doubles) -> Doubles:
        azimuth, elevation = azimuth_elevation(directions)
        shares = self._around(np.degrees(azimuth))
        if not self.meeting:
            return shares
        apart = BLENDS["smoothstep"]((np.cos(elevation) / np.cos(np.radians(MEETING_DEG))).clip(0, 1))[:, None]
        mean: Doubles = self._around(np.arange(360.0)).mean(0)
        return apart * shares + (1 - apart) * mean

    def _around(self, azimuth_deg: Doubles) -> Doubles:
        turned = np.mod(self.at_deg, 360)
        order = np.argsort(turned)
        # The last anchor once more before the first, and the first behind the last.
        places = np.concatenate([turned[order[-1:]] - 360, turned[order], turned[order[:1]] + 360])
        anchors = np.concatenate([order[-1:], order, order[:1]])
        return self._shares(np.mod(azimuth_deg, 360), anchors, places)


@dataclass(frozen=True)
class Paced(Around):
    """Anchors around the circle, with a pace for each change: the shares of the way at places evenly across.

    Changes are in rising order of the azimuth mod 360 of the anchor before them.
    """

    kind = "paced"
    paces: tuple[tuple[float, ...], ...] = ()

    def _gone(self, across: Doubles, after: Integers) -> Doubles:
        tables = np.asarray(self.paces)
        position = across * (tables.shape[1] - 1)
        left = np.minimum(position.astype(int), tables.shape[1] - 2)
        change = (after - 2) % len(tables)  # the first two places are the last anchor, once before, and the first one
        return np.asarray(tables[change, left] + (position - left) * (tables[change, left + 1] - tables[change, left]))


@dataclass(frozen=True)
class Above(Along):
    """Anchors at elevations: one place's sky over another's ground. Raises UsageError."""

    kind = "above"
    azimuthal = False

    def __post_init__(self) -> None:
        super().__post_init__()
        for place in self.at_deg:
            if abs(place) > 90:
                raise UsageError(f"elevations must be in [-90, 90] degrees, got {place:g}")
        check_apart("elevations", self.at_deg, closed=False)

    @override
    def __call__(self, directions: Doubles) -> Doubles:
        order = np.argsort(self.at_deg)
        return self._shares(np.degrees(azimuth_elevation(directions)[1]), order, np.asarray(self.at_deg)[order])


@dataclass(frozen=True)
class Nested(Weights):
    """Weights of fields that are blended: each field's own, as much as the field counts."""

    kind = "nested"
    outer: Weights
    inner: tuple[Weights, ...]

    @property
    @override
    def count(self) -> int:
        return sum(weights.count for weights in self.inner)

    @property
    @override
    def azimuthal(self) -> bool:  # type: ignore[override]
        return all(weights.azimuthal for weights in (self.outer, *self.inner))

    @override
    def __call__(self, directions: Doubles) -> Doubles:
        shares = self.outer(directions)
        return np.concatenate(
            [shares[:, k : k + 1] * weights(directions) for k, weights in enumerate(self.inner)], axis=1
        )


def check_apart(name: str, at_deg: tuple[float, ...], *, closed: bool) -> None:
    """Raise UsageError where two places, around a circle where it is ``closed``, are one."""
    turned = np.mod(at_deg, 360) if closed else np.asarray(at_deg)
    order = np.argsort(turned, kind="stable")
    places = turned[order]
    gaps = np.diff(np.append(places, places[0] + 360) if closed else places)
    if gaps.min() < CLOSEST_DEG:
        before = int(gaps.argmin())
        one, other = (at_deg[anchor] for anchor in sorted((order[before], order[(before + 1) % len(order)])))
        raise UsageError(
            f"{name} must differ, got {one:g} and {other:g} degrees, which are one place; move one of them"
        )
