"""The seam by the score of Christensen et al."""

from panogen.evaluation.measures.base import Group, Legend, Measure
from panogen.metrics.seam import discontinuity_excess, discontinuity_score

MEASURE = Measure(
    "the same by the score of Christensen et al.",
    Group.SINGLES,
    {
        "score": Legend("", "near real", "Contrast across the seam relative to that beside it."),
        "excess": Legend("", "near 0", "That less its mean at other places of the same picture."),
    },
    of_picture=lambda picture: {"score": discontinuity_score(picture), "excess": discontinuity_excess(picture)},
)
