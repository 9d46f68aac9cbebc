"""How good is a model, or a folder of panoramas? Figures with intervals and floors, as JSON and as a page."""

from typing import TYPE_CHECKING

from panogen.base.later import later

__all__ = ["Evaluation", "EvaluationConfig", "PictureEvaluation", "PictureFolder"]

if TYPE_CHECKING:
    from panogen.evaluation.config import EvaluationConfig
    from panogen.evaluation.job import Evaluation
    from panogen.evaluation.pictures import PictureEvaluation, PictureFolder
else:
    __getattr__ = later(__name__, __all__, "config", "job", "pictures")
