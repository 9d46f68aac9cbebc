"""A figure: a number with its interval, its floor and what it is good for."""

import math
from dataclasses import dataclass
from typing import Any

DIGITS = 6  # that figures are written with


@dataclass(frozen=True)
class Legend:
    """What the figures of a name are: their unit, which of them are better, and what they tell, in plain words."""

    unit: str
    better: str
    words: str


@dataclass(frozen=True)
class Figure:
    """A measured ``value``, its 95 % interval from ``low`` to ``high``, the number ``n`` of pictures that it is of, and
    the ``floor``: the same figure of real pictures. None where there is none.

    ``better`` is ``lower``, ``higher``, or what it should be near: ``near 1``, ``near real``.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    n: int
    floor: float | None
    unit: str
    better: str

    @classmethod
    def of(
        cls, name: str, value: float, interval: tuple[float, float] | None, n: int, floor: float | None = None
    ) -> "Figure":
        """With the unit and the sense that its name has in ``LEGENDS``."""
        low, high = interval or (None, None)
        legend = legend_of(name)
        return cls(name, value, low, high, n, floor, legend.unit, legend.better)

    @classmethod
    def read(cls, fields: dict[str, Any]) -> "Figure":
        """From what ``written`` gives."""
        numbers = {name: None if fields[name] is None else float(fields[name]) for name in NUMBERS}
        return cls(**{**fields, **numbers})

    def written(self) -> dict[str, Any]:
        """As JSON, to ``DIGITS`` digits. Its numbers know no infinity: that is the text ``inf``."""
        return {**vars(self), **{name: rounded(getattr(self, name)) for name in NUMBERS}}


NUMBERS = ("value", "low", "high", "floor")


def rounded(value: float | None) -> float | str | None:
    """A number for JSON, to ``DIGITS`` digits; ``inf`` and ``nan`` as text."""
    if value is None:
        return None
    return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else str(value)


# By name; where the last part is a size, a star stands for it.
LEGENDS = {
    "swd.mean": Legend("thousandths", "lower", "Mean over the levels below."),
    "swd.*": Legend("thousandths", "lower", "How unlike patches are at this many rows: large structures to detail."),
    "fid.*": Legend("", "lower", "How unlike what a network sees in the crops is, features of this dimension."),
    "kid.*": Legend("", "lower", "The same by a kernel: unbiased, about 0 for the same source."),
    "seam-fid.fid": Legend("", "near real", "Crops on the seam against other crops of the model."),
    "seam-fid.fid_elsewhere": Legend("", "near real", "The same at yaw 0, where there is no seam: the seam's control."),
    "seam-fid.kid": Legend("", "near real", "Crops on the seam against other crops, unbiased."),
    "seam-fid.kid_elsewhere": Legend("", "near real", "The same at yaw 0."),
    "spectrum.all": Legend("dB", "lower", "Mean difference of detail from that of real crops, over all sizes."),
    "spectrum.high": Legend("dB", "lower", "The same of detail finer than four pixels."),
    "spectrum.crops_peak": Legend("", "near real", "The strongest regular pattern in crops; far above real is a grid."),
    "spectrum.deviation_db": Legend("dB", "near real", "How far a panorama's own detail is from that of real ones."),
    "spectrum.grid_peak": Legend("", "near real", "The strongest regular pattern in a panorama."),
    "spectrum.grid_peak_horizontal": Legend("", "near real", "The same of upright stripes."),
    "spectrum.grid_peak_vertical": Legend("", "near real", "The same of level stripes."),
    "layout.fixed_share": Legend("", "near 0", "Share of the variation that all panoramas have at the same azimuths."),
    "layout.azimuth_spread": Legend("8-bit steps", "near real", "How much the colour at an azimuth differs by seed."),
    "layout.azimuth_spread_least": Legend("8-bit steps", "near real", "The same at the azimuth where it is least."),
    "seam.ratio": Legend("", "near 1", "Change across the seam, relative to other columns; 0 is a column seen twice."),
    "seam.percentile": Legend("%", "near 50", "Edges that change less than the seam; seamless pictures average 50."),
    "seam.ratio_second": Legend("", "near 1", "Change of slope across the seam, relative to other columns."),
    "seam.percentile_second": Legend("%", "near 50", "Edges whose slope changes less than the seam's."),
    "discontinuity.score": Legend("", "near real", "Contrast across the seam relative to that beside it."),
    "discontinuity.excess": Legend("", "near 0", "That less its mean at other places of the same picture."),
    "mirror.correlation": Legend("", "near real", "How like a half is to the other, turned or mirrored; 1 is a copy."),
    "mirror.mirrored": Legend("", "near real", "Share of pictures whose most alike half is a mirror image."),
    "poles.spread_top": Legend("", "near 1", "How far the zenith is from one colour; flat pictures have many times 1."),
    "poles.spread_bottom": Legend("", "near 1", "The same of the nadir."),
    "poles.step_top": Legend("", "near 1", "How much changes across the zenith."),
    "poles.step_bottom": Legend("", "near 1", "The same of the nadir."),
    "scale.ssim_*": Legend("", "higher", "Likeness to itself when rendered so many times as large; 1 is the same."),
    "scale.lanczos_*": Legend("", "higher", "The same of an interpolation, which adds nothing: the control."),
    "pan.whole_pixels": Legend("8-bit steps", "lower", "Largest change of any pixel when turned by whole columns."),
    "pan.half_pixel_psnr": Legend("dB", "higher", "Turned by half a column, against the Fourier shift."),
    "pan.perspective_psnr": Legend("dB", "higher", "A lens turned by a sixth of its width, against the warped view."),
    "foveation.psnr_*": Legend("dB", "higher", "Against the whole picture as the eye sees it, so far from the gaze."),
    "foveation.share": Legend("%", "lower", "Samples computed, of all pixels."),
}  # fmt: skip


def legend_of(name: str) -> Legend:
    """What figures of a name are. Raises KeyError for an unknown one."""
    metric, _, part = name.partition(".")
    stem = part[: part.rfind("_") + 1]
    for known in (name, f"{metric}.{stem}*", f"{metric}.*"):
        if known in LEGENDS:
            return LEGENDS[known]
    raise KeyError(name)
