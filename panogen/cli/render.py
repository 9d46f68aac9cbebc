"""panogen render: pictures of places."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from panogen.api import View, load
from panogen.cli.options import device_option, dry_run_option, model_option, progress_bar, quiet_option
from panogen.errors import UsageError
from panogen.grids import GRIDS
from panogen.latents import parse_seeds
from panogen.latents.seeds import check_seed
from panogen.runtime import keep_large_buffers
from panogen.sinks import check_writable, sink_for

VIEW = View()


@click.command()
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Which place.  [default: 0]")
@click.option("--seeds", help="Several places, as in 0,1,4-6; with --outdir.")
@click.option("--outdir", type=click.Path(path_type=Path), help="Folder for the pictures of --seeds: seed0004.png ...")
@click.option("--width", default=VIEW.width, show_default=True, help="Pixels.")
@click.option("--height", type=int, help="Pixels.  [default: natural to the projection]")
@model_option
@click.option("--projection", type=click.Choice(list(GRIDS)), default=VIEW.projection, show_default=True)
@click.option("--yaw", "yaw_deg", default=0.0, show_default=True, help="Degrees to the right.")
@click.option("--pitch", "pitch_deg", default=0.0, show_default=True, help="Degrees up.")
@click.option("--roll", "roll_deg", default=0.0, show_default=True, help="Degrees clockwise.")
@click.option("--fov", "fov_deg", type=float, help="Width of a perspective view in degrees.  [default: 90]")
@click.option("--truncation", default=VIEW.truncation, show_default=True, help="1: as learned; 0: the mean place.")
@device_option
@quiet_option
@dry_run_option
def render(
    out: Path | None,
    seed: int | None,
    seeds: str | None,
    outdir: Path | None,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
    **view: Any,
) -> None:
    """Render the place of a seed into OUT (.png, .jpg), or those of several into a folder."""
    paths = outputs(out, seed, seeds, outdir)
    what = View(**view)
    panogen = load(model, device)
    grid = what.grid(panogen.model)
    for path in paths:
        sink_for(path).check(grid.shape)
        check_writable(path)
    if dry_run:
        resolved = {"height": grid.shape[0], "fov_deg": getattr(grid, "fov_deg", None), "model": model}
        seeds_of = {str(path): number for path, number in paths.items()}
        click.echo(json.dumps({**dataclasses.asdict(what), **resolved, "outputs": seeds_of}, indent=2))
        return
    keep_large_buffers()
    with progress_bar(quiet, total=len(grid) * len(paths), unit=" pixels", unit_scale=True) as bar:
        outside = [panogen.save(path, number, bar.update, **dataclasses.asdict(what)) for path, number in paths.items()]
    if outside[0] and not quiet:
        click.echo(
            f"{outside[0]:.0%} of the picture lies beyond the {panogen.model.chart.vertical_fov_deg:g} degrees that "
            f"{model} knows and is black; a smaller --fov or --pitch shows none of it",
            err=True,
        )


def outputs(out: Path | None, seed: int | None, seeds: str | None, outdir: Path | None) -> dict[Path, int]:
    """The seed of each file to write. Raises UsageError."""
    if seeds is None:
        if out is None or outdir is not None:
            raise UsageError(
                "one picture goes to OUT, as in: panogen render --seed 4 out.png; several: --seeds and --outdir"
            )
        return {out: check_seed(0 if seed is None else seed)}
    if seed is not None or out is not None or outdir is None:
        raise UsageError("--seeds goes with --outdir alone, as in: panogen render --seeds 0,1,4-6 --outdir pictures")
    return {outdir / f"seed{number:04d}.png": number for number in parse_seeds(seeds)}
