"""panogen train: a model from crops of panoramas."""

import dataclasses
import json
import os
from pathlib import Path
from typing import Any

import click

from panogen.cli.options import device_option, dry_run_option, progress_bar, quiet_option
from panogen.data import open_source
from panogen.errors import UsageError
from panogen.networks import GENERATORS, GeneratorConfig
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
        if not (colon and resolution.strip().isdecimal() and images.strip().isdecimal()):
            raise UsageError(f"stages must be RESOLUTION:IMAGES,... like 32:60000,64:100000, got {text!r}")
        stages.append(Stage(int(resolution), int(images)))
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
@click.option("--microbatch", default=RECIPE.microbatch, show_default=True, help="Crops that go through together.")
@click.option("--learning-rate", default=RECIPE.learning_rate, show_default=True)
@click.option("--r1-gamma", default=RECIPE.r1_gamma, show_default=True, help="Weight of the R1 penalty.")
@click.option("--head", type=click.Choice(list(GENERATORS)), default=SHAPE.head, show_default=True)
@click.option("--width", default=SHAPE.width, show_default=True, help="Channels of the generator.")
@click.option("--depth", default=SHAPE.depth, show_default=True, help="Styled layers of the generator; odd.")
@click.option(
    "--told-azimuth/--not-told-azimuth", default=True, show_default=True, help="Tell the discriminator the azimuth."
)
@click.option("--seed", default=RECIPE.seed, show_default=True)
@click.option("--minutes", type=float, help="Stop after this long; --resume goes on.")
@click.option("--checkpoint-images", default=8_000, show_default=True, help="Images between checkpoints.")
@click.option("--threads", type=int, help="CPU threads.  [default: all cores]")
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
    if options["resume"]:
        refuse_recipe(ctx)
        opened = Run.open(run)
    else:
        try:
            config = RunConfig(options["data"], recipe(options))
        except ValueError as error:
            raise UsageError(str(error)) from None
    if options["dry_run"]:
        click.echo(json.dumps(dataclasses.asdict(opened.config if options["resume"] else config), indent=2))
        return
    if not options["resume"]:
        open_source(config.data)
        opened = Run.create(run, config)
    threads = options["threads"] or os.cpu_count() or 1
    total = opened.config.train.total_images
    with progress_bar(options["quiet"], total=total, unit=" images", smoothing=0.05) as bar:

        def report(step: Any, line: dict[str, float]) -> None:
            bar.update(step.n_images - bar.n)
            if line:
                bar.set_postfix(pixels=step.resolution, d=f"{line['d_loss']:.2f}", g=f"{line['g_loss']:.2f}")

        state = run_training(
            opened,
            minutes=options["minutes"],
            checkpoint_images=options["checkpoint_images"],
            workers=threads,
            device=options["device"],
            report=report,
        )
    if not options["quiet"]:
        click.echo(
            f"{run}: {state.n_images} of {total} images seen; show it with panogen render --model {run}", err=True
        )


def recipe(options: dict[str, Any]) -> TrainConfig:
    """The recipe that the options ask for. Raises ValueError."""
    return TrainConfig(
        stages=parse_stages(options["stages"]),
        batch=options["batch"],
        microbatch=options["microbatch"],
        learning_rate=options["learning_rate"],
        r1_gamma=options["r1_gamma"],
        seed=options["seed"],
        generator=dataclasses.replace(SHAPE, head=options["head"], width=options["width"], depth=options["depth"]),
        discriminator=dataclasses.replace(RECIPE.discriminator, told_azimuth=options["told_azimuth"]),
    )


def refuse_recipe(ctx: click.Context) -> None:
    """Raise UsageError where --resume comes with an option that is part of the run's recipe."""
    free = {"run", "minutes", "checkpoint_images", "threads", "resume", "device", "quiet", "dry_run"}
    for name in ctx.params:
        given = ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        if given and name not in free:
            flag = "--" + name.replace("_", "-")
            raise UsageError(
                f"{flag} {ctx.params[name]} cannot change a run that is resumed; leave it out, or begin a new run"
            )
