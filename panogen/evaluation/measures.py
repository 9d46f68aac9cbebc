"""What each metric of a model finds, as JSON: its figures, and the curves that the page draws."""

from collections.abc import Callable
from functools import partial
from typing import Any

from panogen.evaluation import layout, renders, sets
from panogen.evaluation.figure import Figure, rounded
from panogen.evaluation.material import Material
from panogen.evaluation.singles import Row, rows_of_panoramas, summaries
from panogen.metrics import PICTURE_METRICS

Found = dict[str, Any]


def found(figures: list[Figure], **curves: dict[str, Any]) -> Found:
    """What a metric found."""
    return {"figures": [figure.written() for figure in figures], "curves": {n: c for n, c in curves.items() if c}}


def of_swd(material: Material) -> Found:
    """The distance, and by azimuth."""
    return found(sets.swd(material), swd_by_azimuth=sets.swd_by_azimuth(material))


def of_spectrum(material: Material) -> Found:
    """That of crops; the panoramas' own come with the other figures of single pictures."""
    figures, curves = sets.spectrum_of_crops(material)
    return found(figures, spectrum=curves)


def of_layout(material: Material) -> Found:
    """Variety around the circle."""
    figures, curves = layout.layout(material)
    return found(figures, azimuth_spread=curves)


# Those of sets and renders; PICTURE_METRICS are measured together, once.
MEASURES: dict[str, Callable[[Material], Found]] = {
    "swd": of_swd,
    "fid": lambda material: found(sets.fid(material)),
    "kid": lambda material: found(sets.kid(material)),
    "seam-fid": lambda material: found(sets.seam_fid(material)),
    "spectrum": of_spectrum,
    "layout": of_layout,
    "scale": lambda material: found(renders.scale(material)),
    "pan": lambda material: found(renders.pan(material)),
    "foveation": lambda material: found(renders.foveation(material)),
}


def measured(material: Material) -> tuple[list[Figure], Found, Found]:
    """All that is asked for, stage by stage: figures in the order of the metrics, curves by name, and the figures of
    single panoramas, generated and real."""
    figures: list[Figure] = []
    curves: Found = {}
    names = material.config.metrics
    for name in names:
        if name in MEASURES:
            material.report(name, 0, 1)
            record = material.stages.record(f"figures-{name}", partial(MEASURES[name], material))
            figures += map(Figure.read, record["figures"])
            curves |= record["curves"]
    singles: Found = {}
    if any(name in PICTURE_METRICS for name in names):
        singles = material.stages.record("singles", partial(of_singles, material))
        figures += map(Figure.read, singles["figures"])
    order = {name: number for number, name in enumerate(names)}
    return sorted(figures, key=lambda figure: order[figure.name.partition(".")[0]]), curves, singles


def of_singles(material: Material) -> Found:
    """Figures of panoramas one by one, of a model and real, and their means."""
    generated, real = rows_of_panoramas(material)
    figures = [figure.written() for figure in summaries(generated, real, material.config.seed)]
    return {"figures": figures, "generated": written_rows(generated), "real": written_rows(real)}


def written_rows(rows: list[Row]) -> list[Found]:
    """For JSON."""
    return [{name: rounded(value) for name, value in row.items()} for row in rows]
