"""The kernel distance of crops from real ones, of what the network of FID sees in them."""

import math

from panogen.evaluation.estimates import Distance, against_real
from panogen.evaluation.measures.base import Found, Group, Legend, Measure
from panogen.metrics.frechet import kernel_distance

KERNEL = Distance(kernel_distance, resamples=100, least=-math.inf)


MEASURE = Measure(
    "kernel distance of crops from real ones",
    Group.REAL,
    {"*": Legend("", "lower", "The same by a kernel: unbiased, about 0 for the same source.")},
    of=lambda samples: Found([against_real(samples, "kid", KERNEL)]),
    needs_inception=True,
)
