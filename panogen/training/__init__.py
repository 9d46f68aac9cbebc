"""Training: the recipe, the state, one step, and the loop."""

from panogen.training.batch import Crops
from panogen.training.config import Stage, TrainConfig
from panogen.training.loop import training
from panogen.training.ranks import ALONE, Ranks
from panogen.training.state import TrainState
from panogen.training.step import StepReport, train_step

__all__ = ["ALONE", "Crops", "Ranks", "Stage", "StepReport", "TrainConfig", "TrainState", "train_step", "training"]
