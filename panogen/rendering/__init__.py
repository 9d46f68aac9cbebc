"""Rendering: a plan for one latent field, blocks of it over any grid, and pixels from their colours."""

from panogen.rendering.perceptual import perceptual_blend
from panogen.rendering.pixels import PixelRenderer
from panogen.rendering.plans import Plan, plan_of
from panogen.rendering.renderer import OUTSIDE, Progress, Renderer, quantize

__all__ = [
    "OUTSIDE",
    "PixelRenderer",
    "Plan",
    "Progress",
    "Renderer",
    "perceptual_blend",
    "plan_of",
    "quantize",
]
