"""panogen foveate: a picture for an eye that looks at one place of it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
import numpy as np
from numpy.typing import NDArray

from panogen.base.errors import JobError, UsageError
from panogen.base.files import whole_file
from panogen.base.runtime import keep_large_buffers
from panogen.base.sheet import contact_sheet
from panogen.base.version import __version__
from panogen.cli.options import latent_option, layout_option, load, model_option, progress_bar, work_options
from panogen.cli.pictures import look_options, place_of
from panogen.foveation import MODES, Acuity, Mode
from panogen.grids import GRIDS
from panogen.grids.view import View
from panogen.metrics import ring_psnr_db
from panogen.metrics.foveation import EDGES_DEG
from panogen.pictures.formats import check_writable, format_of, save_picture, xmp_packet

if TYPE_CHECKING:
    from panogen.api import Foveated

AHEAD = (0.0, 0.0)
DIFFERENCE_GAIN = 8
RING_COLOUR = (255, 150, 50)
Picture = NDArray[np.uint8]
Result = TypeVar("Result")


class Pair(click.ParamType):
    """Two numbers with a comma between them."""

    name = "x,y"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        """``20,-5`` -> (20.0, -5.0)."""
        try:
            first, second = map(float, value.split(","))
        except ValueError:
            self.fail(f"must be two numbers like 20,-5, got {value!r}", param, ctx)
        return first, second


class Size(click.ParamType):
    """Pixels, as in 1920x1080 or, where the projection says the height, 4096."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int | None]:
        """``1920x1080`` -> (1920, 1080)."""
        try:
            width, _, height = value.partition("x")
            return int(width), int(height) if height else None
        except ValueError:
            self.fail(f"must be like 1920x1080, got {value!r}", param, ctx)


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Which place.  [default: 0]")
@latent_option
@layout_option
@click.option("--gaze", type=Pair(), help="Degrees right and up of the middle, as in 20,-5.  [default: 0,0]")
@click.option("--gaze-pixel", type=Pair(), help="Or a pixel, from 0,0 at the upper left.")
@click.option("--size", type=Size(), default="1280x720", show_default=True)
@click.option("--projection", type=click.Choice(list(GRIDS)), default="perspective", show_default=True)
@look_options
@click.option("--display-fov", type=float, help="Degrees that the display spans, perspective.  [default: as --fov]")
@click.option(
    "--mode", type=click.Choice(list(MODES)), default="acuity", show_default=True, help="How samples thin out."
)
@click.option("--acuity", type=float, help=f"Growth of the smallest angle seen, a degree.  [default: {Acuity.slope}]")
@click.option("--budget", type=float, help="Share of the pixels to compute instead, as in 0.05.  [gaussian: 0.05]")
@click.option("--contrast", default=0.0, show_default=True, help="Enhance details around the fovea by so much.")
@click.option("--samples", type=click.Path(path_type=Path), help="Write where it looked, too.")
@click.option(
    "--compare",
    type=click.Path(path_type=Path),
    help=f"Write a sheet, too: in full, foveated, {DIFFERENCE_GAIN} times the difference, rings of 5, 15, 30 degrees.",
)
@click.option("--report", type=click.Path(path_type=Path), help="Write the figures as JSON, too.")
@model_option
@work_options
def foveate(
    out: Path,
    seed: int | None,
    latent: Path | None,
    layout: int | None,
    gaze: tuple[float, float] | None,
    gaze_pixel: tuple[float, float] | None,
    size: tuple[int, int | None],
    projection: str,
    display_fov: float | None,
    mode: str,
    acuity: float | None,
    budget: float | None,
    contrast: float,
    samples: Path | None,
    compare: Path | None,
    report: Path | None,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
    **look: Any,
) -> None:
    """Render a place into OUT for an eye that looks at one place of it: every pixel there, and around it
    as many samples as it can tell apart."""
    from panogen.foveation import Gaze, mode_within, samples_of

    if gaze is not None and gaze_pixel is not None:
        raise UsageError("the gaze is --gaze in degrees or --gaze-pixel, got both")
    if acuity is not None and (mode != "acuity" or budget is not None):
        raise UsageError(f"--acuity {acuity:g} goes with --mode acuity and without --budget, which chooses it")
    what = View(width=size[0], height=size[1], projection=projection, **look)
    panogen = load(model, device)
    place, grid = place_of(panogen, seed, latent, layout), what.grid(panogen.model.chart)
    check_outputs(out, samples, compare, report, grid.shape)
    eye = Gaze.at_pixel(grid, *gaze_pixel, display_fov) if gaze_pixel else Gaze(grid, *(gaze or AHEAD), display_fov)
    how: Mode = MODES[mode]() if acuity is None else Acuity(acuity)
    if budget is not None:
        how = mode_within(eye, mode, panogen.model.chart, budget)
    samples_of(eye, how, panogen.model.chart, contrast)  # refuses what is impossible before anything is rendered
    about = {
        "panogen": __version__,
        "model": panogen.name,
        **place.described(),
        **vars(what),
        "foveation": {
            "gaze_deg": [eye.right_deg, eye.up_deg],
            "display_fov_deg": display_fov,
            "contrast": contrast,
            "mode": mode,
            **vars(how),
        },
    }
    if dry_run:
        click.echo(json.dumps(about, indent=2))
        return
    keep_large_buffers()
    with progress_bar(quiet, unit=" samples", unit_scale=True) as bar:
        made, seconds = timed(
            lambda: panogen.foveate(
                place, (eye.right_deg, eye.up_deg), how, display_fov, contrast, bar.update, **vars(what)
            )
        )
    figures: dict[str, Any] = {"samples": made.samples, "share": made.share, "seconds": seconds}
    full = None
    if compare is not None or report is not None:
        with progress_bar(quiet, total=len(grid), desc="in full", unit=" pixels", unit_scale=True) as bar:
            full, seconds_in_full = timed(lambda: panogen.render(place, bar.update, **vars(what)))
        eccentricity_deg = np.degrees(eye.eccentricity_rad.numpy())
        figures |= {
            "seconds_in_full": seconds_in_full,
            "times_faster": seconds_in_full / seconds,
            "ring_psnr_db": ring_psnr_db(full, made.picture, eccentricity_deg, float(np.degrees(eye.pitch_rad))),
        }
    try:
        save_picture(out, made.picture, xmp_packet(grid.metadata, about))
        if samples is not None:
            save_picture(samples, dots(made))
        if compare is not None and full is not None:
            save_picture(compare, comparison(full, made))
        if report is not None:
            with whole_file(report) as file:
                file.write(json.dumps({**about, **finite(figures)}, indent=2).encode())
    except OSError as error:
        raise JobError(f"{error.filename or out}: cannot be written: {error.strerror or error}") from None
    if not quiet:
        click.echo(spoken(figures), err=True)


