"""Ways through places: from one to the next, and where along them each frame is."""

from dataclasses import dataclass

import numpy as np

from panogen.base.arrays import Doubles
from panogen.base.errors import UsageError
from panogen.latents import BLENDS
from panogen.places.place import Between, Place


@dataclass(frozen=True, eq=False)
class LatentPath:
    """Straight legs through ``stops``, and if it is ``closed`` one from the last back to the first.

    A position on it is a number of legs: 1.25 is a quarter of the way from the second stop to the third.
    """

    stops: tuple[Place, ...]
    closed: bool = True

    @property
    def legs(self) -> int:
        """Return the number of legs."""
        return len(self.stops) - (not self.closed)

    def at(self, position: float) -> Between:
        """Return the place at a position in [0, legs]."""
        leg = min(int(position), max(self.legs - 1, 0))
        share = min(position - leg, 1.0)  # rounded, a position may lie a bit beyond the end
        return Between(self.stops[leg], self.stops[(leg + 1) % len(self.stops)], share)

    def positions(self, times: Doubles, ease: str = "linear") -> Doubles:
        """Positions at times in [0, 1], every leg as long as the others and eased, one of ``BLENDS``."""
        leg, within = np.divmod(times * self.legs, 1)
        return np.asarray(leg + BLENDS[ease](within))


def frame_times(frames: int, *, closed: bool) -> Doubles:
    """Times in [0, 1] of frames: from one end to the other, or, closed, so that one more frame would be the first."""
    if frames < 2:
        raise UsageError(f"frames must be at least 2, got {frames}")
    return np.arange(frames) / (frames if closed else frames - 1)


def even_positions(times: Doubles, positions: Doubles, lengths: Doubles) -> Doubles:
    """Positions that equal times take equally far: ``lengths`` (n) are those of the way between ``positions`` (n + 1).

    Positions rise. Where nothing has any length they are passed at equal times themselves.
    """
    way = np.concatenate([[0.0], np.cumsum(lengths)])
    if way[-1] == 0:
        way = positions - positions[0]
    passed: Doubles = np.interp(times * way[-1], way, positions)
    return passed
