"""Curves as inline SVG: lines with a faint raw one behind, and shares of a whole. Colours come from the page."""

import itertools
import math
from collections.abc import Sequence
from html import escape

import numpy as np

from panogen.base.arrays import Doubles

WIDTH, HEIGHT = 420, 230
LEFT, RIGHT, TOP, BOTTOM = 44, 10, 18, 24  # margins around the curves
MOST_POINTS = 600  # of a line
SMOOTHING = 50  # a line is smoothed over this part of it
LABEL_ROOM = 44  # between the names of two stages
COLOURS = 8  # of the page's palette

Stages = Sequence[tuple[float, int]]


class Frame:
    """Axes: from images and values to places in the picture."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]):
        self.x, self.y = _opened(*x), _opened(*y)

    def across(self, value: Doubles | float) -> Doubles:
        """Images seen -> pixels from the left."""
        low, high = self.x
        return LEFT + (np.asarray(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)

    def down(self, value: Doubles | float) -> Doubles:
        """Values -> pixels from the top."""
        low, high = self.y
        return HEIGHT - BOTTOM - (np.asarray(value) - low) / (high - low) * (HEIGHT - TOP - BOTTOM)

    def path(self, x: Doubles, y: Doubles) -> str:
        """Points (n,) and (n,) as the ``points`` of a line."""
        return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(self.across(x), self.down(y), strict=True))

    def axes(self, stages: Stages, percent: bool = False) -> str:
        """Ticks, their names, and a thin line where the band grew."""
        parts = []
        for value in ticks(*self.y, 6):
            at = float(self.down(value))
            name = f"{100 * value:.0f} %" if percent else number(value)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
            parts.append(f'<text x="{LEFT - 5}" y="{at + 3.5:.1f}" text-anchor="end">{name}</text>')
        for value in ticks(*self.x, 7):
            at = float(self.across(value))
            parts.append(f'<text x="{at:.1f}" y="{HEIGHT - 8}" text-anchor="middle">{number(value)}</text>')
        last = -math.inf
        for index, (n_images, resolution) in enumerate(stages):
            if n_images > self.x[1]:
                break
            at = float(self.across(n_images)) if index else LEFT
            if index:
                parts.append(f'<line class="stage" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
            if at - last >= LABEL_ROOM and at <= WIDTH - LABEL_ROOM:
                parts.append(f'<text x="{at + 3:.1f}" y="{TOP - 5}">{resolution} px</text>')
                last = at
        return "".join(parts)


def line_chart(title: str, series: dict[str, tuple[Doubles, Doubles]], stages: Stages = (), note: str = "") -> str:
    """Return a figure of curves by name, each images seen (n,) and values (n,), n at least 1."""
    smooth = {name: smoothed(y, len(y) // SMOOTHING) for name, (_, y) in series.items()}
    x = np.concatenate([x for x, _ in series.values()])
    frame = Frame((min(0.0, x.min()), x.max()), _span(series, smooth))
    raw, front = [], []
    for colour, (name, (x, y)) in enumerate(series.items()):
        points = thinned(y, MOST_POINTS)
        raw.append(f'<polyline class="raw c{colour % COLOURS}" points="{frame.path(x[points], y[points])}"/>')
        points = thinned(smooth[name], MOST_POINTS)
        front.append(_line(frame, colour, x[points], smooth[name][points]))
    legend = [(name, f"{smooth[name][-1]:.3g}") for name in series]
    return _figure(title, frame.axes(stages) + _inner("".join(raw + front)), legend, note, lines=True)


def plain_chart(title: str, series: dict[str, tuple[Doubles, Doubles]], across: str, note: str = "") -> str:
    """Return a figure of curves by name, each with its x (n,) and y (n,), n at least 1, exactly as they are, from 0
    where none is below. ``across`` says what x is."""
    x, y = (np.concatenate([np.asarray(pair[axis]) for pair in series.values()]) for axis in (0, 1))
    margin = 0.05 * (y.max() - y.min())
    low = float(y.min() - margin)
    frame = Frame((x.min(), x.max()), (0.0 if y.min() >= 0 else low, float(y.max() + margin)))
    lines = "".join(_line(frame, colour, x, y) for colour, (x, y) in enumerate(series.values()))
    legend = [(name, "") for name in series]
    return _figure(title, frame.axes(()) + _inner(lines), legend, note, lines=True, across=across)


def _line(frame: Frame, colour: int, x: Doubles, y: Doubles) -> str:
    """Return a curve; a single point is a dot."""
    dash = " dashed" if colour % 2 else ""
    path = frame.path(x, y)
    line = f'<polyline class="line c{colour % COLOURS}{dash}" points="{path}"/>'
    if len(x) == 1:
        at, height = path.split(",")
        line += f'<circle class="dot c{colour % COLOURS}" cx="{at}" cy="{height}" r="3"/>'
    return line


def share_chart(title: str, x: Doubles, shares: dict[str, Doubles], stages: Stages = (), note: str = "") -> str:
    """Return a figure of shares (n,) by name that sum to 1, one upon the other, over images seen (n,)."""
    if len(x) == 1:  # a single line of the log speaks for all images until then
        x, shares = np.array([0.0, x[0]]), {name: share.repeat(2) for name, share in shares.items()}
    points = np.unique(np.linspace(0, len(x) - 1, MOST_POINTS // 2).round().astype(int))
    frame = Frame((min(0.0, x.min()), x.max()), (0.0, 1.0))
    below, areas, legend = np.zeros(len(points)), [], []
    for colour, (name, share) in enumerate(shares.items()):
        above = below + smoothed(share, len(share) // SMOOTHING)[points]
        outline = frame.path(x[points], above) + " " + frame.path(x[points][::-1], below[::-1])
        areas.append(f'<polygon class="area c{colour % COLOURS}" points="{outline}"/>')
        legend.append((name, f"{100 * share.mean():.1f} %"))
        below = above
    return _figure(title, "".join(areas) + frame.axes(stages, percent=True), legend, note, lines=False)


def smoothed(y: Doubles, reach: int) -> Doubles:
    """Means (n,) over ``reach`` neighbours on either side, as far as there are any."""
    sums = np.concatenate([[0.0], np.cumsum(y)])
    index = np.arange(len(y))
    first, last = np.maximum(index - reach, 0), np.minimum(index + reach + 1, len(y))
    means: Doubles = (sums[last] - sums[first]) / (last - first)
    return means


def thinned(y: Doubles, at_most: int) -> list[int]:
    """Indices of at most so many values (n,): the lowest and the highest of every stretch, so that no peak is lost."""
    if len(y) <= at_most:
        return list(range(len(y)))
    stretches = np.array_split(np.arange(len(y)), at_most // 2)
    return sorted({int(s[k]) for s in stretches for k in (y[s].argmin(), y[s].argmax())})


def ticks(low: float, high: float, about: int) -> list[float]:
    """Some ``about`` round numbers within [low, high]: multiples of 1, 2 or 5 times a power of ten."""
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in (1, 2, 5, 10) if power * k >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [k * step for k in range(first, last + 1)]


def number(value: float) -> str:
    """Return a short name: 0.002, 1.5, 800, 40k, 1.2M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size * (1 - 1e-9):
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}".replace("e-0", "e-")


