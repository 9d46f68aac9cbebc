"""A run at a glance: one page with its recipe, curves, pictures and data."""

from html import escape
from pathlib import Path
from typing import Any

from panogen.base.files import write_text
from panogen.base.records import to_json
from panogen.pages.curves import line_chart, share_chart
from panogen.pages.document import document
from panogen.pages.tables import details, table
from panogen.pictures.inline import data_uri
from panogen.run.folder import Run
from panogen.run.log import Log
from panogen.run.snapshots import SAMPLES, WALK, Snapshots

MOST_SNAPSHOTS = 12  # of a kind
PICTURE_BYTES = 4_500_000  # of all pictures together
LAST_COUNTS = 4  # the newest picture of a kind may take the room of so many older ones

# A figure shows every measurement that is named so or ends so; what no figure asks for gets one of its own.
CHARTS = (
    ("Losses", ("_loss",), ""),
    ("Scores", ("_score",), "What the discriminator says of real and of generated views."),
    (
        "R1 penalty",
        ("r1",),
        "Squared slope of the discriminator at real views; with r3gan, at generated ones too.",
    ),
    ("Sign of real scores", ("_sign",), "Mean over real views; towards 1 the discriminator learns them by heart."),
    ("Augmentation", ("augmentation",), "Probability that a view is augmented."),
    ("Speed", ("images_per_second",), "Images a second."),
    ("Waiting for data", ("data_wait",), "Share of a step's time."),
    ("Learning rate", ("learning_rate",), ""),
)
NOT_DRAWN = ("resolution", "total_seconds")


def write_report(run: Run) -> None:
    """Write a run's page into its folder, as the run stands. Raises OSError, and JobError where data.json is broken."""
    write_text(run.report, report(run))


def report(run: Run) -> str:
    """Return a run's page, as well-formed XML."""
    log, name = Log.read(run.metrics), run.folder.resolve().name
    body = [
        f"<h1>{escape(name)}</h1>",
        f"<p>{summary(log, run.config.train.total_images)}</p>",
        details("The recipe", table(to_json(run.config))),
        *curves(log),
        *pictures(run.snapshots, log),
        *data(run.data_at_start()),
    ]
    return document(f"{name} - panogen", body)


def summary(log: Log, total_images: int) -> str:
    """Say in a sentence how far the run has come."""
    if not log.lines:
        return "Nothing is logged yet."
    last = log.lines[-1]
    return (
        f"{last['n_images']:,.0f} images seen of {total_images:,}, {standing(last)} of training, "
        f"now {last['images_per_second']:.3g} images a second."
    )


def standing(line: dict[str, float]) -> str:
    """Return the band and the time of training at a line of the log."""
    return f"a band of {line['resolution']:.0f} rows, {duration(line['total_seconds'])}"


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
        note = "Share of every phase; data is the wait for views. The figures are means over the run."
        figures.append(share_chart("Where the time goes", n_images, shares, stages, note))
    if not figures:
        return []
    drawn = "\n".join(figures)
    return ["<h2>Curves</h2>", "<p>Over images seen.</p>", f'<div class="grid-of">\n{drawn}\n</div>']


def pictures(snapshots: Snapshots, log: Log) -> list[str]:
    """Samples and interpolations, the newest large and first, then from the first on."""
    kinds = (("Samples", SAMPLES, "The same seeds every time."), ("Interpolations", WALK, "From seed to seed."))
    chosen = {kind: snapshots.chosen(kind, MOST_SNAPSHOTS) for _, kind, _ in kinds}
    shares = sum(len(found) + LAST_COUNTS - 1 for found in chosen.values() if found)
    parts = []
    for title, kind, note in kinds:
        if chosen[kind]:
            *older, newest = chosen[kind]
            large = figure(*newest, log, LAST_COUNTS * PICTURE_BYTES // shares)
            small = "\n".join(figure(*snapshot, log, PICTURE_BYTES // shares) for snapshot in older)
            parts += [f"<h2>{title}</h2>", f"<p>{note}</p>", large]
            if older:
                parts.append(f'<h3>Over time</h3><div class="grid-of">\n{small}\n</div>')
    return parts


def figure(n_images: int, path: Path, log: Log, most_bytes: int) -> str:
    """Return a picture, and when it was made."""
    past = [line for line in log.lines if line["n_images"] <= n_images]
    when = f"{n_images:,} images" + (f", {standing(past[-1])}" if past else "")
    shown = data_uri(path, most_bytes)
    if shown is None:
        return f"<figure><figcaption>{when}: {path.name} cannot be read</figcaption></figure>"
    address, (width, height) = shown
    picture = f'<img src="{address}" alt="After {when}" width="{width}" height="{height}"/>'
    return f"<figure>{picture}<figcaption>{when}</figcaption></figure>"


def data(statistics: dict[str, Any]) -> list[str]:
    """Tell what the data were, with the pictures that were skipped folded."""
    skipped = statistics.pop("skipped", {})
    parts = ["<h2>Data</h2>", table(statistics)]
    if skipped:
        parts.append(details(f"{len(skipped):,} skipped, each with its reason", table(skipped)))
    return parts
