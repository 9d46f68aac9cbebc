"""Variety around the circle, with its interval and the floor of real panoramas."""

from typing import Any

import numpy as np

from panogen.base.arrays import AnyPixels, Booleans, Doubles
from panogen.evaluation.estimates import centred
from panogen.evaluation.figure import rounded
from panogen.evaluation.intervals import generator_for, half_samples
from panogen.evaluation.measures.base import Curve, Found, Group, Legend, Measure, Samples
from panogen.metrics.layout import azimuth_profile, fixed_layout_share
from panogen.pages.curves import plain_chart

RESAMPLES = 500


class Products:
    """Scalar products of bands (n, rows, columns, 3), from which the unbiased ``fixed_layout_share`` of any of them
    follows at once."""

    def __init__(self, bands: AnyPixels):
        count, rows, _, _ = bands.shape
        bands = bands.astype(np.float32)
        of_rows = bands.mean(2, dtype=np.float64)  # (n, rows, 3)
        about = (bands - of_rows[:, :, None].astype(np.float32)).reshape(count, -1)
        self.around = (about @ about.T).astype(np.float64) / about.shape[1]  # mean over rows, columns and channels
        self.level = np.einsum("arc,brc->ab", of_rows, of_rows) / (rows * 3)

    def share(self, chosen: Booleans) -> float:
        """``fixed_layout_share(bands[chosen], unbiased=True)``."""
        around, level = (matrix[np.ix_(chosen, chosen)] for matrix in (self.around, self.level))
        count, own = len(around), float(np.trace(around))
        common = (around.sum() - own) / (count * (count - 1))
        about_row = own / count + float(np.trace(level)) / count - float(level.mean())
        return common / about_row if about_row > 0 else float("nan")


def found(samples: Samples) -> Found:
    """Measure the fixed-layout share without its floor in n, the spread of colour by azimuth, and that as curves."""
    bands, real = samples.bands, samples.real_bands
    count, products = len(bands), Products(bands)
    masks = half_samples(generator_for(samples.config.seed, "layout"), count, RESAMPLES)
    share, profile = fixed_layout_share(bands, unbiased=True), azimuth_profile(bands)
    profiles = half_profiles(bands, masks)
    rows = {
        "fixed_share": (share, [products.share(mask) for mask in masks], -np.inf),
        "azimuth_spread": (float(profile.mean()), profiles.mean(1), 0.0),
        "azimuth_spread_least": (float(profile.min()), profiles.min(1), 0.0),
    }
    columns = len(profile)
    curve: Curve = {"azimuth_deg": [360 * (column + 0.5) / columns - 180 for column in range(columns)]}
    curve["generated"] = [*map(rounded, profile.tolist())]
    floors: dict[str, float] = {}
    if len(real) > 1:
        real_share, real_profile = fixed_layout_share(real, unbiased=True), azimuth_profile(real)
        curve["real"] = [*map(rounded, real_profile.tolist())]
        floors = dict(zip(rows, (real_share, float(real_profile.mean()), float(real_profile.min())), strict=True))
    figures = [
        centred(f"layout.{name}", value, resampled, count, floors.get(name), least)
        for name, (value, resampled, least) in rows.items()
        if np.isfinite(value)
    ]
    return Found(figures, {"azimuth_spread": curve})


def half_profiles(bands: AnyPixels, masks: Booleans) -> Doubles:
    """``azimuth_profile`` (resamples, columns) of the parts of bands that masks (resamples, n) choose."""
    colours = bands.mean(1, dtype=np.float64)  # (n, columns, 3)
    return np.stack([np.sqrt(colours[mask].var(0, ddof=1).mean(-1)) for mask in masks])


def chart(curve: Curve) -> str:
    """Draw the spread of colour by azimuth."""
    x = np.array(curve["azimuth_deg"])
    series: dict[str, Any] = {name: (x, np.array(curve[name])) for name in ("generated", "real") if name in curve}
    note = (
        "How much the colour of a column differs from seed to seed, in 8-bit steps, over degrees of azimuth. Where it "
        "dips, all pictures look alike. Real panoramas are turned at random: theirs is level, but for their number."
    )
    return plain_chart("Variety by azimuth", series, "azimuth in degrees", note)


MEASURE = Measure(
    "variety around the circle",
    Group.CIRCLE,
    {
        "fixed_share": Legend("", "near 0", "Share of the variation that all panoramas have at the same azimuths."),
        "azimuth_spread": Legend("8-bit steps", "near real", "How much the colour at an azimuth differs by seed."),
        "azimuth_spread_least": Legend("8-bit steps", "near real", "The same at the azimuth where it is least."),
    },
    of=found,
    charts={"azimuth_spread": chart},
)
