"""Inversion: latents with which a model shows a photo."""

from panogen.inversion.job import Inversion
from panogen.inversion.search import STAGES, Search, SearchConfig, Step
from panogen.inversion.state import SearchState
from panogen.inversion.target import Target, lay_target

__all__ = ["STAGES", "Inversion", "Search", "SearchConfig", "SearchState", "Step", "Target", "lay_target"]
