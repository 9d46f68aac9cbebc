"""panogen render: pictures of places."""

from pathlib import Path
from typing import Any

import click

from panogen.cli.options import device_option, dry_run_option, latent_option, load, model_option, quiet_option
from panogen.cli.pictures import place_of, view_options, write_pictures
from panogen.errors import UsageError
from panogen.latents import parse_seeds
from panogen.view import View


@click.command()
@click.argument("out", required=False, type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Which place.  [default: 0]")
@latent_option
@click.option("--mix-seed", type=int, help="Another place, whose latent the finer layers take (style mixing).")
@click.option("--mix-from", type=int, help="The first layer that takes it.  [default: the middle one]")
@click.option("--seeds", help="Several places, as in 0,1,4-6; with --outdir.")
@click.option("--outdir", type=click.Path(path_type=Path), help="Folder for the pictures of --seeds: seed0004.png ...")
@model_option
@view_options
@device_option
@quiet_option
@dry_run_option
def render(
    out: Path | None,
    seed: int | None,
    latent: Path | None,
    mix_seed: int | None,
    mix_from: int | None,
    seeds: str | None,
    outdir: Path | None,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
    **view: Any,
) -> None:
    """Render the place of a seed into OUT (.png, .jpg), or those of several into a folder."""
    if mix_from is not None and mix_seed is None:
        raise UsageError(f"--mix-from {mix_from} says where --mix-seed begins, which is missing")
    paths = outputs(out, seed, latent, seeds, outdir)
    what = View(**view)
    panogen = load(model, device)
    places = {path: place_of(panogen, number, latent) for path, number in paths.items()}
    if mix_seed is not None:
        places = {path: panogen.mix(place, mix_seed, mix_from) for path, place in places.items()}
    write_pictures(panogen, places, what, quiet, dry_run)


def outputs(
    out: Path | None, seed: int | None, latent: Path | None, seeds: str | None, outdir: Path | None
) -> dict[Path, int | None]:
    """The seed of each picture to write, if it has one. Raises UsageError."""
    if seeds is None:
        if out is None or outdir is not None:
            raise UsageError(
                "one picture goes to OUT, as in: panogen render --seed 4 out.png; several: --seeds and --outdir"
            )
        return {out: seed}
    if seed is not None or latent is not None or out is not None or outdir is None:
        raise UsageError("--seeds goes with --outdir alone, as in: panogen render --seeds 0,1,4-6 --outdir pictures")
    return {outdir / f"seed{number:04d}.png": number for number in parse_seeds(seeds)}
