"""Training: the recipe, the state, one step, and the loop."""

from typing import TYPE_CHECKING

from panogen.base.later import later
from panogen.training.config import Stage, TrainConfig

__all__ = ["Ranks", "Stage", "StepReport", "TrainConfig", "TrainState", "training"]

if TYPE_CHECKING:
    from panogen.training.loop import training
    from panogen.training.ranks import Ranks
    from panogen.training.state import TrainState
    from panogen.training.step import StepReport
else:
    __getattr__ = later(__name__, __all__, "ranks", "state", "step", "loop")
