"""Inversion: latents with which a model shows a photo."""

from typing import TYPE_CHECKING

from panogen.apps.inversion.config import STAGES, SearchConfig
from panogen.base.later import later

__all__ = ["STAGES", "Inversion", "Search", "SearchConfig", "SearchState", "Step", "Target", "lay_target"]

if TYPE_CHECKING:
    from panogen.apps.inversion.job import Inversion
    from panogen.apps.inversion.search import Search, Step
    from panogen.apps.inversion.state import SearchState
    from panogen.apps.inversion.target import Target, lay_target
else:
    __getattr__ = later(__name__, __all__, "target", "state", "search", "job")
