"""panogen train: a model from views of panoramas or photos."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panogen.base.errors import UsageError
from panogen.base.records import to_json
from panogen.base.runtime import default_workers
from panogen.cli.options import PATH, progress_bar, resume_option, work_options
from panogen.cli.recipe import DEFAULT_PRESET, SHAPE, given_recipe, recipe, recipe_options
from panogen.cli.sources import reading_options, speak_of_skipped
from panogen.cli.talk import answer, command_line, tell
from panogen.data import Source, open_source
from panogen.data.crops import CACHE_MB, ROUNDING
from panogen.geometry import Chart
from panogen.networks import OctavesConfig
from panogen.training.presets import PRESETS
from panogen.weights.shipped import model_folder

if TYPE_CHECKING:
    from panogen.run import Run, RunConfig, Session
    from panogen.training import Ranks, TrainConfig

NO_RAMPUP = 1e6
EPILOG = "\b\nPresets:\n" + "\n".join(f"  {name:10} {preset.summary}" for name, preset in PRESETS.items())


@click.command(epilog=EPILOG)
@click.argument("run", type=PATH)
@click.option("--data", default="procedural:landscapes", show_default=True, help="A folder, or procedural:landscapes.")
@reading_options
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True, help="See below."
)
@click.option("--begin-with", "start", metavar="MODEL", help="A shipped model, or the folder of one or of a run.")
@recipe_options
@resume_option
@click.option("--minutes", type=float, help="Stop after this long; --resume goes on.")
@click.option("--checkpoint-images", default=8_000, show_default=True, help="Images between checkpoints.")
@click.option("--cache-mb", default=CACHE_MB, show_default=True, help="Memory for decoded pictures.")
@click.option("--threads", type=int, help="Parts of a batch in flight.  [default: all cores; 1 on a GPU]")
@click.option("--report", is_flag=True, help="Keep RUN/report.html up to date: curves and pictures on one page.")
@click.option("--tensorboard", is_flag=True, help="Write RUN/tensorboard, too.")
@work_options
@click.pass_context
def train(ctx: click.Context, /, run: Path, **options: Any) -> None:
    """Train a model into the folder RUN; `panogen render --model RUN` shows it at any time. With --resume the recipe of
    the run there may be left out.

    On several GPUs: torchrun --nproc-per-node 8 -m panogen train RUN --device cuda ...
    """
    from panogen.run import Run, Session
    from panogen.training.ranks import process_group

    least = {"minutes": 0, "threads": 1, "checkpoint_images": 1, "cache_mb": 0}
    for name, value in least.items():
        if options[name] is not None and not value <= options[name] < math.inf:
            raise UsageError(f"{name} must be at least {value}, got {options[name]}")
    found = Run.find(run) if options["resume"] and not names_recipe(ctx) else None
    if found is not None:
        options |= {"data": found.config.data, "reading": found.config.reading}
    source = open_source(options["data"], options["reading"], remember=not options["dry_run"])
    config = run_config(options, source) if found is None else found.config
    source = source.fitted(config.train.chart.band, config.train.nadir_deg)
    if config.train.global_weight > 0 and any(source.extent_rad(index) < 2 * math.pi for index in range(len(source))):
        raise UsageError(f"--global-weight needs panoramas, got {source.description}; leave it out")
    if config.train.feature_weight > 0:
        from panogen.networks.discriminators.features import weights_path

        weights_path()  # is there, or nothing begins
    if options["dry_run"]:
        answer(json.dumps(to_json(config), indent=2))
        return
    with process_group(options["device"]) as (ranks, device):
        require_parts(config.train, ranks)
        begun = begin(run, config, source, ranks, device, resume=options["resume"])
        session = Session(
            minutes=options["minutes"],
            checkpoint_images=options["checkpoint_images"],
            cache_mb=options["cache_mb"],
            workers=options["threads"] or parts_in_flight(device, ranks),
            device=device,
            report_page=options["report"],
            tensorboard=options["tensorboard"],
        )
        show_progress(begun, source, session, ranks, quiet=options["quiet"] or not ranks.first)


def parts_in_flight(device: str, ranks: Ranks) -> int:
    """Return as many parts as there are cores. A GPU is filled by one, and two would take twice its memory."""
    return max(1, default_workers() // ranks.world) if device == "cpu" else 1


def require_parts(config: TrainConfig, ranks: Ranks) -> None:
    """Raise UsageError where a process would have no part of the batch."""
    parts = config.batch // config.microbatch
    if parts < ranks.world:
        raise UsageError(
            f"microbatch must leave each of {ranks.world} processes a part of the batch of {config.batch}, "
            f"got {config.microbatch}, which makes {parts}; start fewer, or begin a run with a smaller --microbatch"
        )


def begin(run: Path, config: RunConfig, source: Source, ranks: Ranks, device: str, *, resume: bool) -> Run:
    """Return a run, begun or gone on with by the first process and found by the others. Raises UsageError."""
    from panogen.run import Run

    begun = Run.begin(run, config, source, resume=resume) if ranks.first else None
    ranks.any(False, device)  # all have arrived
    return begun or Run.open(run)


def show_progress(run: Run, source: Source, session: Session, ranks: Ranks, *, quiet: bool) -> None:
    """Train, with a progress bar and a word at either end."""
    from panogen.run import train as run_training

    if not quiet:
        speak_of_skipped(source.skipped, tell)
    train = run.config.train
    total = train.total_images if session.minutes is None else None  # or the time left would be that of all of it
    with progress_bar(quiet, total=total, unit=" images", smoothing=0.05) as bar:

        def report(step: Any, line: dict[str, float]) -> None:
            if bar.n == 0:  # what a resumed run had seen before does not count for its speed
                bar.initial = bar.n = bar.last_print_n = step.n_images - train.batch
            bar.update(step.n_images - bar.n)
            if line:
                shown = {"pixels": step.resolution, "d": f"{line['d_loss']:.2f}", "g": f"{line['g_loss']:.2f}"}
                shown["data"] = f"{line['data_wait']:.0%}"
                bar.set_postfix(shown)

        def stopping() -> None:
            if not quiet:
                tell("stopping after this step, with a checkpoint; once more stops at once, without one")

        try:
            state = run_training(run, source, session, ranks, report, stopping)
        except KeyboardInterrupt:
            if not quiet:
                again = command_line("train", run.folder, "--resume")
                tell(f"{run.folder}: {again} goes on from its last checkpoint")
            raise
    if not quiet:
        shown = command_line("render", "--model", run.folder, "out.png")
        tell(f"{run.folder}: {state.n_images} of {train.total_images} images seen; show it with {shown}")


def run_config(options: dict[str, Any], source: Source) -> RunConfig:
    """Return the run that the options ask for. Raises UsageError."""
    from panogen.run import RunConfig
    from panogen.run.folder import discriminator_of
    from panogen.weights.checkpoint import load_model

    base = PRESETS[options["preset"]].config
    chart: Chart = source.chart
    given, start = given_recipe(options), options["start"]
    if start is not None:
        discriminator = discriminator_of(Path(start))
        for option, _ in given:
            if option.fields[0].startswith(SHAPE):
                raise UsageError(f"{option.flag} cannot change the model of --begin-with; leave it out")
            if discriminator is not None and option.fields[0].startswith("discriminator."):
                raise UsageError(f"{option.flag} cannot change the discriminator of --begin-with; leave it out")
        model = load_model(model_folder(start))
        # The average goes on from the model's, instead of forgetting it within the first steps.
        base = dataclasses.replace(
            base,
            generator=model.generator.config,
            discriminator=discriminator or base.discriminator,
            ema_rampup=NO_RAMPUP,
        )
        if not model.chart.closed:
            raise UsageError(
                f"--begin-with must name a model of panoramas, got {start!r}, which knows {model.chart.extent} ahead"
            )
        chart = model.chart
        start = str(Path(start).resolve()) if Path(start).is_dir() else start
    chosen = {field for option, _ in given for field in option.fields}
    if start is not None:
        chosen |= {"generator.octaves.count"}  # the model's
    config = within_detail(recipe(base, given, chart), chosen, source)
    if start is None and config.start_smoothing > 0:
        raise UsageError(
            f"--start-smoothing {config.start_smoothing:g} is for the model of --begin-with, which is missing"
        )
    data = options["data"]
    # A folder is found again when the run is resumed from elsewhere.
    data = str(Path(data).resolve()) if Path(data).is_dir() else data
    reading = options["reading"]
    return RunConfig(data, config, reading.kind, reading.photo_fov_deg, start, reading.recursive, reading.level)


def within_detail(config: TrainConfig, chosen: set[str], source: Source) -> TrainConfig:
    """Return the recipe of a model with noise, of views no finer than the pictures: of as many rows as the finest
    have, and with as many octaves as those need, unless these fields were ``chosen``. Raises UsageError where more is
    asked for.
    """
    if not config.generator.knows_layouts:
        return config
    band = config.chart.band
    pictures = source.fitted(band, config.nadir_deg)
    finest = min(pictures.native_rad(index, band) for index in range(len(pictures)))
    last = config.stages[-1]
    if finest > band.side / last.resolution * (1 + ROUNDING):
        native = int(band.side / finest * (1 + ROUNDING))
        if "stages" in chosen:
            raise UsageError(
                f"stages must be no finer than the pictures, whose band has {native} rows at the most, got "
                f"{last.resolution}; give finer pictures, or fewer rows"
            )
        rows = 2 ** (native.bit_length() - 1)
        patch = config.patch if "patch" in chosen else min(config.patch, rows)
        try:
            config = dataclasses.replace(config, stages=(dataclasses.replace(last, resolution=rows),), patch=patch)
        except ValueError as error:
            raise UsageError(f"the pictures' band has {native} rows at the most: {error}") from None
    if "generator.octaves.count" not in chosen:
        count = OctavesConfig.reaching(band.side / config.stages[-1].resolution)
        config = dataclasses.replace(config, generator=config.generator.with_encoding(OctavesConfig, count=count))
    return config


def names_recipe(ctx: click.Context) -> bool:
    """Return whether an option is given that is part of a run's recipe, not of a session alone."""
    session = {"minutes", "checkpoint_images", "cache_mb", "threads", "report", "tensorboard"}
    free = session | {"run", "resume", "device", "quiet", "dry_run"}
    recipe = {str(parameter.name) for parameter in ctx.command.params} - free
    return any(ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE for name in recipe)
