"""A figure: a number with its interval and its floor."""

import math
from dataclasses import dataclass
from typing import Any, Self

DIGITS = 6  # that figures are written with

Row = dict[str, float]  # figures of one picture by name


@dataclass(frozen=True)
class Figure:
    """A measured ``value``, its 95 % interval from ``low`` to ``high``, the number ``n`` of pictures that it is of, and
    the ``floor``: the same figure of real pictures. None where there is none.

    Its ``name`` is that of a measure, a dot, and that of the figure among the measure's ``legends``.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    n: int
    floor: float | None

    @classmethod
    def of(
        cls, name: str, value: float, interval: tuple[float, float] | None, n: int, floor: float | None = None
    ) -> Self:
        """Make a figure from both ends of an interval at once."""
        low, high = interval or (None, None)
        return cls(name, value, low, high, n, floor)

    @classmethod
    def read(cls, fields: dict[str, Any]) -> Self:
        """Read a figure from what ``written`` gives."""
        numbers = {name: None if fields[name] is None else float(fields[name]) for name in NUMBERS}
        return cls(**{**fields, **numbers})

    def written(self) -> dict[str, Any]:
        """Return it as JSON, to ``DIGITS`` digits. Infinity, which JSON numbers lack, is the text ``inf``."""
        return {**vars(self), **{name: rounded(getattr(self, name)) for name in NUMBERS}}


NUMBERS = ("value", "low", "high", "floor")


def rounded(value: float | None) -> float | str | None:
    """Return a number for JSON, to ``DIGITS`` digits; ``inf`` and ``nan`` as text."""
    if value is None:
        return None
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)
