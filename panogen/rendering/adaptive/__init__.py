"""Pictures within a tolerance: the network is asked only where interpolation would not do."""

from panogen.rendering.adaptive.renderer import AdaptiveRenderer

__all__ = ["AdaptiveRenderer"]
