"""The report as one page: tables, curves, the worst and the best pictures."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panogen.base.files import write_text
from panogen.evaluation.figure import Figure, legend_of
from panogen.pages.curves import plain_chart
from panogen.pages.document import document
from panogen.pages.pictures import picture_uri
from panogen.pages.tables import details, folded, grid_table, table

PICTURE_BYTES = 90_000  # of each
DIGITS = 4  # shown
HEADERS = ("figure", "value", "95 % interval", "real pictures", "n", "better", "what it says")
REAL = HEADERS.index("real pictures")
GROUPS = {  # beginnings of figures' names
    "Against real pictures": ("swd.", "fid.", "kid.", "seam-fid.", "spectrum.all", "spectrum.high", "spectrum.crops"),
    "Around the circle": ("layout.",),
    "Panoramas one by one": ("seam.", "discontinuity.", "mirror.", "poles.", "spectrum.grid", "spectrum.deviation"),
    "Larger, turned, foveated": ("scale.", "pan.", "foveation."),
}
READING = (
    "A figure means little alone: read it beside that of real pictures, which is of two halves of them against each "
    "other, or of real panoramas one by one. A model cannot be expected to do better.",
    "The interval says how far the figure would move with other pictures, equally many. Distances of two sets grow as "
    "sets shrink: compare figures of equal n alone.",
)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """What a page shows: a title and a line under it, what ``figures.json`` says, the pictures that its samples name,
    by kind and index, and what was measured of the machine."""

    title: str
    about: str
    result: dict[str, Any]
    pictures: dict[str, Callable[[int], Pixels]]
    machine: dict[str, Any] = field(default_factory=dict)


def write_page(path: Path, shown: Shown) -> None:
    """Write it whole. Raises OSError."""
    write_text(path, render_page(shown))


def render_page(shown: Shown) -> str:
    """The page, as well-formed XML."""
    result = shown.result
    body = [
        f"<h1>{escape(shown.title)}</h1>",
        f"<p><b>{escape(shown.about)}</b></p>",
        *(f"<p>{escape(text)}</p>" for text in READING),
        *tables([Figure.read(fields) for fields in result["figures"]]),
        *machine_table(shown.machine),
        *charts(result["curves"]),
        *findings(result),
        *samples(shown),
        *every_picture(result),
        "<h2>The request</h2>",
        table(result["request"]),
    ]
    return document(f"{shown.title} - panogen", body)


def tables(figures: list[Figure]) -> list[str]:
    """A table for each group that has figures, without a column for real pictures where there are none."""
    parts = []
    for title, beginnings in GROUPS.items():
        some = [figure for figure in figures if figure.name.startswith(beginnings)]
        rows = [list(HEADERS), *map(row, some)]
        if all(figure.floor is None for figure in some):
            rows = [[*cells[:REAL], *cells[REAL + 1 :]] for cells in rows]
        if some:
            parts += [f"<h2>{title}</h2>", grid_table(rows[0], rows[1:])]
    return parts


def row(figure: Figure) -> list[str]:
    """A figure's row."""
    return [
        figure.name,
        said(figure.value, figure.unit),
        interval(figure),
        number(figure.floor),
        f"{figure.n:,}",
        figure.better,
        legend_of(figure.name).words,
    ]


def interval(figure: Figure) -> str:
    """A figure's interval, if it has one."""
    if figure.low is None or figure.high is None:
        return ""
    return "always the same" if figure.low == figure.high else f"{number(figure.low)} to {number(figure.high)}"


def said(value: float, unit: str) -> str:
    """A value with its unit."""
    return number(value) if math.isinf(value) or not unit else f"{number(value)} {unit}"


def number(value: float | None) -> str:
    """A value to a few digits; a PSNR is infinite where nothing differs."""
    if value is None:
        return ""
    if math.isinf(value):
        return "infinite"
    digits = f"{value:.{DIGITS}g}"
    return f"{float(digits):,.0f}" if "e+" in digits else digits


def machine_table(machine: dict[str, Any]) -> list[str]:
    """What holds for one machine."""
    if not machine:
        return []
    return [
        "<h2>Measured on this machine</h2>",
        table(machine),
        "<p>Another machine, or a busier one, gives others.</p>",
    ]


def charts(curves: dict[str, Any]) -> list[str]:
    """Curves of the model beside those of real pictures."""
    drawn = [draw(curves[name]) for name, draw in CHARTS.items() if name in curves]
    return ["<h2>Curves</h2>", '<div class="grid-of">', *drawn, "</div>"] if drawn else []


