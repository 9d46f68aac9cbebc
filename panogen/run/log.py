"""The log of a run: a JSON object a line."""

import json
import time
from pathlib import Path

import numpy as np

from panogen.training import StepReport

LOG_EVERY = 50  # steps


class Log:
    """Means over LOG_EVERY steps, a line each."""

    def __init__(self, path: Path):
        self.path = path
        self.steps: list[StepReport] = []
        self.since = time.monotonic()

    def add(self, step: StepReport, total_seconds: float) -> dict[str, float]:
        """Take in a step; returns the line that it completed, or nothing.

        ``data_wait`` is the share of the time that the networks waited for data.
        """
        self.steps.append(step)
        if len(self.steps) < LOG_EVERY:
            return {}
        now = time.monotonic()
        images = self.steps[-1].n_images - self.steps[0].n_images
        line: dict[str, float] = {"n_images": step.n_images, "resolution": step.resolution}
        line["images_per_second"] = round(images * len(self.steps) / (len(self.steps) - 1) / (now - self.since), 2)
        line |= {name: round(value, 5) for name, value in self._means("losses").items()}
        seconds = self._means("seconds")
        line |= {f"seconds_{name}": round(value, 5) for name, value in seconds.items()}
        line["data_wait"] = round(seconds["data"] / sum(seconds.values()), 5)
        line["total_seconds"] = round(total_seconds, 1)
        with self.path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        self.steps, self.since = [], now
        return line

    def _means(self, kind: str) -> dict[str, float]:
        """Means by name over the steps that have that name."""
        names = sorted({name for report in self.steps for name in getattr(report, kind)})
        found = {name: [getattr(report, kind).get(name) for report in self.steps] for name in names}
        return {name: float(np.mean([v for v in values if v is not None])) for name, values in found.items()}
