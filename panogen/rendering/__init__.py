"""Rendering: a plan for one latent field, blocks of it over any grid, and pixels from their colours."""

from panogen.rendering.exposure import Exposure
from panogen.rendering.pacing import evened
from panogen.rendering.plans import Plan, plan_of
from panogen.rendering.renderer import OUTSIDE, Progress, Renderer, default_workers, quantize

__all__ = [
    "OUTSIDE",
    "Exposure",
    "Plan",
    "Progress",
    "Renderer",
    "default_workers",
    "evened",
    "plan_of",
    "quantize",
]