def check_outputs(
    out: Path, samples: Path | None, compare: Path | None, report: Path | None, shape: tuple[int, int]
) -> None:
    """Raise UsageError unless all files can be written."""
    for path in (out, samples):
        if path is not None:
            format_of(path).check(shape)
    if compare is not None:
        format_of(compare).check((2 * shape[0], 2 * shape[1]))
    for path in (out, samples, compare, report):
        if path is not None:
            check_writable(path)


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What it returns, and the seconds that it takes."""
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def finite(figures: dict[str, Any]) -> dict[str, Any]:
    """The figures for JSON, which knows no infinity: the PSNR of equal rings is null."""
    rings = figures["ring_psnr_db"]
    return {**figures, "ring_psnr_db": {ring: psnr if math.isfinite(psnr) else None for ring, psnr in rings.items()}}


def dots(made: Foveated) -> Picture:
    """The pixels that were computed, and those nearest to other samples, white on black."""
    return np.repeat(made.grid.sampled[..., None].astype(np.uint8) * 255, 3, 2)


def comparison(full: Picture, made: Foveated) -> Picture:
    """The picture in full and foveated; below, the difference of the two, and the samples and rings of the PSNR."""
    difference = np.abs(full.astype(np.int16) - made.picture) * DIFFERENCE_GAIN
    samples, eccentricity_deg = dots(made), np.degrees(made.grid.gaze.eccentricity_rad.numpy())
    ring = np.digitize(eccentricity_deg, EDGES_DEG)
    samples[:-1][ring[1:] != ring[:-1]] = RING_COLOUR
    samples[:, :-1][ring[:, 1:] != ring[:, :-1]] = RING_COLOUR
    return contact_sheet([full, made.picture, difference.clip(0, 255).astype(np.uint8), samples])


def spoken(figures: dict[str, Any]) -> str:
    """The figures as a sentence."""
    said = f"{figures['samples']} samples, {figures['share']:.1%} of the pixels, {figures['seconds']:.2f} s"
    if "times_faster" in figures:
        said += f"; in full {figures['seconds_in_full']:.2f} s, {figures['times_faster']:.1f} times as long"
        rings = ", ".join(f"{ring} deg {psnr:.1f}" for ring, psnr in figures["ring_psnr_db"].items())
        said += f"; PSNR in dB as the eye sees it: {rings}"
    return said