def spectrum_chart(curve: dict[str, Any]) -> str:
    """Power by frequency."""
    x = np.array(curve["frequency"])
    series = {"generated": (x, np.array(curve["generated_db"])), "real": (x, np.array(curve["real_db"]))}
    note = "Power in dB of the crops' luminance over cycles a pixel: large structures on the left, detail on the right."
    return plain_chart("Spectrum", series, "cycles a pixel", note)


def spread_chart(curve: dict[str, Any]) -> str:
    """Spread of colour by azimuth."""
    x = np.array(curve["azimuth_deg"])
    series: dict[str, Any] = {name: (x, np.array(curve[name])) for name in ("generated", "real") if name in curve}
    note = (
        "How much the colour of a column differs from seed to seed, in 8-bit steps, over degrees of azimuth. Where it "
        "dips, all pictures look alike. Real panoramas are turned at random: theirs is level, but for their number."
    )
    return plain_chart("Variety by azimuth", series, "azimuth in degrees", note)


def swd_chart(curve: dict[str, Any]) -> str:
    """Distance by azimuth."""
    x, generated = np.array(curve["azimuth_deg"]), np.array(curve["generated"])
    series = {"generated": (x, generated), "real": (x, np.full(len(x), curve["real"]))}
    note = (
        f"Sliced Wasserstein distance of the {curve['n']} crops of each part of the circle from as many real ones, "
        "over degrees of azimuth. The seam is at both ends. Fewer crops than in the table: so it is higher."
    )
    return plain_chart("Distance by azimuth", series, "azimuth in degrees", note)


CHARTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "spectrum": spectrum_chart,
    "azimuth_spread": spread_chart,
    "swd_by_azimuth": swd_chart,
}


def findings(result: dict[str, Any]) -> list[str]:
    """What is wrong with single pictures, in words."""
    rows = result["pictures"]
    if not rows:
        return []
    flagged = [[str(one["name"]), ", ".join(one["flags"])] for one in rows if one["flags"]]
    real = result["real_pictures"]
    beside = f" Of {len(real)} real ones, {sum(bool(one['flags']) for one in real)}." if real else ""
    parts = ["<h2>Findings</h2>", f"<p>Of {len(rows)} panoramas {len(flagged)} show a plain fault.{beside}</p>"]
    return [*parts, grid_table(("panorama", "fault"), flagged)] if flagged else parts


def samples(shown: Shown) -> list[str]:
    """The worst and the best, ranking by ranking."""
    parts = []
    for ranking in shown.result["samples"]:
        show = shown.pictures[ranking["of"]]
        worst, best = (labelled(ranking, end) for end in ("worst", "best"))
        if ranking["of"] == "crops":
            shape, chosen = "crops", [*worst, *best]
        else:
            shape, chosen = "pairs", [one for pair in zip(worst, best, strict=True) for one in pair]
        figures = "\n".join(picture(show(index), words) for index, words in chosen)
        parts += [f"<h3>{escape(ranking['title'])}</h3>", f'<div class="{shape}">\n{figures}\n</div>']
    return ["<h2>Worst and best</h2>", *parts] if parts else []


def labelled(ranking: dict[str, Any], end: str) -> list[tuple[int, str]]:
    """The indices of one end of a ranking, and what is said of each."""
    return [
        (one["index"], f"{end}: {caption(one['name'])}, {ranking['figure']} {number(float(one['value']))}")
        for one in ranking[end]
    ]


def caption(name: Any) -> str:
    """A picture's name in words."""
    return f"seed {name}" if isinstance(name, int) else str(name)


def picture(pixels: Pixels, words: str) -> str:
    """A picture with a caption."""
    address, (width, height) = picture_uri(Image.fromarray(pixels), PICTURE_BYTES)
    image = f'<img src="{address}" alt="{escape(words)}" width="{width}" height="{height}"/>'
    return f"<figure>{image}<figcaption>{escape(words)}</figcaption></figure>"


def every_picture(result: dict[str, Any]) -> list[str]:
    """Figures picture by picture, and those that were skipped, each folded."""
    parts, rows = [], result["pictures"]
    names = list(dict.fromkeys(name for one in rows for name in one["figures"]))
    if rows:
        lines = [
            [str(one["name"]), *(number(value_of(one["figures"], name)) for name in names), ", ".join(one["flags"])]
            for one in rows
        ]
        parts.append(details("Every panorama", grid_table(("panorama", *names, "fault"), lines)))
    if skipped := result.get("skipped"):
        parts.append(folded(f"{len(skipped):,} skipped, each with its reason", skipped))
    return parts


def value_of(figures: dict[str, Any], name: str) -> float | None:
    """A figure of a picture, whose infinities are texts; None where it has none."""
    return float(figures[name]) if name in figures else None
