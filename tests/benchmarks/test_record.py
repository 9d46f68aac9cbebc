"""Tables and records of figures."""

import json
import os
import statistics

import click
import pytest
from click.testing import CliRunner
from machine import apart, named, seconds_of
from record import Record, Table, recorded, spread

TABLE = Table(
    "Two ways",
    {"way": "", "seconds": ".2f", "share": ".0%"},
    [["plain", [1.5, 1, 2.25], 0.5], ["with | in it", 10, None]],
    ["Seen once."],
)


def test_a_table_prints_its_columns_side_by_side():
    assert TABLE.text().splitlines() == [
        "Two ways",
        "way                       seconds  share",
        "plain         1.50 (1.00 to 2.25)    50%",
        "with | in it                10.00      -",
        "Seen once.",
    ]


def test_a_table_is_markdown():
    assert TABLE.markdown().splitlines() == [
        "**Two ways**",
        "",
        "| way | seconds | share |",
        "| --- | ---: | ---: |",
        "| plain | 1.50 (1.00 to 2.25) | 50% |",
        r"| with \| in it | 10.00 | - |",
        "",
        "Seen once.",
    ]


def test_a_cell_is_found_by_row_and_column():
    assert TABLE.at("plain", "share") == "50%"
    with pytest.raises(KeyError):
        TABLE.at("plain", "shares")
    with pytest.raises(KeyError):
        TABLE.at("fancy", "share")


def test_a_row_must_be_as_long_as_the_head():
    with pytest.raises(ValueError, match=r"a row must have a cell for each of \['a', 'b'\], got \[1\]"):
        Table("", {"a": "d", "b": "d"}, [[1]])


def test_a_spread_is_the_median_the_least_and_the_most():
    assert spread([9, 1, 2]) == [2, 1, 9]
    assert spread(iter([9, 1, 2]), statistics.mean) == [4, 1, 9]


def test_a_record_comes_back_from_its_file(tmp_path):
    record = Record("About it.", "python benchmarks/ways.py", "2026-01-02", "1.2.3", "a machine", [TABLE])
    path = tmp_path / "new" / "ways.json"
    record.write(path)
    assert Record.read(path) == record
    first = path.read_bytes()
    Record.read(path).write(path)
    assert path.read_bytes() == first


def test_what_json_does_not_know_is_not_recorded(tmp_path):
    record = Record("", "", "", "", "", [Table("", {"a": "g"}, [[float("inf")]])])
    with pytest.raises(ValueError, match="not JSON compliant"):
        record.write(tmp_path / "infinite.json")
    assert list(tmp_path.iterdir()) == []


@click.command()
@click.option("--runs", default=1)
@click.option("--seed", "seeds", multiple=True, type=int)
@click.option("--dry", is_flag=True)
@recorded
def ways(runs, seeds, dry):
    """Measure."""
    if not dry:
        yield TABLE
        yield Table(f"{runs} runs of {seeds}", {"a": "d"}, [[1]])


def test_a_benchmark_prints_its_tables_and_keeps_them(tmp_path):
    path = tmp_path / "ways.json"
    asked = ["--json", str(path), "--runs", "3", "--seed", "1", "--seed", "2"]
    result = CliRunner().invoke(ways, asked, prog_name="ways.py", catch_exceptions=False)
    record = Record.read(path)
    assert result.stdout == "".join(f"{table.text()}\n" for table in record.tables) + f"{record.machine}\n"
    assert record.tables[0] == TABLE
    assert record.tables[1].title == "3 runs of (1, 2)"
    assert record.command == "python benchmarks/ways.py --runs 3 --seed 1 --seed 2"
    assert record.about == __doc__
    assert "GFLOP/s" in record.machine


def test_a_benchmark_that_measures_nothing_says_nothing(tmp_path):
    result = CliRunner().invoke(ways, ["--dry", "--json", str(tmp_path / "none.json")], catch_exceptions=False)
    assert (result.output, list(tmp_path.iterdir())) == ("", [])


def test_records_are_diffable(tmp_path):
    Record("", "", "", "", "", [TABLE]).write(tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text()
    assert text.endswith("}\n")
    assert json.loads(text)["tables"][0]["columns"] == {"way": "", "seconds": ".2f", "share": ".0%"}


def test_the_machine_is_named():
    assert f"{os.cpu_count()} cores" in named()


def test_work_apart_has_a_process_of_its_own():
    assert apart(os.getppid) == os.getpid()


def test_the_seconds_of_a_call_are_those_that_pass_in_it(monkeypatch):
    clock = iter((3.0, 7.5))
    monkeypatch.setattr("machine.time.perf_counter", lambda: next(clock))
    assert seconds_of(lambda: "done") == 4.5


def test_a_recorded_command_is_one(tmp_path):
    @click.group("pairs.py")
    def group():
        """Some commands."""

    @group.command()
    @click.argument("out")
    @click.argument("answers", nargs=-1)
    @click.option("--count", default=3)
    @recorded
    def count(out, answers, count):
        """Measure."""
        yield TABLE

    found = tmp_path / "found.json"
    asked = ("count", "here", "a b.txt", "c.txt", "--count", "5", "--json", str(found))
    result = CliRunner().invoke(group, asked)
    assert result.exit_code == 0, result.output
    command = json.loads(found.read_text())["command"]
    assert command == "python benchmarks/pairs.py count here 'a b.txt' c.txt --count 5"
