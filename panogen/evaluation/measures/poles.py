"""Zenith and nadir of whole spheres."""

from dataclasses import asdict

from panogen.evaluation.figure import Row
from panogen.evaluation.measures.base import Group, Legend, Measure
from panogen.metrics.poles import pole_figures

FLAT_SPREAD = 15.0  # real panoramas: up to 9.7


def faults(row: Row) -> list[str]:
    """Name flat poles."""
    spreads = {"flat zenith": row["spread_top"], "flat nadir": row["spread_bottom"]}
    return [name for name, spread in spreads.items() if spread >= FLAT_SPREAD]


MEASURE = Measure(
    "zenith and nadir, of models that know them",
    Group.SINGLES,
    {
        "spread_top": Legend("", "near 1", "How far the zenith is from one colour; flat pictures have many times 1."),
        "spread_bottom": Legend("", "near 1", "The same of the nadir."),
        "step_top": Legend("", "near 1", "How much changes across the zenith."),
        "step_bottom": Legend("", "near 1", "The same of the nadir."),
    },
    needs_poles=True,
    of_picture=lambda picture: asdict(pole_figures(picture)),
    faults=faults,
)
