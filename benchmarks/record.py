"""Tables of figures: they print themselves, and go into the JSON files that results.py makes docs/results.md from."""

import datetime
import functools
import json
import shlex
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from panogen.base.files import write_text

Cell = str | float | Sequence[float] | None
NOTHING = "-"


@dataclass(frozen=True)
class Table:
    """Figures in rows. ``columns``: the format of the numbers in each, "" where it is text.

    A cell is text, a number, a middle with the least and the most (of runs or samples), or None. Raises ValueError
    where a row is not as long as the head.
    """

    title: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row must have a cell for each of {list(self.columns)}, got {list(row)}")

    def shown(self) -> list[list[str]]:
        """The rows as text, the head first."""
        forms = self.columns.values()
        return [[*self.columns], *([shown(*cell) for cell in zip(row, forms, strict=True)] for row in self.rows)]

    def at(self, row: str, column: str) -> str:
        """The cell, as it is shown, of the row that begins with a word. Raises KeyError."""
        found = {cells[0]: dict(zip(self.columns, cells, strict=True)) for cells in self.shown()[1:]}
        return found[row][column]

    def text(self) -> str:
        """For a terminal: columns side by side, numbers to the right."""
        rows = self.shown()
        widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
        sides = [">" if form else "<" for form in self.columns.values()]
        lines = (
            "  ".join(f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True))
            for row in rows
        )
        return "\n".join([self.title, *(line.rstrip() for line in lines), *self.notes, ""])

    def markdown(self) -> str:
        """For a page."""
        head, *rows = [[cell.replace("|", r"\|") for cell in row] for row in self.shown()]
        rule = ["---:" if form else "---" for form in self.columns.values()]
        lines = [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]
        notes = [line for note in self.notes for line in ("", note)]
        return "\n".join([f"**{self.title}**", "", *lines, *notes, ""])


def shown(cell: Cell, form: str) -> str:
    """A cell as text."""
    if cell is None or isinstance(cell, str):
        return cell or NOTHING
    if isinstance(cell, Sequence):
        middle, least, most = (f"{value:{form}}" for value in cell)
        return f"{middle} ({least} to {most})"
    return f"{cell:{form}}"


def spread(values: Iterable[float], middle: Callable[[list[float]], float] = statistics.median) -> list[float]:
    """A cell of several figures: their median, the least and the most."""
    known = list(values)
    return [middle(known), min(known), max(known)]


@dataclass(frozen=True)
class Record:
    """What was measured, how, when and where."""

    about: str
    command: str
    date: str
    version: str
    machine: str
    tables: Sequence[Table]

    @classmethod
    def new(cls, about: str, command: str, tables: Sequence[Table]) -> "Record":
        """Of now and here."""
        from machine import named

        from panogen.base.version import __version__

        return cls(about, command, datetime.date.today().isoformat(), __version__, named(), tables)

    @classmethod
    def read(cls, path: Path) -> "Record":
        """From a file."""
        content = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{**content, "tables": [Table(**table) for table in content["tables"]]})

    def write(self, path: Path) -> None:
        """Into a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(asdict(self), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def recorded(measure: Callable[..., Iterator[Table]]) -> Callable[..., None]:
    """The function of a command, made of one that yields tables: each is printed, and all are kept with --json."""

    @click.option("--json", "record", type=click.Path(path_type=Path), help="Keep the figures in a file, too.")
    @functools.wraps(measure)
    def command(record: Path | None, **options: object) -> None:
        tables = []
        for table in measure(**options):
            click.echo(table.text())
            tables.append(table)
        if tables:
            about = " ".join(str(measure.__globals__["__doc__"]).split("\n\n")[0].split())
            found = Record.new(about, given(click.get_current_context()), tables)
            click.echo(found.machine)
            if record is not None:
                found.write(record)

    return command


def given(context: click.Context) -> str:
    """The command line, but for where figures are kept."""
    words = ["python", *f"benchmarks/{context.command_path}".split()]
    for parameter in context.command.params:
        source = context.get_parameter_source(str(parameter.name))
        if parameter.name == "record" or source is not click.core.ParameterSource.COMMANDLINE:
            continue
        value = context.params[str(parameter.name)]
        name = [parameter.opts[0]] if isinstance(parameter, click.Option) else []
        for one in value if isinstance(value, tuple | list) else [value]:
            words += name if one is True else [*name, str(one)]
    return shlex.join(words)
