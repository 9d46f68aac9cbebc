"""panogen keep: a model in a folder of its own."""

import math
from pathlib import Path

import click

from panogen.base.errors import UsageError, writing
from panogen.base.folder import check_new
from panogen.cli.options import PATH, quiet_option
from panogen.cli.talk import command_line, tell


@click.command()
@click.argument("model", metavar="MODEL")
@click.argument("folder", metavar="DIR", type=PATH)
@click.option(
    "--truncation",
    type=click.FloatRange(0, 1, min_open=True),
    default=1.0,
    show_default=True,
    help="Draw the latents of all seeds in towards their mean, for good: fewer odd places, less variety.",
)
@click.option(
    "--mean-with", metavar="MODEL", help="Take the mean of all weights with another that has gone on from the same."
)
@click.option("--share", type=float, help="Of --mean-with's model in the mean.  [default: 0.5]")
@quiet_option
def keep(model: str, folder: Path, truncation: float, mean_with: str | None, share: float | None, quiet: bool) -> None:
    """Write MODEL, the folder of a training run or of a model, or a shipped one, into DIR, a new folder that --model
    takes, without what only training needs.

    Then: panogen render --model DIR --seed 4 --width 4096 out.png
    """
    from panogen.weights.checkpoint import load_model, save_model
    from panogen.weights.shipped import model_folder

    if math.isnan(truncation):
        raise UsageError("truncation must be in (0, 1], got nan")
    if share is not None and mean_with is None:
        raise UsageError(f"--share is of no use without --mean-with, got {share:g}; add that, or leave it out")
    check_new(folder)
    kept = load_model(model_folder(model))
    if mean_with is not None:
        kept = kept.mean_with(load_model(model_folder(mean_with)), 0.5 if share is None else share)
    kept = kept.truncated(truncation)
    with writing(folder):
        save_model(kept, folder)
    if not quiet:
        shown = command_line("render", "--model", folder, "--seed", 4, "--width", 4096, "out.png")
        tell(f"{folder}: show it with {shown}")
