"""docs/results.md and the headline of README.md, made from the figures in docs/results.

    python benchmarks/results.py
    python benchmarks/results.py --run start --run render
    python benchmarks/results.py --run all
    python benchmarks/results.py --evaluate landscapes procedural:landscapes --evaluate wilds FOLDER --inception FILE

The same figures give the same bytes. With --run and --evaluate they are measured first, all others stay as they are
recorded.
"""

import json
import math
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from record import NOTHING, Cell, Record, Table, shown

from panogen.base.files import write_text
from panogen.evaluation.measures import legend_of

ROOT = Path(__file__).resolve().parent.parent
FIGURES, PAGE, README = ROOT / "docs" / "results", ROOT / "docs" / "results.md", ROOT / "README.md"
MARKERS = "<!-- results -->", "<!-- /results -->"

EVALUATE, ALL = "evaluate", "all"
MODELS = ("landscapes", "glades", "commons", "wilds", "nature", "clearings")
BENCHMARKS = {
    "render": "render.py",
    "start": "start.py",
    "adaptive": "adaptive.py",
    "blend": "blend.py",
    "foveation": "foveation.py",
    "view-moves": "view.py moves",
    "view-flood": "view.py flood",
    "train": "train.py",
    "presets": "presets.py",
    "inversion": "inversion.py",
    "instead": "instead.py",
    "sphere": "sphere.py render",
}
HEADLINE = {
    "fid.768": "FID-768",
    "swd.mean": "SWD, thousandths",
    "spectrum.all": "spectrum, dB",
    "layout.fixed_share": "fixed layout (ideal 0)",
    "seam.ratio": "seam (ideal 1)",
}
INTRODUCTION = """# Results

`python benchmarks/results.py` makes this page from the figures in `docs/results/`; with `--run NAME` it measures them
first. Two figures in brackets after another are its 95 % interval where a model is evaluated, and the least and the
most of the runs elsewhere. The floor of a figure is what real pictures have, measured the same way.
"""


def read_records() -> dict[str, Record]:
    """What is recorded, by name, in the order of the page."""
    known = [*(f"{EVALUATE}-{model}" for model in MODELS), *BENCHMARKS]
    found = {path.stem: Record.read(path) for path in FIGURES.glob("*.json")}
    for name in found:
        if name not in known:
            raise click.ClickException(f"{FIGURES} has {name}.json, which nothing makes; remove it")
    return {name: found[name] for name in known if name in found}


def page(records: Mapping[str, Record]) -> str:
    """docs/results.md."""
    return "\n".join([INTRODUCTION, *(section(name, record) for name, record in records.items())])


def section(name: str, record: Record) -> str:
    """Of the page."""
    how = f"`{record.command}`, {record.date}, panogen {record.version}, {record.machine}."
    title = name.removeprefix(f"{EVALUATE}-")
    kind = "The model" if title != name else "Benchmark:"
    return "\n".join([f"## {kind} {title}", "", record.about, "", how, "", *(one.markdown() for one in record.tables)])


def headline(records: Mapping[str, Record]) -> str:
    """Of README.md: the main figures of the models, below each those of real pictures, and the speed."""
    models = {name: records[f"{EVALUATE}-{name}"] for name in MODELS if f"{EVALUATE}-{name}" in records}
    rows: list[list[Cell]] = []
    for name, record in models.items():
        for title, column in ((f"`{name}`", "value"), ("real pictures beside it", "floor")):
            rows.append([title, *(at(record, figure, column) for figure in HEADLINE)])
    columns = {"": "", **dict.fromkeys(HEADLINE.values(), "g")}
    note = "Each against pictures of the kind that it has learned from: compare a line with the one below it."
    lines = Table("The models, with 95 % intervals", columns, rows, [note]).markdown() if rows else ""
    return f"{lines}\n{speed(records)}All recorded figures: [docs/results.md](docs/results.md).\n"


def speed(records: Mapping[str, Record]) -> str:
    """A sentence for each benchmark of it that is recorded."""
    said = ""
    if "render" in records:
        record = records["render"]
        said += (
            f"The model `landscapes` renders 1024 x 512 pixels in {at(record, 'shipped', 'seconds')} s;"
            " the paper's network, 512 x 15,\n"
            f"runs at {at(record, '512 x 15', 'of the peak')} of the machine's matrix product peak.\n"
            f"({record.machine})\n"
        )
    if "start" in records:
        seconds = at(records["start"], "panogen render, first pixels", "seconds")
        said += f"The first pixels come {seconds} s after the command.\n"
    return said


