"""What the commands that write pictures share: options, checks, and the loop over the pictures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from panogen.cli.options import progress_bar
from panogen.errors import UsageError
from panogen.grids import GRIDS
from panogen.latents.seeds import check_seed
from panogen.runtime import keep_large_buffers
from panogen.view import OUTSIDES, View

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.latents import LatentField

VIEW = View()
Command = TypeVar("Command", bound=Callable[..., Any])

SIZE_OPTIONS = (
    click.option("--width", default=VIEW.width, show_default=True, help="Pixels."),
    click.option("--height", type=int, help="Pixels.  [default: natural to the projection]"),
    click.option("--projection", type=click.Choice(list(GRIDS)), default=VIEW.projection, show_default=True),
)
FINE_OPTIONS = (
    click.option("--supersample", default=VIEW.supersample, show_default=True, help="Samples each way for a pixel."),
    click.option(
        "--outside",
        type=click.Choice(OUTSIDES),
        default=VIEW.outside,
        show_default=True,
        help="Where the model ends.",
    ),
)
LOOK_OPTIONS = (
    click.option("--yaw", "yaw_deg", default=0.0, show_default=True, help="Degrees to the right."),
    click.option("--pitch", "pitch_deg", default=0.0, show_default=True, help="Degrees up."),
    click.option("--roll", "roll_deg", default=0.0, show_default=True, help="Degrees clockwise."),
    click.option("--fov", "fov_deg", type=float, help="Width of a perspective view in degrees.  [default: 90]"),
    click.option("--truncation", default=VIEW.truncation, show_default=True, help="1: as learned; 0: the mean place."),
)


def look_options(command: Command) -> Command:
    """The fields of ``View`` but for its size and projection as options."""
    for option in reversed(LOOK_OPTIONS):
        command = option(command)
    return command


def view_options(command: Command) -> Command:
    """The fields of ``View`` as options."""
    command = look_options(command)
    for option in reversed(SIZE_OPTIONS + FINE_OPTIONS):
        command = option(command)
    return command


def place_of(panogen: Panogen, seed: int | None, latent: Path | None) -> int | LatentField:
    """What --seed or --latent name; seed 0 where neither is given. Raises UsageError."""
    if latent is None:
        return check_seed(0 if seed is None else seed)
    if seed is not None:
        raise UsageError(f"a picture shows --seed or --latent, got {seed} and {str(latent)!r}; to blend: panogen blend")
    return panogen.load_latent(latent)


def write_pictures(
    panogen: Panogen,
    pictures: Mapping[Path, tuple[int | LatentField, View]],
    *,
    resume: bool,
    quiet: bool,
    dry_run: bool,
) -> None:
    """Render each place into its file, or print what would be rendered. All files are checked first."""
    with progress_bar(quiet or dry_run, unit="px", unit_scale=True) as bar:
        outputs = [panogen.output(path, place, view, bar.update) for path, (place, view) in pictures.items()]
        if dry_run:
            click.echo(json.dumps(resolved(panogen, pictures), indent=2))
            return
        keep_large_buffers()
        bar.total = sum(output.samples for output in outputs)
        shares = []
        for output in outputs:
            try:
                shares.append(output.write(resume=resume, checked=lambda pixels: skip(bar, pixels)))
            except KeyboardInterrupt:
                if output.canvas.path.exists():
                    click.echo(f"{output.path}: nothing is lost, --resume goes on with it", err=True)
                raise
    speak_of_black(panogen, shares[0], quiet)


def resolved(panogen: Panogen, pictures: Mapping[Path, tuple[int | LatentField, View]]) -> dict[str, Any]:
    """What would be rendered: the view, and the place and, in a turn, the yaw of each output."""
    views = [view for _, view in pictures.values()]
    grid = views[0].grid(panogen.model.chart)
    shown = dataclasses.asdict(views[0]) | {"height": grid.shape[0], "fov_deg": getattr(grid, "fov_deg", None)}
    outputs = {}
    for path, (place, view) in pictures.items():
        turned = {"yaw_deg": view.yaw_deg} if view != views[0] else {}
        outputs[str(path)] = {**panogen.field(place).described(), **turned}
    return {**shown, "model": panogen.name, "outputs": outputs}


def skip(bar: Any, count: int) -> None:
    """Advance a progress bar by what is done already, without counting it as speed."""
    bar.initial += count
    bar.update(count)


def speak_of_black(panogen: Panogen, outside: float, quiet: bool) -> None:
    """Say which share of a picture, if any, is black, and why."""
    if outside and not quiet:
        click.echo(
            f"{outside:.0%} of the picture lies beyond the {panogen.model.chart.vertical_fov_deg:g} degrees that "
            f"{panogen.name} knows and is black; a smaller --fov or --pitch shows none of it",
            err=True,
        )
