"""The samples that ways to foveate take, and as much as a number of them buys."""

from panogen.base.errors import UsageError
from panogen.foveation.eye import Gaze
from panogen.foveation.laws import LAWS, Law
from panogen.foveation.modes import MODES, Gaussian, Mode
from panogen.foveation.rings import Rings
from panogen.foveation.scatter import Scatter
from panogen.geometry import Chart

LARGEST_FACTOR = 16.0  # by which the distances between samples may grow or shrink
HALVINGS = 12

Samples = Rings | Scatter


def samples_of(gaze: Gaze, mode: Mode, chart: Chart, contrast: float = 0.0, outside: str = "black") -> Samples:
    """Return the samples that a mode computes of a picture, with a ``contrast`` and an ``outside`` as in ``Rings``.
    Raises UsageError."""
    if isinstance(mode, Gaussian):
        if contrast:
            raise UsageError(f"contrast is for samples on rings, not for mode gaussian, got {contrast:g}")
        return Scatter(gaze, mode.share, chart, mode.seed, outside)
    return Rings(gaze, mode, chart, contrast, outside)


def mode_within(gaze: Gaze, name: str, chart: Chart, share: float) -> Mode:
    """Return the mode of that name that computes at most a ``share`` of the pixels. Raises UsageError."""
    if name not in MODES:
        raise UsageError(f"mode must be one of {', '.join(MODES)}, got {name!r}")
    if name == Gaussian.kind:
        return Gaussian(share)
    return within_budget(gaze, LAWS[name](), chart, share).law


def within_budget(gaze: Gaze, law: Law, chart: Chart, share: float) -> Rings:
    """Return the densest samples that are at most a ``share`` of the picture's pixels. Raises UsageError."""
    if not 0 < share <= 1:
        raise UsageError(f"budget must be in (0, 1] of the pixels, got {share:g}")

    def rings(factor: float) -> Rings:
        return Rings(gaze, law.scaled(factor), chart)

    def cost(found: Rings) -> float:
        return len(found) / len(gaze.grid)

    dense, sparse = 1 / LARGEST_FACTOR, LARGEST_FACTOR
    best = rings(sparse)
    if cost(best) > share:
        raise UsageError(f"budget must be at least {cost(best):.4f} of the pixels here, got {share:g}")
    for _ in range(HALVINGS):
        factor = (dense * sparse) ** 0.5
        found = rings(factor)
        if cost(found) > share:
            dense = factor
        else:
            sparse, best = factor, found
    return best
