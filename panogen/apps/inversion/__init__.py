"""Inversion: latents with which a model shows a photo. What is asked for is here; ``job`` carries it out."""

from panogen.apps.inversion.config import STAGES, SearchConfig

__all__ = ["STAGES", "SearchConfig"]
