"""The log of a run, read while it may still be written, and what is drawn of it."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Log:
    """Lines of numbers, each with ``n_images``, which grows."""

    lines: tuple[dict[str, float], ...]

    @classmethod
    def read(cls, path: Path) -> "Log":
        """A metrics.jsonl; lines that are cut short count for nothing, and of two that say the same the last counts."""
        try:
            text = path.read_text(errors="replace")
        except OSError:
            return cls(())
        known = {}
        for line in text.splitlines():
            try:
                values = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(values, dict) and _is_number(values.get("n_images")):
                known[values["n_images"]] = {name: float(v) for name, v in values.items() if _is_number(v)}
        return cls(tuple(known[n_images] for n_images in sorted(known)))

    def names(self) -> list[str]:
        """Everything that is measured, in the order of its first appearance."""
        return list(dict.fromkeys(name for line in self.lines for name in line if name != "n_images"))

    def series(self, name: str) -> tuple[Floats, Floats]:
        """Images seen and values (n,) of the lines that have it."""
        points = [(line["n_images"], line[name]) for line in self.lines if name in line]
        x, y = np.array(points, np.float64).reshape(-1, 2).T
        return x, y

    def stages(self) -> list[tuple[float, int]]:
        """Images seen when a crop resolution is first logged, and that resolution."""
        found: list[tuple[float, int]] = []
        for n_images, resolution in zip(*self.series("resolution"), strict=True):
            if not found or found[-1][1] != resolution:
                found.append((float(n_images), int(resolution)))
        return found

    def shares(self) -> tuple[Floats, dict[str, Floats]]:
        """Images seen (n,), and for every phase ``seconds_NAME`` its share of the time of all phases (n,)."""
        names = [name for name in self.names() if name.startswith("seconds_")]
        names.sort(key=lambda name: name != "seconds_data")  # the wait for data comes first
        lines = [line for line in self.lines if sum(line.get(name, 0.0) for name in names) > 0]
        seconds = np.array([[max(line.get(name, 0.0), 0.0) for line in lines] for name in names])
        if not lines:
            return np.zeros(0), {}
        shares = seconds / seconds.sum(0)
        labels = [name.removeprefix("seconds_").replace("_", " ") for name in names]
        return np.array([line["n_images"] for line in lines]), dict(zip(labels, shares, strict=True))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def smoothed(y: Floats, reach: int) -> Floats:
    """Means (n,) over ``reach`` neighbours on either side, as far as there are any."""
    sums = np.concatenate([[0.0], np.cumsum(y)])
    index = np.arange(len(y))
    first, last = np.maximum(index - reach, 0), np.minimum(index + reach + 1, len(y))
    return (sums[last] - sums[first]) / (last - first)


def evenly(positions: Floats, at_most: int) -> list[int]:
    """Indices of at most so many sorted ``positions`` (n,), spread as evenly as they allow; first and last included."""
    if len(positions) <= at_most:
        return list(range(len(positions)))
    wanted = np.linspace(positions[0], positions[-1], at_most)
    return sorted({int(np.abs(positions - place).argmin()) for place in wanted})


def thinned(y: Floats, at_most: int) -> list[int]:
    """Indices of at most so many values (n,): the lowest and the highest of every stretch, so that no peak is lost."""
    if len(y) <= at_most:
        return list(range(len(y)))
    stretches = np.array_split(np.arange(len(y)), at_most // 2)
    return sorted({int(s[k]) for s in stretches for k in (y[s].argmin(), y[s].argmax())})
