"""Seeds, z and truncation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from panogen.base.arguments import whole
from panogen.base.arrays import Floats
from panogen.base.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

MAX_SEED = 2**32 - 1  # of numpy's RandomState, and so of every StyleGAN tool
LONGEST_NUMBER = 20  # digits
MOST_SEEDS = 100_000  # in one request


def check_seed(seed: int, name: str = "seed") -> int:
    """Return the seed. Raises UsageError, which calls it by ``name``, where it is none."""
    seed = whole(seed, name)
    if not 0 <= seed <= MAX_SEED:
        raise UsageError(f"{name} must be in [0, {MAX_SEED}], got {seed}")
    return seed


def parse_seeds(text: str) -> list[int]:
    """``0,1,4-6`` -> [0, 1, 4, 5, 6]. Raises UsageError."""
    seeds: list[int] = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()) or len(part) > 2 * LONGEST_NUMBER:
            raise UsageError(f"seeds must be numbers and ranges like 0,1,4-6, got {text!r}")
        start, stop = check_seed(int(first)), check_seed(int(last or first))
        if stop < start:
            raise UsageError(f"a range of seeds must go upwards, got {part.strip()!r}")
        if len(seeds) + stop - start >= MOST_SEEDS:
            raise UsageError(f"seeds may name at most {MOST_SEEDS} pictures, got {text!r}")
        seeds.extend(range(start, stop + 1))
    return list(dict.fromkeys(seeds))


def z_from_seed(seed: int, z_dim: int, count: int = 1) -> Floats:
    """z (count, z_dim) that a seed draws, the first its own by the custom of StyleGAN tools: picture N never depends on
    its neighbours."""
    return np.random.RandomState(check_seed(seed)).randn(count, z_dim).astype(np.float32)


def truncate(ws: Tensor, w_avg: Tensor, truncation_psi: float) -> Tensor:
    """Draw latents towards their mean: w_avg + psi (w - w_avg) (StyleGAN, appendix B)."""
    return w_avg + truncation_psi * (ws - w_avg)
