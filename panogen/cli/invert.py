"""panogen invert: a photo as a latent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from panogen.apps.inversion import STAGES, SearchConfig
from panogen.base.runtime import keep_large_buffers
from panogen.cli import options
from panogen.cli.talk import answer_requests, command_line, tell
from panogen.grids import Camera

if TYPE_CHECKING:
    from panogen.apps.inversion.search import Step

SEARCH = SearchConfig()


@click.command()
@click.argument("photo", type=options.INPUT)
@click.argument("folder", metavar="DIR", type=options.PATH)
@click.option(
    "--fov", "fov_deg", type=float, help="Degrees along the photo's longer side.  [default: as its EXIF says]"
)
@options.camera_options
@click.option("--mask", type=options.INPUT, help="A picture of the photo's shape: white is to be shown.")
@click.option(
    "--until",
    type=click.Choice(STAGES),
    default=SEARCH.until,
    show_default=True,
    help="The last stage; with --resume a later one, too.",
)
@click.option("--steps", default=SEARCH.steps, show_default=True, help="The most steps of each stage.")
@click.option("--seed", default=SEARCH.seed, show_default=True, help="Of what the search begins with.")
@options.layout_option
@options.resume_option
@options.model_option
@options.work_options
def invert(
    photo: Path,
    folder: Path,
    fov_deg: float | None,
    camera: Camera,
    mask: Path | None,
    until: str,
    steps: int,
    seed: int,
    layout: int | None,
    resume: bool,
    model: str,
    device: str,
    quiet: bool,
    dry_run: bool,
) -> None:
    """Find a latent with which the model shows PHOTO; DIR/latent.safetensors then takes the place of a seed."""
    from panogen.apps.inversion.job import Inversion
    from panogen.apps.inversion.target import lay_target

    config = SearchConfig(until, steps, seed, SEARCH.layout if layout is None else layout)
    panogen = options.load(model, device)
    inversion = Inversion(panogen, lay_target(panogen.model, photo, fov_deg, camera, mask), config)
    if dry_run:
        answer_requests({folder: inversion.request})
        return
    keep_large_buffers()
    with options.progress_bar(quiet, total=steps * len(config.stages), unit=" steps") as bar:

        def report(step: Step) -> None:
            bar.update(config.stages.index(step.stage) * steps + step.number - bar.n)
            bar.set_postfix({"stage": step.stage, "PSNR": f"{step.psnr_db:.1f} dB"}, refresh=False)

        result = inversion.into(folder, resume=resume, report=report)
    if not quiet:
        found = ", ".join(f"{stage} {record['psnr_db']:.1f} dB" for stage, record in result["stages"].items())
        shown = command_line("render", "--model", model, "--latent", folder / "latent.safetensors", "out.png")
        tell(f"{folder}: {found}; show it with {shown}")
