"""panogen blend: several places in one picture."""

from pathlib import Path
from typing import Any

import click

from panogen.base.errors import UsageError
from panogen.cli.options import latents_option, layout_option, load, model_option, picture_options
from panogen.cli.pictures import places_of, view_options, write_pictures
from panogen.grids.view import View
from panogen.latents import Above, Around, blended, painted


class Numbers(click.ParamType):
    """Numbers with commas between them."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """``0,180`` -> (0.0, 180.0)."""
        try:
            return value if isinstance(value, tuple) else tuple(float(part) for part in value.split(","))
        except ValueError:
            return self.fail(f"must be numbers like 0,180, got {value!r}", param, ctx)


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seed", "seeds", type=int, multiple=True, help="A place; give it once for each.")
@latents_option
@layout_option
@click.option("--at", "azimuths", type=Numbers(), help="Their azimuths in degrees, as in 0,180.  [default: evenly]")
@click.option("--heights", "elevations", type=Numbers(), help="Or their elevations: sky of one, ground of another.")
@click.option(
    "--mask",
    type=click.Path(path_type=Path),
    help="Or a picture of the whole circle: white where the second place is, or a channel for each place.",
)
@click.option(
    "--softness",
    type=float,
    help="Share of the way to a neighbour that the change takes.  [default: 0.75; with --heights 0.5]",
)
@click.option(
    "--kernel",
    type=click.Choice(Around.kernels),
    help="Shape of the change; even: as the network needs it, so that all columns change alike.  "
    "[default: even; with --heights smoothstep]",
)
@click.option("--layers", metavar="A-B", help="Blend in these layers only, as in 0-3; the first place has the others.")
@model_option
@view_options
@picture_options
def blend(
    out: Path,
    seeds: tuple[int, ...],
    latents: tuple[Path, ...],
    layout: int | None,
    azimuths: tuple[float, ...] | None,
    elevations: tuple[float, ...] | None,
    mask: Path | None,
    softness: float | None,
    kernel: str | None,
    layers: str | None,
    model: str,
    device: str,
    scheduler: str | None,
    resume: bool,
    quiet: bool,
    dry_run: bool,
    **view: Any,
) -> None:
    """Render two or more places, blended around the circle, into OUT."""
    count = len(seeds) + len(latents)
    if count < 2:
        raise UsageError(f"a blend needs at least two of --seed and --latent, got {count}")
    ways = {"--at": azimuths, "--heights": elevations, "--mask": mask}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"places are blended by one of --at, --heights and --mask, got {' and '.join(given)}")
    shape: dict[str, Any] = {
        name: value for name, value in (("softness", softness), ("kernel", kernel)) if value is not None
    }
    if mask is not None and shape:
        raise UsageError(f"a mask says how soft it is itself, got --{next(iter(shape))} with --mask")
    what = View(**view)
    panogen = load(model, device)
    fields = places_of(panogen, seeds, latents, layout)
    changing = None if layers is None else panogen.layers(layers)
    for name, places in (("--at", azimuths), ("--heights", elevations)):
        if places is not None and len(places) != count:
            raise UsageError(f"{name} must have a place for each of the {count} latents, got {len(places)}")
    if mask is not None:
        field = blended(fields, painted(mask, count, panogen.model.chart), changing)
    elif elevations is not None:
        field = blended(fields, Above(elevations, **shape), changing)
    else:
        field = panogen.blend(fields, azimuths, **shape, layers=changing)
    write_pictures(panogen, {out: (field, what)}, resume=resume, quiet=quiet, dry_run=dry_run, scheduler=scheduler)
