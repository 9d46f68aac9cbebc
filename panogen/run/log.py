"""The log of a run, a JSON object a line: written as it trains, and read while it may still be written."""

import json
import math
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from panogen.base.arrays import Doubles
from panogen.base.files import write_text
from panogen.training import StepReport

LOG_EVERY = 50  # steps


class LogWriter:
    """Writes means over LOG_EVERY steps, a line each, and over what a session has left at its end."""

    def __init__(self, path: Path):
        self.path = path
        self.steps: list[StepReport] = []
        self.since = time.monotonic()

    def add(self, step: StepReport, total_seconds: float) -> dict[str, float]:
        """Take in a step; returns the line that it completed, or nothing.

        ``data_wait`` is the share of the time that the networks waited for data.
        """
        self.steps.append(step)
        return {} if len(self.steps) < LOG_EVERY else self.write(total_seconds)

    def write(self, total_seconds: float) -> dict[str, float]:
        """Write the line of the steps since the last one, if there are two or more, and return it."""
        if len(self.steps) < 2:
            return {}
        now, last = time.monotonic(), self.steps[-1]
        images = last.n_images - self.steps[0].n_images
        line: dict[str, float] = {"n_images": last.n_images, "resolution": last.resolution}
        line["images_per_second"] = round(images * len(self.steps) / (len(self.steps) - 1) / (now - self.since), 2)
        line |= {name: round(value, 5) for name, value in self._means("losses").items()}
        seconds = self._means("seconds")
        line |= {f"seconds_{name}": round(value, 5) for name, value in seconds.items()}
        line["data_wait"] = round(seconds["data"] / sum(seconds.values()), 5)
        line["total_seconds"] = round(total_seconds, 1)
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(line) + "\n")
        self.steps, self.since = [], now
        return line

    def _means(self, kind: str) -> dict[str, float]:
        # By name, over the steps that have that name.
        names = sorted({name for report in self.steps for name in getattr(report, kind)})
        found = {name: [getattr(report, kind).get(name) for report in self.steps] for name in names}
        return {name: float(np.mean([v for v in values if v is not None])) for name, values in found.items()}


def cut_log(path: Path, n_images: int) -> None:
    """Drop the lines of a log, if there is one, that are cut short, or lie beyond ``n_images`` and will come again."""
    if path.exists():
        lines = path.read_text("utf-8", "replace").splitlines()
        kept = [line for line in lines if _numbers(line).get("n_images", math.inf) <= n_images]
        write_text(path, "".join(line + "\n" for line in kept))


@dataclass(frozen=True)
class Log:
    """Lines of numbers, each with ``n_images``, which grows."""

    lines: tuple[dict[str, float], ...]

    @classmethod
    def read(cls, path: Path) -> "Log":
        """Read a log, if there is one.

        Lines that are cut short count for nothing. Of two with the same ``n_images`` the last counts.
        """
        try:
            text = path.read_text("utf-8", "replace")
        except OSError:
            return cls(())
        known = {line["n_images"]: line for line in map(_numbers, text.splitlines()) if line}
        return cls(tuple(known[n_images] for n_images in sorted(known)))

    def names(self) -> list[str]:
        """Everything that is measured, in the order of its first appearance."""
        return list(dict.fromkeys(name for line in self.lines for name in line if name != "n_images"))

    def series(self, name: str) -> tuple[Doubles, Doubles]:
        """Images seen and values (n,) of the lines that have it."""
        points = [(line["n_images"], line[name]) for line in self.lines if name in line]
        x, y = np.array(points, np.float64).reshape(-1, 2).T
        return x, y

    def stages(self) -> list[tuple[float, int]]:
        """Images seen when a band's rows are first logged, and how many those are."""
        found: list[tuple[float, int]] = []
        for n_images, resolution in zip(*self.series("resolution"), strict=True):
            if not found or found[-1][1] != resolution:
                found.append((float(n_images), int(resolution)))
        return found

    def shares(self) -> tuple[Doubles, dict[str, Doubles]]:
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


def _numbers(line: str) -> dict[str, float]:
    # The finite numbers of a line, or nothing where it is cut short or says no n_images.
    try:
        values = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    found = {name: float(v) for name, v in values.items() if type(v) in (int, float) and math.isfinite(v)}
    return found if "n_images" in found else {}
