"""The worst and the best pictures by some figures, named by their seeds."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panogen.evaluation.figure import rounded
from panogen.evaluation.material import Material, mixed
from panogen.evaluation.singles import DEVIATION

SHOWN = 2  # of the worst, and of the best
CROPS_SHOWN = 4

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Ranking:
    """How pictures are ranked: what the ranking is called, the figure of ``rows`` and how bad a value of it is."""

    title: str
    figure: str
    badness: Callable[[float], float]


RANKINGS = (
    Ranking("By their seam", "seam.ratio", lambda ratio: abs(math.log2(max(ratio, 1e-9)))),
    Ranking("By their detail", DEVIATION, lambda decibels: decibels),
    Ranking("By how like one half is to the other", "mirror.correlation", lambda correlation: correlation),
)


def ends(badness: Sequence[float], shown: int) -> dict[str, list[int]]:
    """Indices of the worst, the very worst first, and of the best, the very best first; none is both."""
    order = sorted(range(len(badness)), key=lambda k: (-badness[k], k))
    shown = min(shown, len(order) // 2)
    return {"worst": order[:shown], "best": order[::-1][:shown]}


def rank_rows(rows: Sequence[dict[str, Any]], names: Sequence[Any]) -> list[dict[str, Any]]:
    """Rankings of pictures, called by their ``names``: seeds or files. Those without a finite figure do not count."""
    rankings = []
    for ranking in RANKINGS:
        values = {k: float(row[ranking.figure]) for k, row in enumerate(rows) if ranking.figure in row}
        known = [k for k, value in values.items() if math.isfinite(value)]
        chosen = ends([ranking.badness(values[k]) for k in known], SHOWN)
        if chosen["worst"]:
            shown = {
                end: [
                    {"name": names[known[at]], "index": known[at], "value": rounded(values[known[at]])} for at in found
                ]
                for end, found in chosen.items()
            }
            rankings.append({"title": ranking.title, "figure": ranking.figure, "of": "panoramas", **shown})
    return rankings


def rank_crops(material: Material) -> dict[str, Any]:
    """Crops by how far what the network sees in them is from its mean over real ones."""
    real = mixed(material.half_features).mean(0, dtype=np.float64)
    away = np.linalg.norm(material.features - real, axis=1)
    seed = material.config.seed
    shown = {
        end: [{"name": seed + at, "index": at, "value": rounded(float(away[at]))} for at in found]
        for end, found in ends(away.tolist(), CROPS_SHOWN).items()
    }
    return {"title": "Crops by what the network sees", "figure": "distance from the mean of real ones", "of": "crops",
            **shown}  # fmt: skip
