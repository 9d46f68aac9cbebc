"""panogen render: pictures of places."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from panogen.base.errors import UsageError
from panogen.base.names import MOST_FRAMES
from panogen.cli import options
from panogen.cli.pictures import Shown, face_views, write_foveated, write_pictures
from panogen.cli.target import DEFAULT_KIND, for_stdout, out_options
from panogen.grids import FACE_NAMES
from panogen.grids.view import View
from panogen.latents.seeds import parse_seeds
from panogen.places import Mix, Place, Seed
from panogen.request import Request


@click.command()
@out_options(required=False)
@options.place_options
@options.from_option("A picture to make again, or with changes.")
@click.option("--mix-seed", type=int, help="Another place, whose latent the finer layers take (style mixing).")
@click.option("--mix-from", "first_layer", type=int, help="The first layer that takes it.  [default: the middle one]")
@click.option("--seeds", help="Several places, as in 0,1,4-6; with --outdir.")
@click.option("--yaw-sweep", type=int, help="So many frames of a turn to the right; with --outdir.")
@click.option("--outdir", type=options.FOLDER, help="Folder for seed0004.png ..., or turn000000.png ... of a turn.")
@click.option(
    "--faces",
    type=click.Choice(list(FACE_NAMES)),
    help="Six pictures in place of one, the faces of a cube: OUT_front.png ..., _pz ... or _f ...",
)
@options.model_option
@options.gathered("look", dict, *options.VIEW_OPTIONS)
@options.picture_options
@click.pass_context
def render(
    context: click.Context,
    /,
    out: Path | None,
    place: Place,
    source: Path | None,
    mix_seed: int | None,
    first_layer: int | None,
    seeds: str | None,
    yaw_sweep: int | None,
    outdir: Path | None,
    faces: str | None,
    model: str,
    device: str,
    look: dict[str, Any],
    **how: Any,
) -> None:
    """Render the place of a seed into OUT, or several places, or the frames of a turn, into a folder."""
    if first_layer is not None and mix_seed is None:
        raise UsageError(f"--mix-from {first_layer} says where --mix-seed begins, which is missing")
    check_outputs(out, outdir, seeds, yaw_sweep, faces)
    named = options.given(context, "seed") or options.given(context, "latent")
    if seeds is not None and named:
        raise UsageError(f"--seeds {seeds} says which places to render; leave --seed and --latent out")
    view = View(**look)
    if source is None:
        panogen = options.load(model, device)
    else:
        request = Request.read(source)
        panogen = options.load_again(context, request)
        place = place if named else request.place.laid_out(context.params["layout"])
        view = options.changed_view(context, request.view, look)
        if request.foveation is not None:
            if out is None or faces is not None or mix_seed is not None:
                raise UsageError(f"{str(source)!r} is foveated, and made again as one picture; name OUT alone")
            again = panogen.request(place, view, request.foveation)
            write_foveated(panogen, out, again, quiet=how["quiet"], dry_run=how["dry_run"])
            return
    pictures = several_pictures(context, place, view) if out is None else {out: (place, view)}
    if mix_seed is not None:
        pictures = {path: (Mix(one, Seed(mix_seed), first_layer), seen) for path, (one, seen) in pictures.items()}
    if faces is not None:
        pictures = {
            face: (one, turned)
            for path, (one, seen) in pictures.items()
            for face, turned in face_views(path, seen, faces).items()
        }
    write_pictures(panogen, pictures, outdir, **how)


def check_outputs(
    out: Path | None, outdir: Path | None, seeds: str | None, yaw_sweep: int | None, faces: str | None
) -> None:
    """Raise UsageError unless it is clear what goes where."""
    several = seeds is not None or yaw_sweep is not None
    if not several and (out is None or outdir is not None):
        raise UsageError(
            "one picture goes to OUT, as in: panogen render --seed 4 out.png; several: --seeds and --outdir"
        )
    if seeds is not None and yaw_sweep is not None:
        raise UsageError("a turn shows one place, got --seeds and --yaw-sweep; render one turn after the other")
    if several and (out is not None or outdir is None):
        option = "--seeds 0,1,4-6" if seeds is not None else "--yaw-sweep 24"
        raise UsageError(
            f"{option.split()[0]} goes with --outdir alone, as in: panogen render {option} --outdir pictures"
        )
    if faces is not None and out is not None and for_stdout(out):
        raise UsageError(
            "--faces makes six files, got -, which is stdout; name a file, and the six are called after it"
        )


def several_pictures(context: click.Context, place: Place, view: View) -> dict[Path, Shown]:
    """Return the places of --seeds, or the frames of a turn to the right, by their files in a folder. Raises
    UsageError."""
    asked = context.params
    folder, suffix, count = asked["outdir"], asked["kind"] or DEFAULT_KIND, asked["yaw_sweep"]
    if count is None:
        return {
            folder / f"seed{number:04d}.{suffix}": (Seed(number).laid_out(asked["layout"]), view)
            for number in parse_seeds(asked["seeds"])
        }
    if not 1 <= count <= MOST_FRAMES:
        raise UsageError(f"--yaw-sweep must be in [1, {MOST_FRAMES}] frames, got {count}")
    return {
        folder / f"turn{frame:06d}.{suffix}": (place, replace(view, yaw_deg=view.yaw_deg + 360 * frame / count))
        for frame in range(count)
    }
