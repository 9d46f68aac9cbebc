"""The Frechet distance of crops from real ones, of what the network of FID sees in them."""

from panogen.evaluation.estimates import Distance, against_real
from panogen.evaluation.measures.base import Found, Group, Legend, Measure
from panogen.metrics.frechet import frechet_distance

FRECHET = Distance(frechet_distance, resamples=50, least=0.0)


MEASURE = Measure(
    "Frechet distance of crops from real ones",
    Group.REAL,
    {"*": Legend("", "lower", "How unlike what a network sees in the crops is, features of this dimension.")},
    of=lambda samples: Found([against_real(samples, "fid", FRECHET)]),
    needs_inception=True,
)
