"""A run at a glance: one HTML page with its curves and pictures inside, that asks nothing of the network."""

from panogen.pages.page import write_report

__all__ = ["write_report"]
