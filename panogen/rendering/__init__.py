"""Rendering: a plan for one latent field, and blocks of it over any grid."""

from panogen.rendering.plan import Plan, plan_of
from panogen.rendering.renderer import BLOCK_POINTS, Renderer, default_workers, quantize

__all__ = ["BLOCK_POINTS", "Plan", "Renderer", "default_workers", "plan_of", "quantize"]
