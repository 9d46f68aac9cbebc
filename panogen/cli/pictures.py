"""What the commands that write pictures share: options, checks, and the loop over the pictures."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from panogen.api import Panogen
from panogen.cli.options import progress_bar
from panogen.errors import UsageError
from panogen.grids import GRIDS
from panogen.latents import LatentField
from panogen.latents.seeds import check_seed
from panogen.runtime import keep_large_buffers
from panogen.sinks import check_writable, sink_for
from panogen.view import View

VIEW = View()
Command = TypeVar("Command", bound=Callable[..., Any])

SIZE_OPTIONS = (
    click.option("--width", default=VIEW.width, show_default=True, help="Pixels."),
    click.option("--height", type=int, help="Pixels.  [default: natural to the projection]"),
    click.option("--projection", type=click.Choice(list(GRIDS)), help="[default: natural to the model]"),
)
LOOK_OPTIONS = (
    click.option("--yaw", "yaw_deg", default=0.0, show_default=True, help="Degrees to the right."),
    click.option("--pitch", "pitch_deg", default=0.0, show_default=True, help="Degrees up."),
    click.option("--roll", "roll_deg", default=0.0, show_default=True, help="Degrees clockwise."),
    click.option(
        "--fov",
        "fov_deg",
        type=float,
        help="Width of a perspective view in degrees.  [default: 90, or all of a flat model]",
    ),
    click.option("--truncation", default=VIEW.truncation, show_default=True, help="1: as learned; 0: the mean place."),
    click.option("--noise", is_flag=True, help="The grain of models that have learned how strong it is."),
)


def look_options(command: Command) -> Command:
    """The fields of ``View`` but for its size and projection as options."""
    for option in reversed(LOOK_OPTIONS):
        command = option(command)
    return command


def view_options(command: Command) -> Command:
    """The fields of ``View`` as options."""
    command = look_options(command)
    for option in reversed(SIZE_OPTIONS):
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
    panogen: Panogen, places: Mapping[Path, int | LatentField], what: View, quiet: bool, dry_run: bool
) -> None:
    """Render each place into its file, or print what would be rendered. All files are checked first."""
    grid = what.grid(panogen.model.chart)
    for path in places:
        sink_for(path).check(grid.shape)
        check_writable(path)
    if dry_run:
        resolved = {"projection": grid.name, "height": grid.shape[0], "fov_deg": getattr(grid, "fov_deg", None)}
        resolved["model"] = panogen.name
        outputs = {str(path): panogen.field(place).described() for path, place in places.items()}
        click.echo(json.dumps({**dataclasses.asdict(what), **resolved, "outputs": outputs}, indent=2))
        return
    keep_large_buffers()
    with progress_bar(quiet, total=len(grid) * len(places), unit=" pixels", unit_scale=True) as bar:
        outside = [panogen.save(path, place, bar.update, **dataclasses.asdict(what)) for path, place in places.items()]
    speak_of_black(panogen, outside[0], quiet)


def speak_of_black(panogen: Panogen, outside: float, quiet: bool) -> None:
    """Say which share of a picture, if any, is black, and why."""
    if outside and not quiet:
        chart = panogen.model.chart
        turns = "--fov or --pitch" if chart.closed else "--fov, --yaw or --pitch"
        click.echo(
            f"{outside:.0%} of the picture lies beyond {chart.extent} that {panogen.name} knows and is black; "
            f"a smaller {turns} shows none of it",
            err=True,
        )
