"""An evaluation of a model: from the request to the report."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panogen.api import Panogen
from panogen.base.arguments import at_home
from panogen.base.errors import UsageError
from panogen.base.version import __version__
from panogen.data import Source
from panogen.evaluation.config import EvaluationConfig
from panogen.evaluation.estimates import means_beside
from panogen.evaluation.figure import Figure
from panogen.evaluation.measures import MEASURES, metrics_of_pictures
from panogen.evaluation.measures.base import Found
from panogen.evaluation.result import Result
from panogen.evaluation.samples import RealData, Report, Samples
from panogen.evaluation.singles import judged, rank_crops, rank_rows, rows_of_panoramas, written
from panogen.evaluation.stages import open_stages
from panogen.metrics.inception import Inception


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
        metrics = self.config.metrics
        if not self.panogen.model.chart.poles and all(MEASURES[name].needs_poles for name in metrics):
            raise UsageError(
                f"metrics {', '.join(metrics)} are of models that know zenith and nadir, which {self.panogen.name} "
                "does not; name others"
            )

    @classmethod
    def of(
        cls, panogen: Panogen, source: Source, config: EvaluationConfig, inception: Inception | None = None
    ) -> "Evaluation":
        """Set up an evaluation against the real pictures of a source. Raises JobError, too."""
        chart = panogen.model.chart
        if not chart.closed:
            raise UsageError(
                f"model must be one of panoramas, got {panogen.name}, which knows {chart.extent} ahead; judge pictures "
                "in a folder with --pictures"
            )
        return cls(panogen, RealData.of(source, chart.band, config.resolution), config, inception)

    @property
    def request(self) -> dict[str, Any]:
        """Return all that decides on the figures, as JSON."""
        return {
            "panogen": __version__,
            "model": self.panogen.name,
            "fingerprint": self.panogen.model.fingerprint,
            "data": self.data.pictures.description,
            "data_fingerprint": self.data.pictures.fingerprint(),
            **dataclasses.asdict(self.config),
            "metrics": list(self.config.metrics),
            "device": self.panogen.model.generator.w_avg.device.type,
            "inception_dims": self.inception.dims if self.inception and self.config.needs_inception else None,
        }

    def into(
        self, folder: str | Path, *, resume: bool = False, report: Report = lambda what, more, total: None
    ) -> Result:
        """Measure, and leave the report in a folder that is new, or with ``resume`` holds the same request on its way.

        ``report`` hears of everything that is made. The bytes of the result are the same each time, on one machine,
        resumed or not. Raises UsageError for a folder that does not suit, JobError for one that does not take the
        report.
        """
        folder = Path(at_home(folder))
        with open_stages(folder, self.request, resume=resume) as stages:
            result = self.found(Samples(self.panogen, self.data, self.config, stages, self.inception, report))
            result.leave(folder)
        return result

    def found(self, samples: Samples) -> Result:
        """Measure samples of the model, stage by stage, by all that is asked for."""
        singles = of_singles(samples)
        found = [of_measure(samples, name) for name in self.config.metrics if MEASURES[name].of]
        figures = [figure for some in found for figure in some.figures] + [*map(Figure.read, singles["figures"])]
        rankings = rank_rows(singles["generated"], samples.seeds)
        if self.config.needs_inception:
            rankings.append(rank_crops(samples))
        return Result(
            self.panogen.name,
            f"{self.config.crops:,} crops of {self.config.resolution} pixels and {self.config.panoramas} panoramas, "
            f"against {self.data.pictures.description}",
            self.request,
            sorted(figures, key=lambda figure: self.config.metrics.index(figure.name.partition(".")[0])),
            [judged(*one) for one in zip(samples.seeds, singles["generated"], strict=False)],
            [judged(*one) for one in enumerate(singles["real"])],
            rankings,
            {"panoramas": lambda k: samples.panoramas[k], "crops": lambda k: samples.crops[k]},
            note=self.data.shortage,
            curves={name: curve for some in found for name, curve in some.curves.items()},
            machine={name: value for some in found for name, value in some.machine.items()},
        )


def of_measure(samples: Samples, name: str) -> Found:
    """Find what a measure finds in samples: a stage."""
    samples.report(name, 0, 1)
    find = MEASURES[name].of
    assert find is not None, "others look at panoramas one by one"
    return Found.read(samples.stages.record(f"figures-{name}", lambda: find(samples).written()))


def of_singles(samples: Samples) -> dict[str, Any]:
    """Measure panoramas one by one, of the model and real, as JSON, with the means of their figures: a stage."""
    if not set(metrics_of_pictures()) & set(samples.config.metrics):
        return {"figures": [], "generated": [], "real": []}

    def make() -> dict[str, Any]:
        generated, real = rows_of_panoramas(samples)
        means = [figure.written() for figure in means_beside(generated, real, samples.config.seed)]
        return {"figures": means, "generated": [*map(written, generated)], "real": [*map(written, real)]}

    return samples.stages.record("singles", make)
