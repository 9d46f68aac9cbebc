"""Plans: a generator folded for one latent field, for inference alone."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.base.errors import UsageError
from panogen.grids import Grid
from panogen.latents import LatentField
from panogen.networks import ChartPoints, Generator
from panogen.rendering.factored import FactoredPlan
from panogen.rendering.folded import FoldedPlan
from panogen.rendering.meridians import MeridianPlan


class Plan(Protocol):
    """The generator's synthesis for a field, equal to it within 1e-5."""

    @property
    def tile(self) -> tuple[int, int]:
        """Rows and columns of the picture that a block takes its points from, all of one column after the other.

        A block of one row takes successive samples, wherever rows end."""
        ...

    @property
    def apart(self) -> bool:
        """Whether it wants to be told that its points are columns of a picture whose columns are meridians."""
        ...

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        ...

    @property
    def flop_per_point(self) -> int:
        """Floating-point operations of the network's own matrix products for one point: the layers and the colours."""
        ...

    def scratch(self, points: int) -> Any:
        """Buffers for blocks of ``points`` points; each block in flight needs its own."""
        ...

    def __call__(self, points: ChartPoints, directions: NDArray[np.float64], scratch: Any) -> Tensor:
        """Colours (n, 3) of points and the directions (n, 3) that they are seen at, in ``scratch`` until the next
        call."""
        ...


def plan_of(
    generator: Generator, field: LatentField, grid: Grid, *, noise: bool = False, any_order: bool = False
) -> Plan:
    """The plan of a field on a grid: weights folded once for a single latent, for each column of a panorama where the
    latents change with the azimuth alone, and otherwise factored.

    With ``noise`` it adds the noise that the generator has learned strengths of. Raises UsageError where it has none.
    With ``any_order`` its blocks are any points, a row of them.
    """
    if noise and not generator.config.noise:
        raise UsageError("noise is for models that have learned how strong it is, which this one has not; leave it out")
    apart = not any_order and grid.columns_are_meridians and generator.comes_apart
    if len(field.anchors) == 1:
        return FoldedPlan(generator, field, noise=noise, any_order=any_order, apart=apart)
    if apart and field.weights.azimuthal and not noise:
        return MeridianPlan(generator, field, grid.shape[0])
    return FactoredPlan(generator, field, noise=noise, any_order=any_order)
