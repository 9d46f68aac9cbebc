"""Halves of a panorama that are copies or mirror images of one another."""

import math

from panogen.base.arrays import AnyPixels
from panogen.evaluation.figure import Row
from panogen.evaluation.measures.base import Group, Legend, Measure, Ranking
from panogen.metrics.variety import half_correlation

COPY_CORRELATION = 0.98  # real panoramas: up to 0.96


def figures(picture: AnyPixels) -> Row:
    """Measure ``half_correlation``; ``mirrored`` is 1 where the most alike is a mirror image, and else 0."""
    likeness = half_correlation(picture)
    mirrored = math.nan if math.isnan(likeness.value) else float(likeness.mirrored)
    return {"correlation": likeness.value, "mirrored": mirrored}


def faults(row: Row) -> list[str]:
    """Name a half that is a copy."""
    words = "one half mirrors the other" if row["mirrored"] else "one half is a copy of the other"
    return [words] if row["correlation"] >= COPY_CORRELATION else []


MEASURE = Measure(
    "halves that are copies or mirror images",
    Group.SINGLES,
    {
        "correlation": Legend("", "near real", "How like a half is to the other, turned or mirrored; 1 is a copy."),
        "mirrored": Legend("", "near real", "Share of pictures whose most alike half is a mirror image."),
    },
    of_picture=figures,
    faults=faults,
    ranking=Ranking("By how like one half is to the other", "correlation", lambda correlation: correlation),
)
