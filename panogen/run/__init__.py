"""A training run on disk: its folder, its log and snapshots, and the session that trains it."""

from panogen.run.folder import Run, RunConfig
from panogen.run.session import Session, train

__all__ = ["Run", "RunConfig", "Session", "train"]