def _opened(low: float, high: float) -> tuple[float, float]:
    """Return an interval that is more than a point, to any digits that a tick can show."""
    if high - low > 1e-9 * max(abs(low), abs(high)):
        return low, high
    margin = abs(low) / 2 or 0.5
    return low - margin, high + margin


def _span(series: dict[str, tuple[Doubles, Doubles]], smooth: dict[str, Doubles]) -> tuple[float, float]:
    """Values to show: all but the rarest peaks, and where each curve ends; from 0 where that is near."""
    shown = np.concatenate([[*np.percentile(y, [1, 99]), smooth[name][-1]] for name, (_, y) in series.items()])
    low, high = float(shown.min()), float(shown.max())
    if 0 <= low < high / 2:
        return 0.0, 1.05 * high
    margin = 0.05 * (high - low)
    return low - margin, high + margin


def _inner(curves: str) -> str:
    """Curves, cut off at the frame."""
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    box = f'x="{LEFT}" y="{TOP}" width="{width}" height="{height}" viewBox="{LEFT} {TOP} {width} {height}"'
    return f"<svg {box}>{curves}</svg>"


def _figure(
    title: str, inside: str, legend: list[tuple[str, str]], note: str, *, lines: bool, across: str = "images seen"
) -> str:
    kinds = itertools.cycle(("", " dashed") if lines else ("",))
    keys = "".join(
        f'<li><span class="key {"stroke" if lines else "fill"} c{colour % COLOURS}{kind}"></span>'
        f"{escape(name)} <b>{value}</b></li>"
        for colour, ((name, value), kind) in enumerate(zip(legend, kinds, strict=False))
    )
    about = f"<p>{escape(note)}</p>" if note else ""
    return (
        f'<figure class="chart"><figcaption><h3>{escape(title)}</h3>{about}<ul>{keys}</ul></figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)} over {escape(across)}">'
        f"{inside}</svg></figure>"
    )
