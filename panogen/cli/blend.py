"""panogen blend: several places in one picture."""

from pathlib import Path
from typing import Any

import click

from panogen.base.errors import UsageError
from panogen.cli import options
from panogen.cli.pictures import write_pictures
from panogen.cli.target import out_options
from panogen.grids.view import View
from panogen.latents import EVEN, Above, Around
from panogen.places import Blend, Mask, Place
from panogen.places.place import EVENLY_SOFT

AROUND = EVENLY_SOFT, EVEN  # softness and kernel where none are named ...
ABOVE = 0.5, "smoothstep"  # ... and of elevations
NUMBERS = options.Parsed("numbers", lambda text: tuple(map(float, text.split(","))), "numbers like 0,180")


@click.command()
@out_options()
@options.places_options
@click.option("--at", "azimuths", type=NUMBERS, help="Their azimuths in degrees, as in 0,180.  [default: evenly]")
@click.option("--heights", "elevations", type=NUMBERS, help="Or their elevations: sky of one, ground of another.")
@click.option(
    "--mask",
    type=options.INPUT,
    help="Or a picture of the whole circle: white where the second place is, or a channel for each place.",
)
@options.shape_options("0.75; with --heights 0.5", "even; with --heights smoothstep")
@options.model_option
@options.view_options
@options.picture_options
def blend(
    out: Path,
    places: tuple[Place, ...],
    azimuths: tuple[float, ...] | None,
    elevations: tuple[float, ...] | None,
    mask: Path | None,
    softness: float | None,
    kernel: str | None,
    layers: tuple[int, int] | None,
    model: str,
    device: str,
    view: View,
    **how: Any,
) -> None:
    """Render two or more places, blended around the circle, into OUT."""
    if len(places) < 2:
        raise UsageError(f"a blend needs at least two of --seed and --latent, got {len(places)}")
    ways = {"--at": azimuths, "--heights": elevations, "--mask": mask}
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"places are blended by one of --at, --heights and --mask, got {' and '.join(given)}")
    if mask is not None and (softness is not None or kernel is not None):
        raise UsageError("a mask says how soft it is itself; leave --softness and --kernel out")
    for name, angles in (("--at", azimuths), ("--heights", elevations)):
        if angles is not None and len(angles) != len(places):
            raise UsageError(f"{name} must have a place for each of the {len(places)} latents, got {len(angles)}")
    if elevations is not None and kernel == EVEN:
        raise UsageError(f"--kernel with --heights must be one of {', '.join(Above.kernels)}, got {kernel}")
    shape = options.shaped(softness, kernel, AROUND if elevations is None else ABOVE)
    panogen = options.load(model, device)
    if mask is not None:
        over: Around | Above | Mask = Mask.of(mask)
    elif elevations is not None:
        over = Above(elevations, *shape)
    else:
        over = Around(azimuths or panogen.model.chart.azimuths_deg(len(places)), *shape)
    write_pictures(panogen, {out: (Blend(places, over, layers), view)}, **how)
