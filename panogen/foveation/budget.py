"""As much as a number of samples buys."""

from panogen.base.errors import UsageError
from panogen.foveation.eye import Gaze
from panogen.foveation.laws import Law
from panogen.foveation.rings import Rings
from panogen.geometry import Chart

LARGEST_FACTOR = 16.0  # by which the distances between samples may grow or shrink
HALVINGS = 12


def within_budget(gaze: Gaze, law: Law, chart: Chart, share: float) -> Rings:
    """The densest samples that are at most a ``share`` of the picture's pixels. Raises UsageError."""
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
