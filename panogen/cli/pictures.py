"""What the commands that write pictures share: options, checks, and the loop over the pictures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panogen.base.errors import UsageError
from panogen.base.runtime import keep_large_buffers
from panogen.cli.options import progress_bar, together
from panogen.grids import FACE_NAMES, GRIDS, Camera, Cubemap, Grid, cube_faces
from panogen.grids.view import OUTSIDES, View

if TYPE_CHECKING:
    from panogen.api import Panogen
    from panogen.latents import LatentField
    from panogen.pictures.output import Output, Windows
    from panogen.rendering import Renderer

VIEW = View()

SIZE_OPTIONS = (
    click.option(
        "--width", type=int, help=f"Pixels.  [default: {Grid.natural_width}, of a cubemap {Cubemap.natural_width}]"
    ),
    click.option("--height", type=int, help="Pixels.  [default: natural to the projection]"),
    click.option("--projection", type=click.Choice(list(GRIDS)), help="[default: natural to the model]"),
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
    click.option(
        "--tolerance", type=float, help="Interpolate where it is within so many steps of 8 bits almost everywhere."
    ),
)
LOOK_OPTIONS = (
    click.option("--yaw", "yaw_deg", default=0.0, show_default=True, help="Degrees to the right."),
    click.option("--pitch", "pitch_deg", default=0.0, show_default=True, help="Degrees up."),
    click.option("--roll", "roll_deg", default=0.0, show_default=True, help="Degrees clockwise."),
    click.option(
        "--fov",
        "fov_deg",
        type=float,
        help="Width in degrees: perspective (default 90, or all of a flat model), fisheye (180), little-planet (238).",
    ),
    click.option(
        "--points", type=click.Path(path_type=Path), help="Or a .npy file of directions: the picture has its shape."
    ),
    click.option("--truncation", default=VIEW.truncation, show_default=True, help="1: as learned; 0: the mean place."),
    click.option("--noise", is_flag=True, help="The grain of models that have learned how strong it is."),
)


look_options = together(*LOOK_OPTIONS)
view_options = together(*SIZE_OPTIONS, *FINE_OPTIONS, *LOOK_OPTIONS)


def place_of(panogen: Panogen, seed: int | None, latent: Path | None, layout: int | None) -> LatentField:
    """What --seed or --latent name, laid out by --layout; seed 0 where neither is given. Raises UsageError."""
    if latent is None:
        return panogen.field(0 if seed is None else seed, layout)
    if seed is not None:
        raise UsageError(f"a picture shows --seed or --latent, got {seed} and {str(latent)!r}; to blend: panogen blend")
    return panogen.field(panogen.load_latent(latent), layout)


def places_of(panogen: Panogen, seeds: Iterable[int], latents: Iterable[Path], layout: int | None) -> list[LatentField]:
    """What seeds and then latents' files name, laid out by --layout. Raises UsageError."""
    places: list[int | LatentField] = [*seeds, *map(panogen.load_latent, latents)]
    return [panogen.field(place, layout) for place in places]


def write_pictures(
    panogen: Panogen,
    pictures: Mapping[Path, tuple[int | LatentField, View]],
    *,
    resume: bool,
    quiet: bool,
    dry_run: bool,
    scheduler: str | None = None,
) -> None:
    """Render each place into its file, here or by the workers of a scheduler, or print what would be rendered. All
    files are checked first."""
    with progress_bar(quiet or dry_run, unit="px", unit_scale=True) as bar:
        outputs = [panogen.output(path, place, view, bar.update) for path, (place, view) in pictures.items()]
        if dry_run:
            click.echo(json.dumps(resolved(panogen, pictures), indent=2))
            return
        keep_large_buffers()
        bar.total = sum(output.samples for output in outputs)
        shares = []
        for output, (place, view) in zip(outputs, pictures.values(), strict=True):
            try:
                with rendered_by(scheduler, panogen, place, view, output, quiet) as windows:
                    shares.append(
                        output.write(resume=resume, windows=windows, checked=lambda pixels: skip(bar, pixels))
                    )
            except KeyboardInterrupt:
                if output.canvas.path.exists():
                    click.echo(f"{output.path}: nothing is lost, --resume goes on with it", err=True)
                raise
    if pictures[outputs[0].path][1].outside == "black":
        speak_of_black(panogen, sum(shares) / len(shares), quiet)
    speak_of_tolerance([output.pixel_renderer.renderer for output in outputs], quiet)