def at(record: Record, row: str, column: str) -> str:
    """The cell of the first table that has it."""
    for table in record.tables:
        if column in table.columns and row in [cells[0] for cells in table.rows]:
            return table.at(row, column)
    return NOTHING


def between_markers(text: str, content: str) -> str:
    """A text with other content between its markers."""
    before, begin, rest = text.partition(MARKERS[0])
    _, end, after = rest.partition(MARKERS[1])
    if not (begin and end):
        raise click.ClickException(f"{README} must have {MARKERS[0]} and, below, {MARKERS[1]}: the headline goes there")
    return f"{before}{begin}\n{content}{end}{after}"


def run(name: str) -> None:
    """Measure a benchmark again, and record it."""
    FIGURES.mkdir(parents=True, exist_ok=True)
    script, *rest = BENCHMARKS[name].split()
    command = [sys.executable, ROOT / "benchmarks" / script, *rest, "--json", FIGURES / f"{name}.json"]
    subprocess.run(command, check=True)


def evaluate(model: str, data: str, inception: Path | None) -> None:
    """Evaluate a model again, and record it, but for the name of the folder of pictures."""
    with TemporaryDirectory() as folder:
        out, options = Path(folder) / "report", ["--model", model, "--data", data]
        if inception is not None:
            options += ["--inception", str(inception)]
        subprocess.run([sys.executable, "-m", "panogen", EVALUATE, *options, "--out", out], check=True)
        shown_data = "FOLDER" if Path(data).exists() else data
        command = ["panogen", EVALUATE, "--model", model, "--data", shown_data, "--out", "report"]
        command += [] if inception is None else ["--inception", "FILE"]
        evaluation(out, shlex.join(command)).write(FIGURES / f"{EVALUATE}-{model}.json")


def evaluation(report: Path, command: str) -> Record:
    """What a report of panogen evaluate has found."""
    result = json.loads((report / "figures.json").read_text(encoding="utf-8"))
    request = result["request"]
    about = (
        f"{request['crops']:,} crops of {request['resolution']} pixels and {request['panoramas']} panoramas, against "
        f"{request['data']}."
    )
    return Record.new(about, command, [figures_table(result["figures"]), *speed_tables(report / "speed.json")])


def figures_table(figures: list[dict[str, Any]]) -> Table:
    """Of what was measured."""
    columns = {"figure": "", "value": ".4g", "floor": ".4g", "n": ",d", "unit": "", "better": "", "what it is": ""}
    return Table("Figures", columns, [
        [
            *(one["name"], cell(one["value"], one["low"], one["high"]), cell(one["floor"])),
            *(one["n"], legend.unit, legend.better, legend.words),
        ]
        for one in figures
        for legend in [legend_of(one["name"])]
    ])  # fmt: skip


def speed_tables(path: Path) -> list[Table]:
    """Of speed and memory, where they were measured."""
    if not path.is_file():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    rows = [[name.replace("_", " "), value] for name, value in found.items() if isinstance(value, int | float)]
    return [Table("Speed and memory", {"": "", "figure": ",g"}, rows)]


def cell(*numbers: float | str | None) -> Cell:
    """Of a number, or of one with its interval. Reports write infinities as text, as JSON knows none."""
    known = [float(one) for one in numbers if one is not None]
    if all(math.isfinite(one) for one in known):
        return known if len(known) > 1 else known[0] if known else None
    return shown(known if len(set(known)) > 1 else known[0], ".4g")


@click.command()
@click.option("--run", "names", multiple=True, type=click.Choice([*BENCHMARKS, ALL]), help="Measure again.")
@click.option(
    "--evaluate", "models", multiple=True, type=(click.Choice(MODELS), str), help="Measure a model against pictures."
)
@click.option("--inception", type=click.Path(exists=True, path_type=Path), help="The network of FID, to evaluate with.")
def main(names: tuple[str, ...], models: tuple[tuple[str, str], ...], inception: Path | None) -> None:
    """Make docs/results.md and the headline of README.md from the recorded figures."""
    for name in BENCHMARKS if ALL in names else names:
        run(name)
    for model, data in models:
        evaluate(model, data, inception)
    records = read_records()
    readme = between_markers(README.read_text(encoding="utf-8"), headline(records))
    write_text(PAGE, page(records))
    write_text(README, readme)


if __name__ == "__main__":
    main()
