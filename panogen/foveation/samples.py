"""The samples that ways to foveate take."""

from typing import cast

from panogen.base.errors import UsageError
from panogen.foveation.budget import within_budget
from panogen.foveation.eye import Gaze
from panogen.foveation.laws import LAWS
from panogen.foveation.modes import MODES, Gaussian, Mode
from panogen.foveation.rings import Rings
from panogen.foveation.scatter import Scatter
from panogen.geometry import Chart

Samples = Rings | Scatter


def samples_of(gaze: Gaze, mode: Mode, chart: Chart, contrast: float = 0.0) -> Samples:
    """What a mode computes of a picture; ``contrast`` as in ``Rings``. Raises UsageError."""
    if isinstance(mode, Gaussian):
        if contrast:
            raise UsageError(f"contrast is for samples on rings, not for mode gaussian, got {contrast:g}")
        return Scatter(gaze, mode.share, chart, mode.seed)
    return Rings(gaze, mode, chart, contrast)


def mode_within(gaze: Gaze, name: str, chart: Chart, share: float) -> Mode:
    """The mode of that name that computes at most a ``share`` of the pixels. Raises UsageError."""
    if name not in MODES:
        raise UsageError(f"mode must be one of {', '.join(MODES)}, got {name!r}")
    if name == Gaussian.kind:
        return Gaussian(share)
    return cast(Mode, within_budget(gaze, LAWS[name](), chart, share).law)
