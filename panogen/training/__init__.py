"""Training: the recipe, the state, one step, and the loop."""

from typing import TYPE_CHECKING

from panogen.base.later import later
from panogen.training.config import Stage, TrainConfig

__all__ = ["ONE_RANK", "Crops", "Ranks", "Stage", "StepReport", "TrainConfig", "TrainState", "train_step", "training"]

if TYPE_CHECKING:
    from panogen.training.batch import Crops
    from panogen.training.loop import training
    from panogen.training.ranks import ONE_RANK, Ranks
    from panogen.training.state import TrainState
    from panogen.training.step import StepReport, train_step
else:
    __getattr__ = later(__name__, __all__, "ranks", "batch", "state", "step", "loop")
