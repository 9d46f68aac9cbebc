"""Plans: a generator folded for one latent field, for inference alone."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from panogen.latents import LatentField
from panogen.networks import Generator
from panogen.rendering.factored import FactoredPlan
from panogen.rendering.folded import FoldedPlan


class Plan(Protocol):
    """The generator's synthesis for a field, equal to it within 1e-5."""

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

    def __call__(self, coords: Tensor, directions: NDArray[np.float64], scratch: Any) -> Tensor:
        """Colours (points, 3) of chart coordinates (points, 3) float64 and the directions (points, 3) that they are of,
        in ``scratch`` until the next call."""
        ...


def plan_of(generator: Generator, field: LatentField) -> Plan:
    """The plan of a field: weights folded whole for a single latent, factored for several."""
    return FoldedPlan(generator, field.anchors[0]) if len(field.anchors) == 1 else FactoredPlan(generator, field)