def rendered_by(
    scheduler: str | None, panogen: Panogen, place: int | LatentField, view: View, output: Output, quiet: bool
) -> AbstractContextManager[Windows | None]:
    """What renders an output's windows while the context lasts: the workers of a scheduler, or, None, this process."""
    if scheduler is None:
        return nullcontext()
    from panogen.apps.cluster import spread

    def tell(text: str) -> None:
        if not quiet:
            click.echo(text, err=True)

    return spread(scheduler, panogen, place, view, output.pixel_renderer, tell=tell)


def resolved(panogen: Panogen, pictures: Mapping[Path, tuple[int | LatentField, View]]) -> dict[str, Any]:
    """What would be rendered: what all views have in common, and the place of each output and what else its view is."""
    views = []
    for _, view in pictures.values():
        grid = view.grid(panogen.model.chart)
        (rows, columns), fov_deg = grid.shape, getattr(grid, "fov_deg", None)
        views.append(
            dataclasses.asdict(view) | {"projection": grid.name, "width": columns, "height": rows, "fov_deg": fov_deg}
        )
    common = {name: value for name, value in views[0].items() if all(view[name] == value for view in views)}
    outputs = {
        str(path): {**panogen.field(place).described(), **{name: view[name] for name in view if name not in common}}
        for (path, (place, _)), view in zip(pictures.items(), views, strict=True)
    }
    return {**common, "model": panogen.name, "outputs": outputs}


def skip(bar: Any, count: int) -> None:
    """Advance a progress bar by what is done already, without counting it as speed."""
    if not bar.disable:
        bar.initial += count
    bar.update(count)


def face_views(path: Path, what: View, names: str) -> dict[Path, View]:
    """The six faces of a cube around a place, ``what.width`` wide, and their files: OUT_front.png and so on, with the
    ``names`` that ``FACE_NAMES`` has. Raises UsageError."""
    for name in ("projection", "height", "fov_deg"):
        value = getattr(what, name)
        if value != getattr(VIEW, name):
            raise UsageError(f"faces of a cube are square perspective pictures of 90 degrees, got {name} {value}")
    width = Grid.natural_width if what.width is None else what.width
    faces = cube_faces(width, Camera(what.yaw_deg, what.pitch_deg, what.roll_deg)).values()
    return {
        path.with_stem(f"{path.stem}_{name}"): dataclasses.replace(
            what, projection=face.name, height=face.height, fov_deg=face.fov_deg, **dataclasses.asdict(face.camera)
        )
        for name, face in zip(FACE_NAMES[names], faces, strict=True)
    }


def speak_of_tolerance(renderers: Sequence[Renderer], quiet: bool) -> None:
    """Say which share of the samples was computed, where a tolerance allowed to interpolate."""
    drawn, evaluated = (sum(getattr(renderer, name, 0) for renderer in renderers) for name in ("drawn", "evaluated"))
    if drawn and not quiet:
        click.echo(f"the network computed {evaluated / drawn:.1%} of the samples", err=True)


def speak_of_black(panogen: Panogen, outside: float, quiet: bool) -> None:
    """Say which share of a picture, if any, is black, and why."""
    if outside and not quiet:
        chart = panogen.model.chart
        turns = "--fov or --pitch" if chart.closed else "--fov, --yaw or --pitch"
        click.echo(
            f"{outside:.0%} of the picture lies beyond {chart.extent} that {panogen.name} knows and is black; "
            f"--outside mirror fills it, a smaller {turns} may avoid it",
            err=True,
        )
