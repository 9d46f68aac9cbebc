"""panogen foveate: a picture for an eye that looks at one place of it."""

from __future__ import annotations

import dataclasses
import json
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panogen.base.errors import UsageError, writing
from panogen.base.files import write_text
from panogen.cli import options
from panogen.cli.pictures import write_foveated
from panogen.cli.talk import tell
from panogen.cli.target import STDOUT, out_options
from panogen.foveation import MODES, Acuity, Foveation
from panogen.grids import GRIDS, Perspective
from panogen.grids.view import OPAQUE_OUTSIDES, View
from panogen.pictures.formats import check_writable, format_for, save_picture
from panogen.places import Place

if TYPE_CHECKING:
    from panogen.api import Foveated, Panogen
    from panogen.request import Request


def pair(text: str) -> tuple[float, float]:
    """``20,-5`` -> (20.0, -5.0)."""
    first, second = map(float, text.split(","))
    return first, second


def pixels(text: str) -> tuple[int, int | None]:
    """``1920x1080`` -> (1920, 1080); ``4096`` -> (4096, None), where the projection says the height."""
    width, _, height = text.partition("x")
    return int(width), int(height) if height else None


WIDTH, HEIGHT = 1280, 720
PAIR, SIZE = options.Parsed("x,y", pair, "two numbers like 20,-5"), options.Parsed("size", pixels, "like 1920x1080")


@dataclasses.dataclass(frozen=True)
class Beside:
    """The files that are asked for beside a picture: where it looked, a sheet that compares it, its figures."""

    samples: Path | None
    compare: Path | None
    figures: Path | None

    def check(self, out: Path, shape: tuple[int, int]) -> None:
        """Raise UsageError unless they can be written for a picture of a shape, each under a name of its own."""
        names = {out: "OUT"}
        for option, path in (("--samples", self.samples), ("--compare", self.compare), ("--figures", self.figures)):
            if path == STDOUT:
                raise UsageError(f"{option} writes a file beside OUT, got -, which is stdout; name a file")
            if path is not None and names.setdefault(path, option) != option:
                raise UsageError(f"{option} needs a file of its own, got {str(path)!r}, which is {names[path]}, too")
        if self.samples is not None:
            format_for(self.samples, shape)
        if self.compare is not None:
            format_for(self.compare, (2 * shape[0], 2 * shape[1]))
        for path in (self.samples, self.compare, self.figures):
            if path is not None:
                check_writable(path)

    def write(
        self, panogen: Panogen, request: Request, made: Foveated, seconds: float, *, quiet: bool
    ) -> dict[str, Any]:
        """Write them, and return the figures; the picture in full, if one of them needs it, is rendered for that."""
        from panogen.foveation.comparison import dots, psnr_by_ring, sheet

        found: dict[str, Any] = {"samples": made.samples, "share": made.share, "whole": made.whole, "seconds": seconds}
        if self.samples is not None:
            with writing(self.samples):
                save_picture(self.samples, dots(made.grid))
        if self.compare is None and self.figures is None:
            return found
        count = len(made.grid.gaze.grid)
        with options.progress_bar(quiet, total=count, desc="in full", unit=" pixels", unit_scale=True) as bar:
            started = time.perf_counter()
            full = panogen.render(request.place, request.view, bar.update)
            in_full = time.perf_counter() - started
        rings = psnr_by_ring(full, made.picture, made.grid)
        found |= {"seconds_in_full": in_full, "times_faster": in_full / seconds, "ring_psnr_db": rings}
        if self.compare is not None:
            with writing(self.compare):
                save_picture(self.compare, sheet(full, made.picture, made.grid))
        if self.figures is not None:
            with writing(self.figures):
                write_text(self.figures, json.dumps({**request.to_json(), "figures": finite(found)}, indent=2) + "\n")
        return found


