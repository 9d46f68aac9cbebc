"""panogen latents: files that stand in place of seeds."""

from pathlib import Path
from typing import Any

import click

from panogen.base.errors import JobError, UsageError
from panogen.base.names import printable
from panogen.base.records import to_json
from panogen.cli.options import INPUT, is_picture, load, model_option, out_argument, places_options
from panogen.cli.talk import answer, tell
from panogen.places import Average, Place
from panogen.places.place import PARTS


@click.group()
def latents() -> None:
    """Latents in files, which stand in place of seeds."""


@latents.command("list")
@click.argument("files", nargs=-1, required=True, type=INPUT)
def list_latents(files: tuple[Path, ...]) -> None:
    """Say what FILES, latents or pictures of panogen's, hold: the model, the number of anchors, their layouts, and the
    place. A file that holds none is named, and the others are listed all the same."""
    failed = 0
    for path in files:
        try:
            columns = columns_of_picture(path) if is_picture(path) else columns_of_latent(path)
        except (UsageError, JobError) as error:
            tell(str(error))
            failed += 1
        else:
            answer("\t".join(map(printable, (str(path), *columns))))
    if failed:
        raise JobError(f"{failed} of {len(files)} files cannot be listed")


def columns_of_latent(path: Path) -> tuple[str, str, str, str]:
    """Return what is said of a latent's file. Raises JobError."""
    from panogen.places.files import read_latent

    stored = read_latent(path)
    count = len(stored.field.anchors)
    return (
        f"{stored.model_name} {stored.model[:12]}",
        "1 anchor" if count == 1 else f"{count} anchors",
        f"layout {', '.join(map(str, stored.field.layout_seeds))}",
        in_words(stored.made_of) or "-",
    )


def columns_of_picture(path: Path) -> tuple[str, str, str, str]:
    """Return what is said of a picture, whose anchors and layouts are its model's business. Raises UsageError."""
    from panogen.request import Request

    request = Request.read(path)
    return f"{request.model} {request.fingerprint[:12]}", "picture", "-", in_words(to_json(request.place))


def in_words(made_of: Any) -> str:
    """Return JSON of a place, as for people: ``edit (seed 4, direction 1, strength 3)``."""
    if isinstance(made_of, dict):
        kind = str(made_of.get("kind", ""))
        head = f"{kind} {made_of[kind]}" if kind in made_of else kind
        rest = ", ".join(
            in_words(value) if name in PARTS else f"{name} {in_words(value)}"
            for name, value in made_of.items()
            if name not in ("kind", kind, "sha256") and value is not None
        )
        return f"{head} ({rest})" if head and rest else head or rest
    if isinstance(made_of, list) and made_of and isinstance(made_of[0], dict):
        return ", ".join(map(in_words, made_of))
    if isinstance(made_of, list) and made_of and isinstance(made_of[0], list):
        return f"of {len(made_of)} x {len(made_of[0])} numbers"
    if isinstance(made_of, list):
        return f"[{', '.join(map(in_words, made_of))}]"
    return f"{made_of:g}" if isinstance(made_of, float) else str(made_of)


@latents.command()
@out_argument
@places_options
@model_option
def average(out: Path, places: tuple[Place, ...], model: str) -> None:
    """Write the mean of seeds and latents, or the latent of a single one, to OUT (.safetensors)."""
    if not places:
        raise UsageError("an average needs at least one --seed or --latent, got none")
    load(model).save_latent(places[0] if len(places) == 1 else Average(places), out)
