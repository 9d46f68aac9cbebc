"""Rendering: a plan for one latent field, and blocks of it over any grid."""

from panogen.rendering.adaptive import AdaptiveRenderer
from panogen.rendering.pacing import evened
from panogen.rendering.plan import Plan, plan_of
from panogen.rendering.renderer import OUTSIDE, Progress, Renderer, default_workers, quantize

__all__ = [
    "OUTSIDE",
    "AdaptiveRenderer",
    "Plan",
    "Progress",
    "Renderer",
    "default_workers",
    "evened",
    "plan_of",
    "quantize",
]
