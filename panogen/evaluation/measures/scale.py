"""Does a panorama stay itself when it is asked for larger?"""

from panogen.evaluation.estimates import over_seeds
from panogen.evaluation.figure import Row
from panogen.evaluation.measures.base import Found, Group, Legend, Measure, Samples
from panogen.grids.view import View
from panogen.metrics.scale import lanczos_consistency, scale_consistency

FACTORS = (2, 4, 8)


def found(samples: Samples) -> Found:
    """Measure ``scale_consistency`` of panoramas, each factor beside what Lanczos interpolation gets."""
    view = View(width=samples.width, truncation=samples.config.truncation)

    def row_of(seed: int) -> Row:
        base = samples.panogen.render(seed, view)
        row = {}
        for factor in FACTORS:
            row[f"scale.ssim_{factor}"] = scale_consistency(base, samples.finer(seed, view, factor))
            row[f"scale.lanczos_{factor}"] = lanczos_consistency(base, factor)
        return row

    return Found(over_seeds(samples, "larger pictures", row_of))


MEASURE = Measure(
    "does a picture stay itself when it is asked for larger?",
    Group.RENDERS,
    {
        "ssim_*": Legend("", "higher", "Likeness to itself when rendered so many times as large; 1 is the same."),
        "lanczos_*": Legend("", "higher", "The same of an interpolation, which adds nothing: the control."),
    },
    of=found,
)
