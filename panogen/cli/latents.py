"""panogen latents: files that stand in place of seeds."""

from pathlib import Path

import click

from panogen.base.errors import UsageError
from panogen.base.names import printable
from panogen.cli.options import INPUT, load, model_option, out_argument, places_options
from panogen.cli.talk import answer
from panogen.places import Average, Place


@click.group()
def latents() -> None:
    """Latents in files, which stand in place of seeds."""


@latents.command("list")
@click.argument("files", nargs=-1, required=True, type=INPUT)
def list_latents(files: tuple[Path, ...]) -> None:
    """Say what FILES hold: the model, the number of anchors, their layouts, and what they were made of."""
    from panogen.places.files import read_latent

    for path in files:
        stored = read_latent(path)
        anchors = len(stored.field.anchors)
        made = ", ".join(f"{name} {value}" for name, value in stored.made_of.items())
        counted = "1 anchor" if anchors == 1 else f"{anchors} anchors"
        layouts = f"layout {', '.join(map(str, stored.field.layout_seeds))}"
        columns = f"{path}", f"{stored.model_name} {stored.model[:12]}", counted, layouts, made or "-"
        answer("\t".join(map(printable, columns)))


@latents.command()
@out_argument
@places_options
@model_option
def average(out: Path, places: tuple[Place, ...], model: str) -> None:
    """Write the mean of seeds and latents, or the latent of a single one, to OUT (.safetensors)."""
    if not places:
        raise UsageError("an average needs at least one --seed or --latent, got none")
    load(model).save_latent(places[0] if len(places) == 1 else Average(places), out)
