"""From the colours that a file means to sRGB: by its ICC profile, or by primaries and a curve that it names.

A wide gamut read as sRGB looks pale: colours of Display P3 are off by 11 levels in the mean, and by up to 105.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from panogen.base.arrays import Doubles, Floats, Pixels
from panogen.base.colour import REC709, linear_to_srgb, srgb_to_linear
from panogen.decoding.reasons import NonsenseError

LATTICE = 9  # levels a channel of the colours by which a profile is judged
SAME = 1  # of 255: a profile that changes no colour by more is sRGB's own
ROWS = 256  # converted at a time
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), (0.3127, 0.3290))  # xy as in REC709
REC2020 = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), (0.3127, 0.3290))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06), (0.3127, 0.3290))
ADOBE_GAMMA = 563 / 256
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

Primaries = tuple[tuple[float, float], ...]
Curve = Callable[[Floats], Floats]  # from values of a file, in [0, 1], to light


def to_rec709(primaries: Primaries) -> Doubles:
    """Return the matrix from light in ``primaries`` to light in those of Rec. 709, white to white (Bradford).

    Raises NonsenseError where the primaries span no colours.
    """
    try:
        matrix: Doubles = np.linalg.inv(_to_d65(REC709)) @ _to_d65(primaries)
        if np.isfinite(matrix).all():
            return matrix
    except (np.linalg.LinAlgError, ZeroDivisionError):
        pass
    raise NonsenseError(f"primaries {primaries} span no colours")


def _to_d65(primaries: Primaries) -> Doubles:
    # From light in primaries to XYZ as it looks by daylight.
    xyz = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries]).T
    white, columns = xyz[:, 3], xyz[:, :3]
    x, y = REC709[3]
    cones, wanted = BRADFORD @ white, BRADFORD @ np.array([x / y, 1.0, (1 - x - y) / y])
    adapted = np.linalg.inv(BRADFORD) @ np.diag(wanted / cones) @ BRADFORD
    return np.asarray(adapted @ (columns * np.linalg.solve(columns, white)))


@dataclass(frozen=True)
class Space:
    """Colours by their primaries, and by the curve from values to light."""

    primaries: Primaries
    curve: Curve

    def to_srgb(self, pixels: Pixels) -> Pixels:
        """Return a picture (H, W, 3) in sRGB; what lies beyond its gamut is clipped."""
        light = self.curve(np.arange(256, dtype=np.float32) / np.float32(255))
        matrix = to_rec709(self.primaries).astype(np.float32)
        converted = np.empty_like(pixels)
        for top in range(0, len(pixels), ROWS):
            rows = light[pixels[top : top + ROWS]] @ matrix.T
            converted[top : top + ROWS] = np.round(linear_to_srgb(np.clip(rows, 0, 1)) * 255)
        return converted


def power(gamma: float) -> Curve:
    """Return the curve of a pure power."""
    return lambda values: np.float_power(values, gamma).astype(np.float32)


ADOBE = Space(ADOBE_RGB, power(ADOBE_GAMMA))


def by_profile(image: Image.Image, profile: bytes) -> Image.Image:
    """Return an image of mode RGB or L in sRGB by its ICC profile, relative colorimetric. Raises NonsenseError."""
    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.buildTransform(
            own,
            ImageCms.createProfile("sRGB"),
            image.mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        lattice = _lattice(image.mode)
        changed: Any = ImageCms.applyTransform(lattice, transform)
        if np.abs(np.asarray(changed, np.int16) - np.asarray(lattice.convert("RGB"), np.int16)).max() <= SAME:
            return image
        converted: Any = ImageCms.applyTransform(image, transform)
        return Image.fromarray(np.asarray(converted))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise NonsenseError(f"its ICC profile cannot be used ({error})") from None


def _lattice(mode: str) -> Image.Image:
    # Colours from all over the cube, or all greys.
    if mode == "L":
        return Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    steps = np.linspace(0, 255, LATTICE).astype(np.uint8)
    return Image.fromarray(np.stack(np.meshgrid(steps, steps, steps), -1).reshape(LATTICE, -1, 3))


# ITU-T H.273, as the cICP chunk of PNG names colours: code points of primaries and of curves.
NAMED_PRIMARIES = {1: REC709, 9: REC2020, 12: DISPLAY_P3}
NAMED_CURVES: dict[int, Curve] = {
    1: power(2.4),  # Rec. 709, as displays show it (BT.1886)
    4: power(2.2),
    8: lambda values: values,
    13: srgb_to_linear,
    14: power(2.4),
    15: power(2.4),
}
