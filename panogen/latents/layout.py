"""Layouts: which noise a place has, whatever its latents."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from panogen.base.errors import UsageError
from panogen.latents.seeds import check_seed

TOLERANCE = 1e-6  # of a sum that should be 1


@dataclass(frozen=True)
class Layout:
    """Shares of the noises that layout seeds draw: pairs of a seed and its share, in [0, 1]; they sum to 1.

    Most places have one. A place between two others has both of theirs. Raises UsageError.
    """

    shares: tuple[tuple[int, float], ...]

    def __post_init__(self) -> None:
        seeds = [check_seed(seed, "layout") for seed, _ in self.shares]
        if len(set(seeds)) < len(seeds):
            raise UsageError(f"layouts must differ, got {seeds}; add the shares of equal ones")
        for seed, share in self.shares:
            if not 0 <= share <= 1:
                raise UsageError(f"the share of layout {seed} must be in [0, 1], got {share}")
        shares = [float(share) for _, share in self.shares]
        if abs(sum(shares) - 1) > TOLERANCE:
            raise UsageError(f"the shares of layouts must sum to 1, got {sum(shares):g}")
        object.__setattr__(self, "shares", tuple(zip(seeds, shares, strict=True)))

    @classmethod
    def of(cls, seed: int) -> Layout:
        """Return the layout that one seed draws. Raises UsageError."""
        return cls(((seed, 1.0),))

    @classmethod
    def mean(cls, layouts: Sequence[Layout], weights: Sequence[float]) -> Layout:
        """Return the mean of layouts by weights, which need not sum to 1. Raises UsageError."""
        found: dict[int, float] = {}
        for layout, weight in zip(layouts, weights, strict=True):
            for seed, share in layout.shares:
                found[seed] = found.get(seed, 0.0) + weight * share
        total = sum(found.values())
        return cls(tuple((seed, share / total) for seed, share in found.items() if share))

    @classmethod
    def from_json(cls, value: Any) -> Layout:
        """Read a layout from what ``to_json`` gave. Raises UsageError."""
        try:
            return cls(tuple((seed, share) for seed, share in value))
        except UsageError:
            raise
        except (TypeError, ValueError):
            wanted = "pairs of a seed and its share like [[4, 1.0]]"
            raise UsageError(f"a layout must be {wanted}, got {reprlib.repr(value)}") from None

    def to_json(self) -> list[list[float]]:
        """Pairs for JSON: ``[[4, 1.0]]``."""
        return [[seed, share] for seed, share in self.shares]
