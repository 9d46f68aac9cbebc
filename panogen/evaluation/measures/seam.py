"""The edge where the left and the right of a panorama meet, among all edges."""

import math
from dataclasses import asdict

from panogen.evaluation.figure import Row
from panogen.evaluation.measures.base import Group, Legend, Measure, Ranking
from panogen.metrics.seam import seam_ratio

# Real panoramas: ratios of 0.40 to 5.3, of second differences up to 4.0.
HARD_RATIO, KINK_RATIO, TWICE_RATIO = 6.0, 6.0, 0.1
RARE_PERCENT = 99.0  # of the edges: that many change less


def faults(row: Row) -> list[str]:
    """Name a hard seam, a kink or a doubled column."""
    rare, kinked = (row[name] >= RARE_PERCENT for name in ("percentile", "percentile_second"))
    found = {
        "hard seam": rare and row["ratio"] >= HARD_RATIO,
        "kink at the seam": not rare and kinked and row["ratio_second"] >= KINK_RATIO,
        "column at the seam is there twice": row["ratio"] <= TWICE_RATIO,
    }
    return [name for name, is_so in found.items() if is_so]


def badness(ratio: float) -> float:
    """Rate a seam that is too smooth as one that is too rough."""
    return abs(math.log2(max(ratio, 1e-9)))


MEASURE = Measure(
    "the edge where left meets right, among all edges",
    Group.SINGLES,
    {
        "ratio": Legend("", "near 1", "Change across the seam, relative to other columns; 0 is a column seen twice."),
        "percentile": Legend("%", "near 50", "Edges that change less than the seam; seamless pictures average 50."),
        "ratio_second": Legend("", "near 1", "Change of slope across the seam, relative to other columns."),
        "percentile_second": Legend("%", "near 50", "Edges whose slope changes less than the seam's."),
    },
    of_picture=lambda picture: asdict(seam_ratio(picture)),
    faults=faults,
    ranking=Ranking("By their seam", "ratio", badness),
)
