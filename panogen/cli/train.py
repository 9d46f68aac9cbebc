"""panogen train: a model from crops of panoramas."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import click

from panogen.cli.options import device_option, dry_run_option, progress_bar, quiet_option
from panogen.data import open_source
from panogen.errors import UsageError
from panogen.geometry import Cylinder
from panogen.networks import GENERATORS, GeneratorConfig
from panogen.rendering import default_workers
from panogen.run import Run, RunConfig
from panogen.run import train as run_training
from panogen.training import Stage, TrainConfig

RECIPE = TrainConfig()
SHAPE = GeneratorConfig()


def parse_stages(text: str) -> tuple[Stage, ...]:
    """``32:60000,64:100000`` -> stages. Raises UsageError."""
    stages = []
    for part in text.split(","):
        resolution, colon, images = part.partition(":")
        numbers = [text for text in (resolution.strip(), images.strip()) if text.isdecimal() and len(text) < 16]
        if not colon or len(numbers) < 2:
            raise UsageError(f"stages must be RESOLUTION:IMAGES,... like 32:60000,64:100000, got {text!r}")
        stages.append(Stage(*map(int, numbers)))
    return tuple(stages)


DEFAULT_STAGES = ",".join(f"{stage.resolution}:{stage.images}" for stage in RECIPE.stages)


@click.command()
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--data",
    default="procedural:landscapes",
    show_default=True,
    help="A folder of panoramas, or procedural:landscapes.",
)
@click.option("--stages", default=DEFAULT_STAGES, show_default=True, help="Crop resolutions and images at each.")
@click.option("--batch", default=RECIPE.batch, show_default=True, help="Crops a step.")
@click.option("--microbatch", type=int, help="Crops that go through together, on one thread.  [default: up to 8]")
@click.option("--learning-rate", default=RECIPE.learning_rate, show_default=True, help="Of both networks.")
@click.option("--r1-gamma", default=RECIPE.r1_gamma, show_default=True, help="Weight of the R1 penalty.")
@click.option("--head", type=click.Choice(list(GENERATORS)), default=SHAPE.head, show_default=True)
@click.option("--width", default=SHAPE.width, show_default=True, help="Channels of the generator.")
@click.option("--depth", default=SHAPE.depth, show_default=True, help="Styled layers of the generator; odd.")
@click.option("--style-size", default=SHAPE.w_dim, show_default=True, help="Of the latents z and w.")
@click.option("--mapping-layers", default=SHAPE.mapping_layers, show_default=True, help="From z to w.")
@click.option("--fourier-size", default=SHAPE.fourier_channels, show_default=True, help="Fourier features.")
@click.option(
    "--embedding-size", default=SHAPE.embedding_channels, show_default=True, help="Channels of the embedding."
)
@click.option("--vertical-fov", default=RECIPE.chart.vertical_fov_deg, show_default=True, help="Degrees of the band.")
@click.option("--told-azimuth/--not-told-azimuth", default=True, show_default=True, help="Tell the discriminator.")
@click.option("--mirror/--no-mirror", default=RECIPE.mirror, show_default=True, help="Mirror real crops at random.")
@click.option("--seed", default=RECIPE.seed, show_default=True, help="Of everything random.")
@click.option("--minutes", type=float, help="Stop after this long; --resume goes on.")
@click.option("--checkpoint-images", default=8_000, show_default=True, help="Images between checkpoints.")
@click.option("--threads", type=int, help="Parts of a batch in flight.  [default: all cores]")
@click.option("--resume", is_flag=True, help="Go on with the run in RUN, with its own recipe.")
@device_option
@quiet_option
@dry_run_option
@click.pass_context
def train(ctx: click.Context, run: Path, **options: Any) -> None:
    """Train a model into the folder RUN; `panogen render --model RUN` shows it at any time."""
    for name, least in (("minutes", 0), ("threads", 1), ("checkpoint_images", 1)):
        if options[name] is not None and not options[name] >= least:
            raise UsageError(f"{name} must be at least {least}, got {options[name]}")
    resumed = None
    if options["resume"]:
        refuse_recipe(ctx)
        resumed = Run.open(run)
    config = resumed.config if resumed else run_config(options)
    source = open_source(config.data)
    if options["dry_run"]:
        click.echo(json.dumps(dataclasses.asdict(config), indent=2))
        return
    if not options["quiet"]:
        for path, reason in getattr(source, "skipped", {}).items():
            click.echo(f"skipped {path.name}: {reason}", err=True)
    total = config.train.total_images
    with progress_bar(options["quiet"], total=total, unit=" images", smoothing=0.05) as bar:

        def report(step: Any, line: dict[str, float]) -> None:
            if bar.n == 0:  # what a resumed run had seen before does not count for its speed
                bar.initial = bar.n = bar.last_print_n = step.n_images - config.train.batch
            bar.update(step.n_images - bar.n)
            if line:
                bar.set_postfix(pixels=step.resolution, d=f"{line['d_loss']:.2f}", g=f"{line['g_loss']:.2f}")

        state = run_training(
            resumed or Run.create(run, config),
            source,
            minutes=options["minutes"],
            checkpoint_images=options["checkpoint_images"],
            workers=options["threads"] or default_workers(),
            device=options["device"],
            report=report,
        )
    if not options["quiet"]:
        click.echo(
            f"{run}: {state.n_images} of {total} images seen; show it with panogen render --model {run}", err=True
        )


def run_config(options: dict[str, Any]) -> RunConfig:
    """The run that the options ask for. Raises UsageError."""
    data = options["data"]
    try:
        train = TrainConfig(
            stages=parse_stages(options["stages"]),
            batch=options["batch"],
            microbatch=min(RECIPE.microbatch, options["batch"])
            if options["microbatch"] is None
            else options["microbatch"],
            learning_rate=options["learning_rate"],
            r1_gamma=options["r1_gamma"],
            mirror=options["mirror"],
            seed=options["seed"],
            chart=Cylinder(options["vertical_fov"]),
            generator=GeneratorConfig(
                head=options["head"],
                width=options["width"],
                depth=options["depth"],
                z_dim=options["style_size"],
                w_dim=options["style_size"],
                mapping_layers=options["mapping_layers"],
                fourier_channels=options["fourier_size"],
                embedding_channels=options["embedding_size"],
            ),
            discriminator=dataclasses.replace(RECIPE.discriminator, told_azimuth=options["told_azimuth"]),
        )
    except ValueError as error:
        raise UsageError(str(error)) from None
    # A folder is found again when the run is resumed from elsewhere.
    return RunConfig(str(Path(data).resolve()) if Path(data).is_dir() else data, train)


def refuse_recipe(ctx: click.Context) -> None:
    """Raise UsageError where --resume comes with an option that is part of the run's recipe."""
    free = {"run", "minutes", "checkpoint_images", "threads", "resume", "device", "quiet", "dry_run"}
    for name, value in ctx.params.items():
        given = ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name not in free:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{flag} {value} cannot change a run that is resumed; leave it out, or begin a new run")
