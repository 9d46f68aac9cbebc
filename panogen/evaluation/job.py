"""An evaluation of a model: from the request to the report."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panogen.api import Panogen
from panogen.base.errors import UsageError
from panogen.base.files import write_text
from panogen.base.version import __version__
from panogen.data import Source
from panogen.evaluation.config import EvaluationConfig
from panogen.evaluation.flags import flags
from panogen.evaluation.material import Material, Report, no_report
from panogen.evaluation.measures import measured
from panogen.evaluation.page import Shown, write_page
from panogen.evaluation.real import RealData
from panogen.evaluation.samples import rank_crops, rank_rows
from panogen.evaluation.speed import speed
from panogen.evaluation.stages import open_stages, written
from panogen.metrics.inception import Inception

FIGURES, SPEED, PAGE = "figures.json", "speed.json", "index.html"


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A request: the model, the real pictures, what to measure, and the network of FID if there is one.

    Raises UsageError where they do not go together.
    """

    panogen: Panogen
    data: RealData
    config: EvaluationConfig = dataclasses.field(default_factory=EvaluationConfig)
    inception: Inception | None = None

    def __post_init__(self) -> None:
        self.config.require_inception(self.inception is not None)

    @classmethod
    def of(
        cls, panogen: Panogen, source: Source, config: EvaluationConfig, inception: Inception | None = None
    ) -> "Evaluation":
        """With the real pictures of a source. Raises JobError, too."""
        chart = panogen.model.chart
        if not chart.closed:
            raise UsageError(
                f"model must be one of panoramas, got {panogen.name}, which knows {chart.extent} ahead; judge pictures "
                "in a folder with --pictures"
            )
        return cls(panogen, RealData.of(source, chart.band), config, inception)

    @property
    def request(self) -> dict[str, Any]:
        """What decides on the figures, as JSON."""
        return {
            "panogen": __version__,
            "model": self.panogen.name,
            "fingerprint": self.panogen.model.fingerprint,
            "data": self.data.description,
            "data_fingerprint": self.data.fingerprint,
            **dataclasses.asdict(self.config),
            "metrics": list(self.config.metrics),
            "device": self.panogen.model.generator.w_avg.device.type,
            "inception_dims": self.inception.dims if self.inception and self.config.needs_inception else None,
        }

    def into(self, folder: Path, *, resume: bool = False, report: Report = no_report) -> dict[str, Any]:
        """Measure, and leave the report in a folder that is new, or with ``resume`` holds the same request on its way.

        ``report`` hears of everything that is made. Returns what ``figures.json`` says, whose bytes are the same each
        time, on one machine, resumed or not. Raises UsageError for a folder that does not suit, JobError for one that
        does not take the report.
        """
        with open_stages(folder, self.request, resume=resume) as stages:
            material = Material(self.panogen, self.data, self.config, stages, self.inception, report)
            figures, curves, singles = measured(material)
            rows = singles.get("generated", [])
            rankings = rank_rows(rows, material.seeds)
            if self.config.needs_inception:
                rankings.append(rank_crops(material))
            result = {
                "request": self.request,
                "figures": [figure.written() for figure in figures],
                "curves": curves,
                "pictures": [
                    {"name": seed, "figures": row, "flags": flags(numbers(row))}
                    for seed, row in zip(material.seeds, rows, strict=False)
                ],
                "real_pictures": [
                    {"figures": row, "flags": flags(numbers(row))} for row in singles.get("real", [])
                ],
                "samples": rankings,
            }  # fmt: skip
            write_text(folder / FIGURES, written(result))
            machine = stages.record("speed", lambda: speed(material)) if "speed" in self.config.metrics else {}
            if machine:
                write_text(folder / SPEED, written(machine))
            about = (
                f"{self.config.crops:,} crops of {self.config.resolution} pixels and {self.config.panoramas} "
                f"panoramas, against {self.data.description}"
            )
            pictures = {"panoramas": lambda k: material.panoramas[k], "crops": lambda k: material.crops[k]}
            write_page(folder / PAGE, Shown(self.panogen.name, about, result, pictures, machine))
        return result


def numbers(row: dict[str, Any]) -> dict[str, float]:
    """A row of figures as it reads from JSON, whose infinities are texts."""
    return {name: float(value) for name, value in row.items()}
