"""Training: the recipe, the state, one step, and the loop."""

from panogen.training.config import Stage, TrainConfig
from panogen.training.loop import training
from panogen.training.state import TrainState
from panogen.training.step import Crops, StepReport, train_step

__all__ = ["Crops", "Stage", "StepReport", "TrainConfig", "TrainState", "train_step", "training"]
