"""Foveation: pictures whose pixels are computed as densely as an eye that looks at one place can tell.

The eccentricity of a pixel is the angle, at the eye, between it and the place that is looked at.
"""

from panogen.foveation.eye import Gaze
from panogen.foveation.laws import LAWS, Acuity, Law, LogPolar
from panogen.foveation.rings import Rings
from panogen.foveation.scatter import Scatter

__all__ = ["LAWS", "Acuity", "Gaze", "Law", "LogPolar", "Rings", "Scatter"]
