"""panogen evaluate: how good a model is, or a folder of panoramas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from panogen.base.errors import UsageError
from panogen.base.runtime import keep_large_buffers
from panogen.cli import options
from panogen.cli.sources import reading_options
from panogen.cli.talk import answer_requests, tell
from panogen.data import open_source
from panogen.evaluation.config import EvaluationConfig, parse_names
from panogen.evaluation.measures import MEASURES, metrics_of_models, metrics_of_pictures

if TYPE_CHECKING:
    from panogen.evaluation.job import Evaluation
    from panogen.evaluation.pictures import PictureEvaluation

CONFIG = EvaluationConfig()
OF_MODELS = (
    *("model", "kind", "photo_fov_deg", "recursive", "level"),
    *("crops", "panoramas", "resolution", "inception", "seed", "truncation"),
)
EPILOG = "\b\nMetrics, * with --pictures, too:\n" + "\n".join(
    f"{'*' if measure.of_picture else ' '} {name:14} {measure.words}"
    f"{' (needs --inception)' if measure.needs_inception else ''}"
    for name, measure in MEASURES.items()
)
MOST_SHOWN = 5  # pictures with a fault


@click.command(epilog=EPILOG)
@click.option("--out", type=options.PATH, required=True, help="A new folder for the report.")
@options.model_option
@click.option(
    "--data", help="Real pictures: a folder, or procedural:landscapes.  [default: that; with --pictures none]"
)
@click.option("--pictures", type=options.INPUT, help="Judge the panoramas in a folder instead of a model.")
@reading_options
@click.option("--metrics", help="Some of those below, as in swd,seam.  [default: all that need nothing missing]")
@click.option("--crops", default=CONFIG.crops, show_default=True, help="As many generated as real.")
@click.option("--panoramas", default=CONFIG.panoramas, show_default=True, help="To be looked at one by one.")
@click.option("--resolution", default=CONFIG.resolution, show_default=True, help="Pixels of a crop; a power of two.")
@click.option("--inception", type=options.INPUT, help="The network of FID, a file of your own.")
@click.option("--seed", default=CONFIG.seed, show_default=True, help="The first of the places, and of all draws.")
@click.option("--truncation", default=CONFIG.truncation, show_default=True, help="Of the places.")
@options.resume_option
@options.device_option
@options.quiet_option
@options.dry_run_option
@click.pass_context
def evaluate(
    ctx: click.Context, /, out: Path, pictures: Path | None, resume: bool, quiet: bool, dry_run: bool, **asked: Any
) -> None:
    """Measure a model against real pictures, and leave figures.json and index.html in a folder.

    Every figure comes with a 95 % interval, and with the same figure of real pictures. The defaults take some 2 to 6
    minutes on two cores, and 6 to 13 in all with --inception.
    """
    request = of_pictures(ctx, pictures, asked) if pictures is not None else of_model(asked)
    if dry_run:
        answer_requests({out: request.request})
        return
    keep_large_buffers()
    with options.progress_bar(quiet) as bar:
        shown = ""

        def report(what: str, more: int, total: int) -> None:
            nonlocal shown
            if what != shown:
                shown, bar.total, bar.n, bar.last_print_n = what, total, 0, 0
                bar.set_description(what, refresh=False)
            bar.update(more)

        result = request.into(out, resume=resume, report=report)
    if not quiet:
        for path, reason in result.skipped.items():
            tell(f"skipped {path}: {reason}")
        if result.note is not None:
            tell(result.note)
        faulty = sorted((one for one in result.pictures if one["flags"]), key=lambda one: -len(one["flags"]))
        for one in faulty[:MOST_SHOWN]:
            tell(f"{one['name']}: {', '.join(one['flags'])}")
        if len(faulty) > MOST_SHOWN:
            tell(f"{len(faulty)} pictures have faults in all; the report says which")
        measured = {figure.name.partition(".")[0] for figure in result.figures}
        for name in result.request["metrics"]:
            if MEASURES[name].legends and name not in measured:
                tell(f"{name}: no figure, the shape of the pictures does not suit it")
        tell(f"{out}: {len(result.figures)} figures; look at {out / 'index.html'}")


def of_model(asked: dict[str, Any]) -> Evaluation:
    """Return the evaluation of a model that is asked for. Raises UsageError."""
    from panogen.evaluation.job import Evaluation
    from panogen.metrics.inception import Inception

    inception = asked["inception"]
    if asked["metrics"] is None:
        metrics = metrics_of_models(inception=inception is not None)
    else:
        metrics = parse_names(asked["metrics"], tuple(MEASURES))
    names = ("crops", "panoramas", "resolution", "seed", "truncation")
    config = EvaluationConfig(metrics, **{name: asked[name] for name in names})
    config.require_inception(inception is not None)
    panogen = options.load(asked["model"], asked["device"])
    source = open_source(
        asked["data"] or "procedural:landscapes",
        asked["reading"],
        remember=False,
    )
    network = Inception.load(inception, asked["device"]) if inception is not None else None
    return Evaluation.of(panogen, source, config, network)


def of_pictures(ctx: click.Context, folder: Path, asked: dict[str, Any]) -> PictureEvaluation:
    """Return the evaluation of a folder's panoramas that is asked for. Raises UsageError."""
    from panogen.evaluation.pictures import PictureEvaluation, PictureFolder

    for option in ctx.command.params:
        if option.name in OF_MODELS and options.given(ctx, option.name):
            said = f"{option.opts[0]} {ctx.params[option.name]}"
            raise UsageError(f"{said} is for a model, got --pictures {folder}; leave one of them out")
    known = metrics_of_pictures()
    metrics = known if asked["metrics"] is None else parse_names(asked["metrics"], known)
    real = None if asked["data"] is None else PictureFolder.read(Path(asked["data"]), "data")
    return PictureEvaluation(PictureFolder.read(folder), real, metrics)
