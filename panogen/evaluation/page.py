"""The report as one page: tables, curves, the worst and the best pictures."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, Any

from PIL import Image

from panogen.base.arrays import Pixels
from panogen.evaluation.figure import Figure
from panogen.evaluation.measures import MEASURES, Group, legend_of
from panogen.pages.document import document
from panogen.pages.tables import details, grid_table, table
from panogen.pictures.inline import picture_uri

if TYPE_CHECKING:
    from panogen.evaluation.result import Result

PICTURE_BYTES = 90_000  # of each
DIGITS = 4  # shown
HEADERS = ("figure", "value", "95 % interval", "real pictures", "n", "better", "what it says")
REAL = HEADERS.index("real pictures")
READING = (
    "A figure means little alone: read it beside that of real pictures, which is of two halves of them against each "
    "other, or of real panoramas one by one. A model cannot be expected to do better.",
    "The interval says how far the figure would move with other pictures, equally many. Distances of two sets grow as "
    "sets shrink: compare figures of equal n alone.",
)


def render_page(result: Result) -> str:
    """Tell a result, as well-formed XML."""
    body = [
        f"<h1>{escape(result.title)}</h1>",
        f"<p><b>{escape(result.about)}</b></p>",
        *(f"<p>{escape(text)}</p>" for text in (result.note, *READING) if text),
        *tables(result.figures),
        *machine_table(result.machine),
        *charts(result.curves),
        *findings(result),
        *samples(result),
        *every_picture(result),
        "<h2>The request</h2>",
        table(result.request),
    ]
    return document(f"{result.title} - panogen", body)


def tables(figures: list[Figure]) -> list[str]:
    """Return a table for each group that has figures, without a column for real pictures where there are none."""
    parts = []
    for group in Group:
        some = [figure for figure in figures if legend_of(figure.name).group is group]
        rows = [list(HEADERS), *map(row, some)]
        if all(figure.floor is None for figure in some):
            rows = [[*cells[:REAL], *cells[REAL + 1 :]] for cells in rows]
        if some:
            parts += [f"<h2>{group}</h2>", grid_table(rows[0], rows[1:])]
    return parts


def row(figure: Figure) -> list[str]:
    """Return a figure's row."""
    legend = legend_of(figure.name)
    return [
        figure.name,
        said(figure.value, legend.unit),
        interval(figure),
        number(figure.floor),
        f"{figure.n:,}",
        legend.better,
        legend.words,
    ]


def interval(figure: Figure) -> str:
    """Return a figure's interval, if it has one."""
    if figure.low is None or figure.high is None:
        return ""
    return "always the same" if figure.low == figure.high else f"{number(figure.low)} to {number(figure.high)}"


def said(value: float, unit: str) -> str:
    """Return a value with its unit."""
    return number(value) if math.isinf(value) or not unit else f"{number(value)} {unit}"


def number(value: float | str | None) -> str:
    """Return a value, or the text of an infinite one, to a few digits; a PSNR is infinite where nothing differs."""
    if value is None:
        return ""
    value = float(value)
    if math.isinf(value):
        return "infinite"
    digits = f"{value:.{DIGITS}g}"
    return f"{float(digits):,.0f}" if "e+" in digits else digits


def machine_table(machine: dict[str, Any]) -> list[str]:
    """Return a table of what holds for one machine."""
    note = "<p>Another machine, or a busier one, gives others.</p>"
    return [f"<h2>{Group.MACHINE}</h2>", table(machine), note] if machine else []


def charts(curves: dict[str, Any]) -> list[str]:
    """Curves of the model beside those of real pictures."""
    draws = {name: draw for measure in MEASURES.values() for name, draw in measure.charts.items()}
    drawn = [draw(curves[name]) for name, draw in draws.items() if name in curves]
    return ["<h2>Curves</h2>", '<div class="grid-of">', *drawn, "</div>"] if drawn else []


def findings(result: Result) -> list[str]:
    """Say in words what is wrong with single pictures."""
    rows = result.pictures
    if not rows:
        return []
    flagged = [[str(one["name"]), ", ".join(one["flags"])] for one in rows if one["flags"]]
    real = result.real_pictures
    beside = f" Of {len(real)} real ones, {sum(bool(one['flags']) for one in real)}." if real else ""
    parts = ["<h2>Findings</h2>", f"<p>Of {len(rows)} panoramas {len(flagged)} show a plain fault.{beside}</p>"]
    return [*parts, grid_table(("panorama", "fault"), flagged)] if flagged else parts


def samples(result: Result) -> list[str]:
    """Return the worst and the best, ranking by ranking."""
    parts = []
    for ranking in result.rankings:
        show = result.show[ranking["of"]]
        worst, best = (labelled(ranking, end) for end in ("worst", "best"))
        if ranking["of"] == "crops":
            shape, chosen = "crops", [*worst, *best]
        else:
            shape, chosen = "pairs", [one for pair in zip(worst, best, strict=True) for one in pair]
        figures = "\n".join(picture(show(index), words) for index, words in chosen)
        parts += [f"<h3>{escape(ranking['title'])}</h3>", f'<div class="{shape}">\n{figures}\n</div>']
    return ["<h2>Worst and best</h2>", *parts] if parts else []


def labelled(ranking: dict[str, Any], end: str) -> list[tuple[int, str]]:
    """Return the indices of one end of a ranking, and what is said of each."""
    return [
        (one["index"], f"{end}: {caption(one['name'])}, {ranking['figure']} {number(one['value'])}")
        for one in ranking[end]
    ]


def caption(name: Any) -> str:
    """Return a picture's name in words."""
    return f"seed {name}" if isinstance(name, int) else str(name)


def picture(pixels: Pixels, words: str) -> str:
    """Return a picture with a caption."""
    address, (width, height) = picture_uri(Image.fromarray(pixels), PICTURE_BYTES)
    image = f'<img src="{address}" alt="{escape(words)}" width="{width}" height="{height}"/>'
    return f"<figure>{image}<figcaption>{escape(words)}</figcaption></figure>"


def every_picture(result: Result) -> list[str]:
    """Figures picture by picture, and those that were skipped, each folded."""
    parts, rows = [], result.pictures
    names = list(dict.fromkeys(name for one in rows for name in one["figures"]))
    if rows:
        lines = [
            [str(one["name"]), *(number(one["figures"].get(name)) for name in names), ", ".join(one["flags"])]
            for one in rows
        ]
        parts.append(details("Every panorama", grid_table(("panorama", *names, "fault"), lines)))
    if result.skipped:
        parts.append(details(f"{len(result.skipped):,} skipped, each with its reason", table(result.skipped)))
    return parts
