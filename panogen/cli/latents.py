"""panogen latents: files that stand in place of seeds."""

from pathlib import Path

import click

from panogen.base.errors import UsageError
from panogen.cli.options import latents_option, layout_option, load, model_option
from panogen.cli.pictures import places_of


@click.group()
def latents() -> None:
    """Latents in files, which every command takes in place of a seed."""


@latents.command("list")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
def list_latents(files: tuple[Path, ...]) -> None:
    """Say what FILES hold: the model, the number of anchors, their layouts, and what they were made of."""
    from panogen.places.files import read_latent

    for path in files:
        stored = read_latent(path)
        anchors = len(stored.field.anchors)
        made = ", ".join(f"{name} {value}" for name, value in stored.field.made_of.items())
        counted = "1 anchor" if anchors == 1 else f"{anchors} anchors"
        layouts = f"layout {', '.join(map(str, stored.field.layout_seeds))}"
        click.echo(f"{path}\t{stored.model_name} {stored.model[:12]}\t{counted}\t{layouts}\t{made or '-'}")


@latents.command()
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--seed", "seeds", type=int, multiple=True, help="A place; give it once for each.")
@latents_option
@layout_option
@model_option
def average(out: Path, seeds: tuple[int, ...], latents: tuple[Path, ...], layout: int | None, model: str) -> None:
    """Write the mean of seeds and latents, or the latent of a single one, to OUT (.safetensors)."""
    if not seeds and not latents:
        raise UsageError("an average needs at least one --seed or --latent, got none")
    panogen = load(model)
    panogen.save_latent(panogen.average(places_of(panogen, seeds, latents, layout)), out)
