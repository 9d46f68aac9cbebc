"""Does a picture stay itself when the camera turns?"""

from dataclasses import replace

from panogen.evaluation.estimates import over_seeds
from panogen.evaluation.figure import Row
from panogen.evaluation.measures.base import Found, Group, Legend, Measure, Samples
from panogen.grids.view import View
from panogen.metrics.pan import pan_psnr_db, perspective_pan_psnr_db, roll_difference

WHOLE_COLUMNS = 3  # the picture is turned by one in so many of its columns
HALF = 0.5  # a column
LENS_DEG, LENS_TURN = 60.0, 1 / 6  # of its width


def found(samples: Samples) -> Found:
    """Turn panoramas by whole columns and by half a one, and a lens view by some degrees."""

    def row_of(seed: int) -> Row:
        return {**turned_panorama(samples, seed), **turned_lens(samples, seed)}

    return Found(over_seeds(samples, "turned pictures", row_of))


def turned_panorama(samples: Samples, seed: int) -> Row:
    """Compare a panorama with itself, turned by a third of its columns and by half a one."""
    width, truncation = samples.width, samples.config.truncation
    columns = width // WHOLE_COLUMNS
    straight, turned, shifted = (
        samples.panogen.render(seed, View(width=width, yaw_deg=360 * by / width, truncation=truncation))
        for by in (0, columns, HALF)
    )
    return {
        "pan.whole_pixels": roll_difference(straight, turned, columns),
        "pan.half_pixel_psnr": pan_psnr_db(straight, shifted, HALF),
    }


def turned_lens(samples: Samples, seed: int) -> Row:
    """Compare a lens view with itself, turned by a sixth of its width."""
    side, truncation = 4 * samples.config.resolution, samples.config.truncation
    fov_deg = min(LENS_DEG, samples.band.vertical_fov_deg / 1.5)
    turn_deg = LENS_TURN * fov_deg
    straight = View(side, side, "perspective", fov_deg=fov_deg, truncation=truncation)
    view, panned = (samples.panogen.render(seed, replace(straight, yaw_deg=yaw_deg)) for yaw_deg in (0.0, turn_deg))
    return {"pan.perspective_psnr": perspective_pan_psnr_db(view, panned, fov_deg, turn_deg)}


MEASURE = Measure(
    "does a picture stay itself when the camera turns?",
    Group.RENDERS,
    {
        "whole_pixels": Legend("8-bit steps", "lower", "Largest change of any pixel when turned by whole columns."),
        "half_pixel_psnr": Legend("dB", "higher", "Turned by half a column, against the Fourier shift."),
        "perspective_psnr": Legend("dB", "higher", "A lens turned by a sixth of its width, against the warped view."),
    },
    of=found,
)
