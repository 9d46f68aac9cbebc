"""A training run on disk: its folder, its log and snapshots, and the session that trains it."""

from panogen.run.folder import KEEP, Run, RunConfig
from panogen.run.log import LOG_EVERY, Log
from panogen.run.processes import process_group
from panogen.run.session import Session, train

__all__ = ["KEEP", "LOG_EVERY", "Log", "Run", "RunConfig", "Session", "process_group", "train"]
