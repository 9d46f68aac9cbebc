"""Measures: one file each. A new one is a file and a line here. Nothing here needs torch before it measures."""

from panogen.evaluation.measures import (
    discontinuity,
    fid,
    foveation,
    kid,
    layout,
    mirror,
    pan,
    poles,
    scale,
    seam,
    seam_fid,
    spectrum,
    speed,
    swd,
)
from panogen.evaluation.measures.base import Group, Legend, Measure

# In the order of the report.
MEASURES: dict[str, Measure] = {
    "swd": swd.MEASURE,
    "fid": fid.MEASURE,
    "kid": kid.MEASURE,
    "seam-fid": seam_fid.MEASURE,
    "spectrum": spectrum.MEASURE,
    "layout": layout.MEASURE,
    "seam": seam.MEASURE,
    "discontinuity": discontinuity.MEASURE,
    "mirror": mirror.MEASURE,
    "poles": poles.MEASURE,
    "scale": scale.MEASURE,
    "pan": pan.MEASURE,
    "foveation": foveation.MEASURE,
    "speed": speed.MEASURE,
}

__all__ = ["MEASURES", "Group", "Legend", "Measure", "legend_of", "metrics_of_models", "metrics_of_pictures"]


def metrics_of_models(*, inception: bool) -> tuple[str, ...]:
    """Name the measures of a model, those that need the network of FID only with ``inception``."""
    return tuple(name for name, measure in MEASURES.items() if inception or not measure.needs_inception)


def metrics_of_pictures() -> tuple[str, ...]:
    """Name the measures of panoramas in a folder."""
    return tuple(name for name, measure in MEASURES.items() if measure.of_picture)


def legend_of(name: str) -> Legend:
    """Say what figures of a name such as ``seam.ratio`` are. Raises KeyError for an unknown one."""
    measure, _, part = name.partition(".")
    return MEASURES[measure].legend(part)
