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
from panogen.grids import FACE_NAMES, GRIDS, Camera, cube_faces
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
    click.option("--projection", type=click.Choice(list(GRIDS)), default=VIEW.projection, show_default=True),
)
LOOK_OPTIONS = (
    click.option("--yaw", "yaw_deg", default=0.0, show_default=True, help="Degrees to the right."),
    click.option("--pitch", "pitch_deg", default=0.0, show_default=True, help="Degrees up."),
    click.option("--roll", "roll_deg", default=0.0, show_default=True, help="Degrees clockwise."),
    click.option(
        "--fov",
        "fov_deg",
        type=float,
        help="Width in degrees of a perspective (default 90), fisheye (180) or little-planet (238) picture.",
    ),
    click.option(
        "--points", type=click.Path(path_type=Path), help="Or a .npy file of directions: the picture has its shape."
    ),
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
    write_views(panogen, {path: (place, what) for path, place in places.items()}, quiet, dry_run)


def write_views(
    panogen: Panogen, pictures: Mapping[Path, tuple[int | LatentField, View]], quiet: bool, dry_run: bool
) -> None:
    """The same, for views of each file's own, all of one size."""
    views = [dataclasses.asdict(view) for _, view in pictures.values()]
    for path, (_, view) in pictures.items():
        grid = view.grid(panogen.model.chart)
        sink_for(path).check(grid.shape)
        check_writable(path)
    if dry_run:
        rows, columns = grid.shape
        resolved = {"width": columns, "height": rows, "fov_deg": getattr(grid, "fov_deg", None), "model": panogen.name}
        common = {name: value for name, value in views[0].items() if all(view[name] == value for view in views)}
        outputs = {
            str(path): {**panogen.field(place).described(), **{n: view[n] for n in view if n not in common}}
            for (path, (place, _)), view in zip(pictures.items(), views, strict=True)
        }
        click.echo(json.dumps({**common, **resolved, "outputs": outputs}, indent=2))
        return
    keep_large_buffers()
    with progress_bar(quiet, total=len(grid) * len(pictures), unit=" pixels", unit_scale=True) as bar:
        outside = [
            panogen.save(path, place, bar.update, **view)
            for (path, (place, _)), view in zip(pictures.items(), views, strict=True)
        ]
    speak_of_black(panogen, sum(outside) / len(outside), quiet)


def face_views(path: Path, what: View, names: str) -> dict[Path, View]:
    """The six faces of a cube around a place, ``what.width`` wide, and their files: OUT_front.png and so on, with the
    ``names`` that ``FACE_NAMES`` has. Raises UsageError."""
    for name in ("projection", "height", "fov_deg"):
        value = getattr(what, name)
        if value != getattr(VIEW, name):
            raise UsageError(f"faces of a cube are square perspective pictures of 90 degrees, got {name} {value}")
    faces = cube_faces(what.width, Camera(what.yaw_deg, what.pitch_deg, what.roll_deg)).values()
    return {
        path.with_stem(f"{path.stem}_{name}"): dataclasses.replace(
            what, projection=face.name, height=face.height, fov_deg=face.fov_deg, **dataclasses.asdict(face.camera)
        )
        for name, face in zip(FACE_NAMES[names], faces, strict=True)
    }


def speak_of_black(panogen: Panogen, outside: float, quiet: bool) -> None:
    """Say which share of a picture, if any, is black, and why."""
    if outside and not quiet:
        click.echo(
            f"{outside:.0%} of the picture lies beyond the {panogen.model.chart.vertical_fov_deg:g} degrees that "
            f"{panogen.name} knows and is black; a smaller --fov or --pitch shows none of it",
            err=True,
        )
