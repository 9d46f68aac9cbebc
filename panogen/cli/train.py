"""panogen train: a model from views of panoramas or photos."""

from __future__ import annotations

import math
import shlex
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panogen.base.arguments import at_home
from panogen.base.errors import JobError, UsageError
from panogen.base.records import to_json
from panogen.cli.options import PATH, given, progress_bar, resume_option, work_options
from panogen.cli.recipe import DEFAULT_PRESET, changes_of, differing_recipe, given_recipe, in_flags, recipe_options
from panogen.cli.sources import reading_options, speak_of_skipped
from panogen.cli.talk import answer_requests, command_line, tell
from panogen.data import PREFIX, Source, open_source
from panogen.data.crops import CACHE_MB
from panogen.training.presets import PRESETS

if TYPE_CHECKING:
    from panogen.run import Run, RunConfig, Session
    from panogen.training import Ranks, TrainConfig

EPILOG = "\b\nPresets:\n" + "\n".join(f"  {name:10} {preset.summary}" for name, preset in PRESETS.items())


@click.command(epilog=EPILOG)
@click.argument("run", type=PATH)
@click.option("--data", default="procedural:landscapes", show_default=True, help="A folder, or procedural:landscapes.")
@reading_options
@click.option(
    "--preset", type=click.Choice(list(PRESETS)), default=DEFAULT_PRESET, show_default=True, help="See below."
)
@click.option("--begin-with", "start", metavar="MODEL", help="A shipped model, or the folder of one or of a run.")
@click.option("--mean-with", metavar="MODEL", help="Begin with the mean of --begin-with's network and another's.")
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
    from panogen.run.recipe import begins_anew
    from panogen.training.ranks import process_group

    check_session(options)
    found = Run.find(run) if options["resume"] else None
    config, source = new_run(options) if found is None else resumed_run(ctx, options, found)
    source = config.suited(source)
    if options["dry_run"]:
        answer_requests({run: to_json(config)})
        return
    with process_group(options["device"]) as (ranks, device):
        require_parts(config.train, ranks)
        begun = begin(run, config, source, ranks, device, resume=options["resume"])
        quiet = options["quiet"] or not ranks.first
        if found is None and not quiet and (anew := begins_anew(config)) is not None:
            tell(f"{options['start']}: {anew}")
        session = Session(
            minutes=options["minutes"],
            checkpoint_images=options["checkpoint_images"],
            cache_mb=options["cache_mb"],
            workers=options["threads"],
            device=device,
            report_page=options["report"],
            tensorboard=options["tensorboard"],
        )
        show_progress(begun, source, session, ranks, quiet=quiet)


def check_session(options: dict[str, Any]) -> None:
    """Raise UsageError for a session that makes no sense."""
    minutes = options["minutes"]
    if minutes is not None and not math.isfinite(minutes):
        raise UsageError(f"--minutes must be a finite number, got {minutes}; leave it out to train to the end")
    for name, least in {"minutes": 0, "threads": 1, "checkpoint_images": 1, "cache_mb": 0}.items():
        if options[name] is not None and options[name] < least:
            raise UsageError(f"--{name.replace('_', '-')} must be at least {least}, got {options[name]}")


def new_run(options: dict[str, Any]) -> tuple[RunConfig, Source]:
    """Return the run that the options ask for, and its pictures. Raises UsageError, JobError."""
    from panogen.run import run_config

    reading, asked = options["reading"], given_recipe(options)
    source = open_source(options["data"], reading, remember=not options["dry_run"])
    base, begun = PRESETS[options["preset"]].config, {name: options[name] for name in ("start", "mean_with")}
    try:
        return run_config(options["data"], source, base, changes_of(asked), reading=reading, **begun), source
    except UsageError as error:
        raise UsageError(in_flags(str(error), asked)) from None


def resumed_run(ctx: click.Context, options: dict[str, Any], found: Run) -> tuple[RunConfig, Source]:
    """Return the run that is gone on with, and its pictures, wherever they are now.

    Raises UsageError where an option that is given asks for another run, JobError where the pictures are gone.
    """
    from panogen.run.folder import found_again

    config, folder = found.config, found.folder
    if differences := differing(ctx, options, config):
        raise UsageError(
            f"{str(folder)!r} has another recipe: {', '.join(differences)}; --resume goes on with its own, and a new "
            f"run --begin-with {shlex.quote(str(folder))} goes on from its network with another one"
        )
    if given(ctx, "data"):
        config = replace(config, data=found_again(options["data"]))
    elif not config.data.startswith(PREFIX) and not Path(config.data).is_dir():
        raise JobError(f"{config.data}: the pictures of {folder} are gone; say where they are now with --data FOLDER")
    return config, open_source(config.data, config.reading, remember=not options["dry_run"])


def differing(ctx: click.Context, options: dict[str, Any], before: RunConfig) -> list[str]:
    """Return in words which options that are given differ from a run's."""
    preset = options["preset"] if given(ctx, "preset") else None
    found = differing_recipe(given_recipe(options), preset, before.train)
    reading = options["reading"]
    for name in ("start", "mean_with"):
        was, now = getattr(before, name), options[name]
        if now is not None and was not in (now, str(Path(at_home(now)).resolve())):
            found.append(f"{flag(ctx, name)} was {was or 'not given'}, not {now}")
    for name, was in asdict(before.reading).items():
        if given(ctx, name) and was != (now := getattr(reading, name)):
            found.append(f"{flag(ctx, name)} was {'not given' if was is None else was}, not {now}")
    return found


def flag(ctx: click.Context, name: str) -> str:
    """Return the option that click calls by a name."""
    return next(parameter.opts[0] for parameter in ctx.command.params if parameter.name == name)


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
    train, steps = run.config.train, 0
    total = train.total_images if session.minutes is None else None  # or the time left would be that of all of it
    with progress_bar(quiet, total=total, unit=" images", smoothing=0.05) as bar:

        def report(step: Any, line: dict[str, float]) -> None:
            nonlocal steps
            steps += 1
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
        if not steps:
            onwards = command_line("train", "NEW", "--begin-with", run.folder)
            tell(f"{run.folder}: it was finished before; {onwards} goes on from its network in a new run")
