"""Rendering: a plan for one latent field, blocks of it over any grid, and pixels from their colours."""

from panogen.rendering.pixels import PixelRenderer, RenderWindows, WindowPixels
from panogen.rendering.plans import plan_of
from panogen.rendering.renderer import OUTSIDE, Progress, Renderer, quantize

__all__ = ["OUTSIDE", "PixelRenderer", "Progress", "RenderWindows", "Renderer", "WindowPixels", "plan_of", "quantize"]
