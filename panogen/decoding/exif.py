"""The lens of a photo, from its EXIF."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PIL import ExifTags

FILM_MM = 36.0  # the longer side of 35 mm film
UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}  # EXIF's FocalPlaneResolutionUnit
NARROWEST_DEG, WIDEST_DEG = 1.0, 170.0  # fields of view that a pinhole camera is believed to have
CAMERA_ASPECTS = (1.0, 5 / 4, 4 / 3, 3 / 2, 16 / 10, 16 / 9, 17 / 9)  # of the longer side to the shorter one
WIDEST_ASPECT = 2.4  # wider than any camera's or screen's picture is: sweeps and crops
ASPECT_TOLERANCE = 0.02


def exif_fov_deg(exif: Mapping[int, Any], size: tuple[int, int]) -> tuple[float | None, str | None]:
    """Field of view along the longer side from EXIF's focal length, and the tag that told; None where none does.

    ``size`` is the stored picture's (width, height). EXIF is believed at a camera's aspect ratio alone: that of a sweep
    or a crop is still the one of the camera.
    """
    film, focal, dots, columns, rows = (
        _positive(exif.get(tag))
        for tag in (
            ExifTags.Base.FocalLengthIn35mmFilm,
            ExifTags.Base.FocalLength,
            ExifTags.Base.FocalPlaneXResolution,
            ExifTags.Base.ExifImageWidth,
            ExifTags.Base.ExifImageHeight,
        )
    )
    taken = _aspect(columns, rows) if columns and rows else _aspect(*size)
    if not (_alike(_aspect(*size), taken) and any(_alike(taken, own) for own in CAMERA_ASPECTS)):
        return None, None
    found = []
    if film:
        found.append((FILM_MM / film, "FocalLengthIn35mmFilm"))
    if focal and dots:
        unit_mm = UNIT_MM.get(exif.get(ExifTags.Base.FocalPlaneResolutionUnit, 2), 25.4)
        width_mm = (columns or size[0]) / dots * unit_mm
        found.append((width_mm * max(1.0, size[1] / size[0]) / focal, "FocalLength and FocalPlaneXResolution"))
    for ratio, tag in found:  # of the longer side to the focal length
        fov_deg = float(np.degrees(2 * np.arctan(ratio / 2)))
        if NARROWEST_DEG <= fov_deg <= WIDEST_DEG:
            return round(fov_deg, 3), f"EXIF {tag}"
    return None, None


def _aspect(width: float, height: float) -> float:
    return max(width, height) / min(width, height)


def _alike(aspect: float, other: float) -> bool:
    return abs(aspect / other - 1) <= ASPECT_TOLERANCE


def _positive(value: Any) -> float | None:
    """Return a tag's value as a number above 0, or None."""
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return number if 0 < number < np.inf else None
