"""What a measure is: all that is said of it, and how its figures are found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from panogen.base.arrays import AnyPixels
from panogen.evaluation.figure import Figure, Row

if TYPE_CHECKING:
    from panogen.evaluation.samples import Samples as Samples
else:
    Samples = Any  # they import torch, which ``--help`` does not wait for

Curve = dict[str, Any]


class Group(StrEnum):
    """The tables of the page, in their order, by title."""

    REAL = "Against real pictures"
    CIRCLE = "Around the circle"
    SINGLES = "Panoramas one by one"
    RENDERS = "Larger, turned, foveated"
    MACHINE = "Measured on this machine"


@dataclass(frozen=True)
class Legend:
    """What figures of a name are: their ``unit``, which of them are ``better``, and what they tell, in plain ``words``.

    ``better`` is ``lower``, ``higher``, or what a figure should be near: ``near 1``, ``near real``. ``group`` is the
    table that they are in, where it is not that of their measure.
    """

    unit: str
    better: str
    words: str
    group: Group | None = None


@dataclass(frozen=True)
class Found:
    """What a measure finds of a model: figures, curves by name, and what holds for this machine alone."""

    figures: Sequence[Figure] = ()
    curves: Mapping[str, Curve] = field(default_factory=dict)
    machine: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, fields: dict[str, Any]) -> Self:
        """Read it from what ``written`` gives."""
        return cls(list(map(Figure.read, fields["figures"])), fields["curves"], fields["machine"])

    def written(self) -> dict[str, Any]:
        """Return it as JSON, without curves that have no points."""
        curves = {name: curve for name, curve in self.curves.items() if curve}
        return {"figures": [figure.written() for figure in self.figures], "curves": curves, "machine": self.machine}


@dataclass(frozen=True)
class Ranking:
    """How pictures are ranked: the ranking's ``title``, the ``figure`` of their measure, and how bad a value is."""

    title: str
    figure: str
    badness: Callable[[float], float]


@dataclass(frozen=True)
class Measure:
    """One thing that is measured, of models, of panoramas one by one, or both.

    ``words`` are what ``--help`` says of it. ``legends`` has each of its figures by what follows the measure's name and
    a dot; a star at the end of one stands for a size. Their table is that of the ``group``.

    ``of`` finds figures in a model's samples; with ``needs_inception`` it sees them through the network of FID, and
    with ``needs_poles`` it finds none of models that do not know zenith and nadir. A function in
    ``charts`` draws a curve that it finds, by the curve's name.

    ``of_picture`` gives the figures of a panorama (H, W, 3), and raises ValueError where its shape does not suit.
    ``among`` gives each panorama of the samples, generated and real, figures that need the others. From the figures of
    a panorama ``faults`` tells what is plainly wrong with it. Their limits lie beyond what any of 125 real panoramas
    has: a fault that is named is a finding, and none is no proof.
    """

    words: str
    group: Group
    legends: Mapping[str, Legend]
    of: Callable[[Samples], Found] | None = None
    needs_inception: bool = False
    needs_poles: bool = False
    charts: Mapping[str, Callable[[Curve], str]] = field(default_factory=dict)
    of_picture: Callable[[AnyPixels], Row] | None = None
    among: Callable[[Samples], tuple[list[Row], list[Row]]] = lambda samples: ([], [])
    faults: Callable[[Row], list[str]] = lambda row: []
    ranking: Ranking | None = None

    def legend(self, part: str) -> Legend:
        """Say what figures of a name are, with their group. Raises KeyError for an unknown one."""
        for known in (part, part[: part.rfind("_") + 1] + "*", "*"):
            if known in self.legends:
                legend = self.legends[known]
                return replace(legend, group=legend.group or self.group)
        raise KeyError(part)
