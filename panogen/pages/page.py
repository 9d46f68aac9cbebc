"""The page: what is in a run's folder, put together."""

import json
from html import escape
from pathlib import Path
from typing import Any

from panogen.base.errors import JobError
from panogen.base.files import write_text
from panogen.base.tensors import read_json
from panogen.pages.curves import line_chart, share_chart
from panogen.pages.document import document
from panogen.pages.log import Log
from panogen.pages.pictures import Snapshot, data_uri, find_snapshots
from panogen.pages.tables import folded, table

MOST_SNAPSHOTS = 12  # of a kind
PICTURE_BYTES = 4_500_000  # of all pictures together
LAST_COUNTS = 4  # the newest picture of a kind may take the room of so many older ones

# A figure shows every measurement that is named so or ends so; what no figure asks for gets one of its own.
CHARTS = (
    ("Losses", ("_loss",), ""),
    ("Scores", ("_score",), "What the discriminator says of real and of generated crops."),
    (
        "R1 penalty",
        ("r1",),
        "Squared slope of the discriminator at real crops; with r3gan, at generated ones too.",
    ),
    ("Sign of real scores", ("_sign",), "Mean over real crops; towards 1 the discriminator learns them by heart."),
    ("Augmentation", ("augmentation",), "Probability that a crop is augmented."),
    ("Speed", ("images_per_second",), "Images a second."),
    ("Waiting for data", ("data_wait",), "Share of a step's time."),
    ("Learning rate", ("learning_rate",), ""),
)
NOT_DRAWN = ("resolution", "total_seconds")


def write_report(run_folder: Path, out: Path | None = None) -> Path:
    """Write a run's page, by default as ``report.html`` into its folder, and return its path.

    The run may be going on. Raises JobError where the folder holds no run, or the page cannot be written.
    """
    out = run_folder / "report.html" if out is None else out
    page = render_page(run_folder)
    try:
        write_text(out, page)
    except OSError as error:
        raise JobError(f"{out}: cannot be written: {error.strerror or error}; name another file") from None
    return out


def render_page(run_folder: Path) -> str:
    """A run's page, as well-formed XML. Raises JobError where the folder holds no run."""
    if not (run_folder / "config.json").is_file():
        raise JobError(f"{run_folder}: no training run here, config.json is missing; name the folder of a run")
    config = read_json(run_folder / "config.json")
    log = Log.read(run_folder / "metrics.jsonl")
    name = escape(run_folder.resolve().name)
    body = [
        f"<h1>{name}</h1>",
        f"<p>{escape(summary(log, config))}</p>",
        folded("The recipe", config),
        *curves(log),
        *pictures(run_folder / "snapshots", log),
        *data_statistics(run_folder / "data.json"),
    ]
    return document(f"{run_folder.resolve().name} - panogen", body)


def summary(log: Log, config: dict[str, Any]) -> str:
    """How far the run has come, in a sentence."""
    if not log.lines:
        return "Nothing is logged yet."
    last = log.lines[-1]
    said = f"{last['n_images']:,.0f} images seen"
    recipe = config.get("train")
    stages = recipe.get("stages") if isinstance(recipe, dict) else None
    if isinstance(stages, list):
        counts = [stage.get("images") for stage in stages if isinstance(stage, dict)]
        said += f" of {sum(count for count in counts if isinstance(count, int)):,}"
    if "resolution" in last:
        said += f", crops of {last['resolution']:.0f} pixels"
    if "total_seconds" in last:
        said += f", {duration(last['total_seconds'])} of training"
    if "images_per_second" in last:
        said += f", now {last['images_per_second']:.3g} images a second"
    return said + "."


def duration(seconds: float) -> str:
    """47 s, 12 min, 3.4 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def curves(log: Log) -> list[str]:
    """Everything that is logged, over the images seen."""
    free = [name for name in log.names() if name not in NOT_DRAWN and not name.startswith("seconds_")]
    stages, figures = log.stages(), []
    for title, endings, note in CHARTS:
        names = [name for name in free if name.endswith(endings)]
        free = [name for name in free if name not in names]
        if names:
            figures.append(line_chart(title, {name: log.series(name) for name in names}, stages, note))
    figures += [line_chart(name, {name: log.series(name)}, stages) for name in free]
    n_images, shares = log.shares()
    if shares:
        note = "Share of every phase; data is the wait for crops. The figures are means over the run."
        figures.append(share_chart("Where the time goes", n_images, shares, stages, note))
    if not figures:
        return []
    drawn = "\n".join(figures)
    return ["<h2>Curves</h2>", "<p>Over images seen.</p>", f'<div class="grid-of">\n{drawn}\n</div>']


def pictures(folder: Path, log: Log) -> list[str]:
    """Samples and interpolations, the newest large and first, then from the first on."""
    kinds = (
        ("Samples", find_snapshots(folder, "", MOST_SNAPSHOTS), "The same seeds every time."),
        ("Interpolations", find_snapshots(folder, "-walk", MOST_SNAPSHOTS), "From seed to seed."),
    )
    shares = sum(len(found) + LAST_COUNTS - 1 for _, found, _ in kinds if found)
    parts = []
    for title, found, note in kinds:
        if found:
            *older, newest = found
            large = figure(newest, log, LAST_COUNTS * PICTURE_BYTES // shares)
            small = "\n".join(figure(snapshot, log, PICTURE_BYTES // shares) for snapshot in older)
            parts += [f"<h2>{title}</h2>", f"<p>{note}</p>", large]
            if older:
                parts.append(f'<h3>Over time</h3><div class="grid-of">\n{small}\n</div>')
    return parts


def figure(snapshot: Snapshot, log: Log, most_bytes: int) -> str:
    """A picture, and when it was made."""
    when = f"{snapshot.n_images:,} images"
    past = [line for line in log.lines if line["n_images"] <= snapshot.n_images]
    if past and "resolution" in past[-1]:
        when += f", crops of {past[-1]['resolution']:.0f} pixels"
    if past and "total_seconds" in past[-1]:
        when += f", {duration(past[-1]['total_seconds'])}"
    shown = data_uri(snapshot.path, most_bytes)
    if shown is None:
        return f"<figure><figcaption>{when}: {escape(snapshot.path.name)} cannot be read</figcaption></figure>"
    address, (width, height) = shown
    picture = f'<img src="{address}" alt="After {when}" width="{width}" height="{height}"/>'
    return f"<figure>{picture}<figcaption>{when}</figcaption></figure>"


def data_statistics(path: Path) -> list[str]:
    """What data.json says, where there is one; the pictures that were skipped are folded."""
    try:
        about = json.loads(path.read_text())
    except FileNotFoundError:
        return []
    except (OSError, ValueError, RecursionError) as error:
        return ["<h2>Data</h2>", f"<p>data.json cannot be read: {escape(str(error))}</p>"]
    if not isinstance(about, dict):
        return []
    skipped = about.pop("skipped", None)
    parts = ["<h2>Data</h2>", table(about)]
    if isinstance(skipped, dict) and skipped:
        parts.append(folded(f"{len(skipped):,} skipped, each with its reason", skipped))
    return parts
