"""A training run on disk: its folder, its log and snapshots, and the session that trains it."""

from panogen.run.folder import KEEP, Run, RunConfig, discriminator_of
from panogen.run.log import LOG_EVERY, Log
from panogen.run.page import write_report
from panogen.run.processes import process_group
from panogen.run.session import Session, train

__all__ = [
    "KEEP",
    "LOG_EVERY",
    "Log",
    "Run",
    "RunConfig",
    "Session",
    "discriminator_of",
    "process_group",
    "train",
    "write_report",
]
