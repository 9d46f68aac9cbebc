"""How good is a model, or a folder of panoramas? Figures with intervals and floors, as JSON and as a page."""

from typing import TYPE_CHECKING

from panogen.base.later import later
from panogen.evaluation.config import METRICS, NEED_INCEPTION, EvaluationConfig, parse_names

__all__ = [
    "METRICS",
    "NEED_INCEPTION",
    "Evaluation",
    "EvaluationConfig",
    "Figure",
    "PictureEvaluation",
    "PictureFolder",
    "RealData",
    "parse_names",
]

if TYPE_CHECKING:
    from panogen.evaluation.figure import Figure
    from panogen.evaluation.job import Evaluation
    from panogen.evaluation.pictures import PictureEvaluation, PictureFolder
    from panogen.evaluation.real import RealData
else:
    __getattr__ = later(__name__, __all__, "figure", "real", "job", "pictures")