@click.command()
@out_options()
@options.place_options
@click.option("--gaze", type=PAIR, help="Degrees right and up of the middle, as in 20,-5.  [default: 0,0]")
@click.option("--gaze-pixel", type=PAIR, help="Or a pixel, from 0,0 at the upper left.")
@click.option("--size", type=SIZE, help=f"Pixels.  [default: {WIDTH}x{HEIGHT}; natural to other projections]")
@click.option("--width", type=int, help="Or its two numbers apart.")
@click.option("--height", type=int, help="The second of them.  [default: natural to the projection]")
@click.option("--projection", type=click.Choice(list(GRIDS)), help="[default: perspective]")
@options.gathered("look", dict, options.outside_option(OPAQUE_OUTSIDES), *options.LOOK_OPTIONS)
@click.option("--display-fov", type=float, help="Degrees that the display spans, perspective.  [default: as --fov]")
@click.option(
    "--mode", type=click.Choice(list(MODES)), default="acuity", show_default=True, help="How samples thin out."
)
@click.option("--acuity", type=float, help=f"Growth of the smallest angle seen, a degree.  [default: {Acuity.slope}]")
@click.option("--budget", type=float, help="Share of the pixels to compute instead, as in 0.05.  [gaussian: 0.05]")
@click.option("--contrast", default=0.0, show_default=True, help="Enhance details around the fovea by so much.")
@options.gathered(
    "beside",
    Beside,
    click.option("--samples", type=options.PATH, help="Write where it looked, too."),
    click.option(
        "--compare",
        type=options.PATH,
        help="Write a sheet, too: in full, foveated, 8 times the difference, rings of 5, 15, 30 degrees.",
    ),
    click.option("--figures", type=options.PATH, help="Write the figures as JSON, too."),
)
@options.model_option
@options.work_options
def foveate(
    out: Path,
    place: Place,
    gaze: tuple[float, float] | None,
    gaze_pixel: tuple[float, float] | None,
    size: tuple[int, int | None] | None,
    width: int | None,
    height: int | None,
    projection: str | None,
    look: dict[str, Any],
    display_fov: float | None,
    mode: str,
    acuity: float | None,
    budget: float | None,
    contrast: float,
    beside: Beside,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
) -> None:
    """Render a place into OUT for an eye that looks at one place of it: every pixel there, and around it
    as many samples as it can tell apart."""
    from panogen.foveation.samples import mode_within

    if acuity is not None and (mode != "acuity" or budget is not None):
        raise UsageError(f"--acuity {acuity:g} goes with --mode acuity and without --budget, which chooses it")
    if (width, height) != (None, None):
        if size is not None:
            raise UsageError("--size says how large the picture is; leave --width and --height out")
    elif size is not None:
        width, height = size
    if look["points"] is None and projection in (None, Perspective.name):
        if (width, height) == (None, None):
            height = HEIGHT
        width, projection = WIDTH if width is None else width, Perspective.name
    view = View(width=width, height=height, projection=projection, **look)
    law = MODES[mode]() if acuity is None else Acuity(acuity)
    foveation = Foveation(gaze, gaze_pixel, law, display_fov, contrast)
    panogen = options.load(model, device)
    grid = view.grid(panogen.model.chart)
    beside.check(out, grid.shape)
    if budget is not None:
        within = mode_within(foveation.eye(grid), mode, panogen.model.chart, budget)
        foveation = dataclasses.replace(foveation, mode=within)
    request = panogen.request(place, view, foveation)
    written = write_foveated(panogen, out, request, quiet=quiet, dry_run=dry_run)
    if written is None:
        return
    found = beside.write(panogen, request, *written, quiet=quiet)
    if not quiet:
        tell(spoken(found))


def finite(figures: dict[str, Any]) -> dict[str, Any]:
    """Return the figures for JSON, which knows no infinity: the PSNR of equal rings is null."""
    rings = figures["ring_psnr_db"]
    return {**figures, "ring_psnr_db": {ring: psnr if math.isfinite(psnr) else None for ring, psnr in rings.items()}}


def spoken(figures: dict[str, Any]) -> str:
    """Return the figures as a sentence."""
    in_full = ", the picture in full" if figures["whole"] else ""
    said = f"{figures['samples']} samples, {figures['share']:.1%} of the pixels{in_full}, {figures['seconds']:.2f} s"
    if "times_faster" in figures:
        said += f"; in full {figures['seconds_in_full']:.2f} s, {figures['times_faster']:.1f} times as long"
        rings = ", ".join(f"{ring} deg {psnr:.1f}" for ring, psnr in figures["ring_psnr_db"].items())
        said += f"; PSNR in dB as the eye sees it: {rings}"
    return said
