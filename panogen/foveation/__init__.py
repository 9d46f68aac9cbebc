"""Foveation: pictures whose pixels are computed as densely as an eye that looks at one place can tell.

The eccentricity of a pixel is the angle, at the eye, between it and the place that is looked at. What is asked for is
here; what computes it needs torch, and is imported from its own file.
"""

from panogen.foveation.laws import LAWS, Acuity, LogPolar
from panogen.foveation.modes import MODES, Foveation, Gaussian

__all__ = ["LAWS", "MODES", "Acuity", "Foveation", "Gaussian", "LogPolar"]
