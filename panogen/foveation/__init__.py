"""Foveation: pictures whose pixels are computed as densely as an eye that looks at one place can tell.

The eccentricity of a pixel is the angle, at the eye, between it and the place that is looked at.
"""

from typing import TYPE_CHECKING

from panogen.base.later import later
from panogen.foveation.laws import LAWS, Acuity, Law, LogPolar
from panogen.foveation.modes import MODES, Foveation, Gaussian, Mode

__all__ = [
    "LAWS",
    "MODES",
    "Acuity",
    "Foveation",
    "Gaussian",
    "Gaze",
    "Law",
    "LogPolar",
    "Mode",
    "Rings",
    "Samples",
    "Scatter",
    "mode_within",
    "pixel_angles_deg",
    "samples_of",
    "within_budget",
]

if TYPE_CHECKING:
    from panogen.foveation.eye import Gaze, pixel_angles_deg
    from panogen.foveation.rings import Rings
    from panogen.foveation.samples import Samples, mode_within, samples_of, within_budget
    from panogen.foveation.scatter import Scatter
else:
    __getattr__ = later(__name__, __all__, "eye", "rings", "scatter", "samples")
