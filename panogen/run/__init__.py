"""A training run on disk: its recipe, its folder, its log and snapshots, and the session that trains it."""

from panogen.run.folder import Run, RunConfig
from panogen.run.recipe import run_config
from panogen.run.session import Session, train

__all__ = ["Run", "RunConfig", "Session", "run_config", "train"]
