"""Weights that somebody has painted: a picture whose channels are the shares of the anchors."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from typing_extensions import override

from panogen.base.arrays import Doubles
from panogen.base.errors import UsageError
from panogen.geometry import Chart, Cylinder
from panogen.latents.weights import Weights

SPHERE = Cylinder(180.0)
MOST_CHANNELS = 4  # of a picture
ASPECT_TOLERANCE = 0.01  # relative: what rounding a side to whole pixels may cost


@dataclass(frozen=True, eq=False)
class Painted(Weights):
    """Shares (rows, columns, count) of the anchors, row 0 at the upper edge of ``chart``, the middle column ahead.

    Between the centres of its pixels they are bilinear, around a circle too.
    """

    kind = "painted"
    azimuthal = False
    shares: Doubles = field(repr=False)
    chart: Chart

    @property
    @override
    def count(self) -> int:
        return int(self.shares.shape[2])

    @override
    def __call__(self, directions: Doubles) -> Doubles:
        rows, columns, _ = self.shares.shape
        from_left, from_top = self.chart.picture_positions(directions)
        row = (from_top * rows - 0.5).clip(0, rows - 1)
        column = from_left * columns - 0.5
        if not self.chart.closed:
            column = column.clip(0, columns - 1)
        upper, left = np.floor(row).astype(int), np.floor(column).astype(int)
        down, across = (row - upper)[:, None], (column - left)[:, None]
        lower, right = np.minimum(upper + 1, rows - 1), left + 1
        right = right % columns if self.chart.closed else np.minimum(right, columns - 1)
        left = left % columns
        above = self.shares[upper, left] * (1 - across) + self.shares[upper, right] * across
        below = self.shares[lower, left] * (1 - across) + self.shares[lower, right] * across
        return np.asarray(above * (1 - down) + below * down)


def painted(path: Path, count: int, chart: Chart) -> Painted:
    """Weights of ``count`` anchors from a picture of a model's whole band, or of the whole sphere (2:1), or of the
    square of a model of flat pictures.

    Of two anchors, a grey picture gives the second one as much as it is white; otherwise each anchor has a channel of
    its own (red, green, blue, alpha), and the channels of a pixel are taken relative to their sum. Raises UsageError.
    """
    from panogen.decoding import levels, mask_refused

    if count > MOST_CHANNELS:
        raise UsageError(f"{path}: a mask blends at most {MOST_CHANNELS} places, got {count}; blend fewer")
    with mask_refused(path):
        pixels = levels(path, opacity=count == 4)
    rows, columns = pixels.shape[:2]
    shown = shown_by(path, rows, columns, chart)
    shares = channels_of(path, pixels, count)
    total = shares.sum(2, keepdims=True)
    if not total.all():
        row, column = np.argwhere(total[..., 0] == 0)[0]
        raise UsageError(
            f"{path}: every pixel must give some latent a share, got none at column {column}, row {row}; paint it"
        )
    return Painted(shares / total, shown)


def shown_by(path: Path, rows: int, columns: int, chart: Chart) -> Chart:
    """Return what a mask of so many pixels shows: a model's chart, or the whole sphere. Raises UsageError."""
    layouts = {layout: layout.natural_height(columns) for layout in ((chart, SPHERE) if chart.closed else (chart,))}
    fitting = [layout for layout, natural in layouts.items() if abs(rows - natural) <= 1 + ASPECT_TOLERANCE * natural]
    if not fitting:
        wanted = " or ".join(f"{columns} x {natural}" for natural in dict.fromkeys(layouts.values()))
        whole = "circle" if chart.closed else "square"
        raise UsageError(f"{path}: a mask must show the whole {whole}, like {wanted} pixels, got {columns} x {rows}")
    return fitting[0]


def channels_of(path: Path, pixels: Doubles, count: int) -> Doubles:
    """Return the levels (H, W, count) of the anchors, from a mask's (H, W) or (H, W, channels). Raises UsageError."""
    given = 1 if pixels.ndim == 2 else pixels.shape[2]
    if pixels.ndim == 2:
        pixels = np.stack([1 - pixels, pixels], -1)
    if count == 2 and pixels.shape[2] > 2 and np.ptp(pixels[..., :3], axis=2).max() == 0:
        pixels = np.stack([1 - pixels[..., 0], pixels[..., 0]], -1)  # grey, saved as colours
    if pixels.shape[2] < count:
        raise UsageError(
            f"{path}: a mask of {count} latents needs {count} channels, got {given}; "
            "paint each in a colour of its own: red, green, blue, and a fourth in the opacity"
        )
    return pixels[..., :count]
