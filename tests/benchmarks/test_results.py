"""The page of results, and the headline of README.md."""

import importlib
import json
import re
import shutil
from pathlib import Path

import click
import pytest
import results
from record import Record, Table

from panogen.evaluation.figure import Figure

ROOT = Path(__file__).parents[2]
# Scripts that measure nothing themselves, or whose figures are told elsewhere (docs/training.md) or depend on pictures.
NO_RECORDS = {
    "figures",
    "live",
    "machine",
    "pairs",
    "paper",
    "places",
    "record",
    "results",
    "comparison",
    "detail",
    "octaves",
    "variants",
}
HOW = {"date": "2026-01-02", "version": "1.2.3", "machine": "a machine"}


def evaluated(value, floor):
    rows = [["swd.mean", [value, 1, 9], floor, 64, "thousandths", "lower", "Mean."], ["pan.whole_pixels", 0, None]]
    columns = {"figure": "", "value": ".4g", "floor": ".4g", "n": ",d", "unit": "", "better": "", "what it is": ""}
    full = [row + [None] * (len(columns) - len(row)) for row in rows]
    return Record("64 crops.", "panogen evaluate", tables=[Table("Figures", columns, full)], **HOW)


RENDER = Record(
    "The renderer.",
    "python benchmarks/render.py",
    tables=[
        Table("Another", {"way": "", "ratio": ".2f"}, [["shipped", 2]]),
        Table(
            "Peak",
            {"model": "", "seconds": ".2f", "of the peak": ".0%"},
            [["shipped", 1, None], ["512 x 15", 9, [0.9, 0.8, 1]]],
        ),
    ],
    **HOW,
)
SAMPLE = {
    "evaluate-nature": evaluated(3, 1.5),
    "evaluate-landscapes": evaluated(2, 1.25),
    "render": RENDER,
}
SECTION = """## Benchmark: render

The renderer.

`python benchmarks/render.py`, 2026-01-02, panogen 1.2.3, a machine.

**Another**

| way | ratio |
| --- | ---: |
| shipped | 2.00 |

**Peak**

| model | seconds | of the peak |
| --- | ---: | ---: |
| shipped | 1.00 | - |
| 512 x 15 | 9.00 | 90% (80% to 100%) |
"""
HEADLINE = """**The models, with 95 % intervals**

|  | FID-768 | SWD, thousandths | spectrum, dB | fixed layout (ideal 0) | seam (ideal 1) |
| --- | ---: | ---: | ---: | ---: | ---: |
| `landscapes` | - | 2 (1 to 9) | - | - | - |
| real pictures beside it | - | 1.25 | - | - | - |
| `nature` | - | 3 (1 to 9) | - | - | - |
| real pictures beside it | - | 1.5 | - | - | - |

Each against pictures of the kind that it has learned from: compare a line with the one below it.

The model `landscapes` renders 1024 x 512 pixels in 1.00 s; the paper's network, 512 x 15,
runs at 90% (80% to 100%) of the machine's matrix product peak.
(a machine)
All recorded figures: [docs/results.md](docs/results.md).
"""


@pytest.fixture
def sample(tmp_path, monkeypatch):
    """A repository with nothing but figures and a README."""
    for name, path in {"FIGURES": "docs/results", "PAGE": "docs/results.md", "README": "README.md"}.items():
        monkeypatch.setattr(results, name, tmp_path / path)
    for name, record in SAMPLE.items():
        record.write(tmp_path / "docs" / "results" / f"{name}.json")
    (tmp_path / "README.md").write_text("# Before\n<!-- results -->\nold\n<!-- /results -->\nafter\n")
    return tmp_path


def remake():
    results.main([], standalone_mode=False)


def test_the_page_is_made_of_the_figures(sample):
    remake()
    page = (sample / "docs" / "results.md").read_text()
    assert page.startswith(results.INTRODUCTION)
    assert page.endswith(SECTION)
    assert re.findall("^## (.*)", page, re.M) == ["The model landscapes", "The model nature", "Benchmark: render"]
    assert "| swd.mean | 2 (1 to 9) | 1.25 | 64 | thousandths | lower | Mean. |\n| pan.whole_pixels | 0 | - |" in page


def test_the_readme_has_the_headline_and_keeps_the_rest(sample):
    remake()
    text = (sample / "README.md").read_text()
    assert text == f"# Before\n<!-- results -->\n{HEADLINE}<!-- /results -->\nafter\n"


def test_the_same_figures_give_the_same_bytes(sample):
    remake()
    first = {name: (sample / name).read_bytes() for name in ("README.md", "docs/results.md")}
    remake()
    assert first == {name: (sample / name).read_bytes() for name in first}


@pytest.mark.parametrize("text", ["# Before\n", "<!-- results -->\n", "<!-- /results -->\n<!-- results -->\n"])
def test_the_readme_must_have_the_markers_and_nothing_is_written(sample, text):
    (sample / "README.md").write_text(text)
    with pytest.raises(click.ClickException, match=r"README.md must have <!-- results --> and, below, <!-- /results"):
        remake()
    assert (sample / "README.md").read_text() == text
    assert not (sample / "docs" / "results.md").exists()


def test_figures_that_nothing_makes_are_refused(sample):
    RENDER.write(sample / "docs" / "results" / "rendre.json")
    with pytest.raises(click.ClickException, match=r"has rendre.json, which nothing makes; remove it"):
        remake()


def test_without_figures_there_is_a_page_without_tables(sample):
    shutil.rmtree(sample / "docs" / "results")
    remake()
    assert (sample / "docs" / "results.md").read_text() == results.INTRODUCTION
    assert "|" not in (sample / "README.md").read_text()


def test_a_report_becomes_a_record(tmp_path):
    figures = [
        Figure.of("swd.mean", 2.0, (1.0, 9.0), 64, 1.25),
        Figure.of("foveation.psnr_0-5", float("inf"), (float("inf"), float("inf")), 2),
        Figure.of("foveation.psnr_5-15", float("inf"), (80.0, float("inf")), 2),
        Figure.of("pan.whole_pixels", 0.0, None, 2),
    ]
    request = {"crops": 1024, "resolution": 32, "panoramas": 4, "data": "some places"}
    report = {"request": request, "figures": [figure.written() for figure in figures]}
    (tmp_path / "figures.json").write_text(json.dumps(report))
    (tmp_path / "speed.json").write_text(json.dumps({"machine": "mine", "pixels_per_second": 80757, "seconds": 0.25}))
    record = results.evaluation(tmp_path, "panogen evaluate")
    record.write(tmp_path / "record.json")
    measured, speed = Record.read(tmp_path / "record.json").tables
    assert record.about == "1,024 crops of 32 pixels and 4 panoramas, against some places."
    assert [measured.at(figure.name, "value") for figure in figures] == ["2 (1 to 9)", "inf", "inf (80 to inf)", "0"]
    assert [measured.at(figure.name, "floor") for figure in figures] == ["1.25", "-", "-", "-"]
    assert measured.at("swd.mean", "unit") == "thousandths"
    assert speed.shown() == [["", "figure"], ["pixels per second", "80,757"], ["seconds", "0.25"]]


def test_the_page_in_the_repository_is_up_to_date():
    assert results.PAGE.read_text() == results.page(results.read_records()), "run python benchmarks/results.py"


def test_the_headline_in_the_repository_is_up_to_date():
    text, headline = results.README.read_text(), results.headline(results.read_records())
    assert text == results.between_markers(text, headline), "run python benchmarks/results.py"


def test_tables_of_the_page_are_well_formed():
    page = results.page({**SAMPLE, **results.read_records()})
    for block in re.findall(r"(?:^\|.*\n)+", page, re.M):
        head, rule, *rows = (re.split(r"(?<!\\)\|", line)[1:-1] for line in block.splitlines())
        assert rows
        assert all(re.fullmatch(r" -+:? ", one) for one in rule)
        assert {len(line) for line in (head, rule, *rows)} == {len(head)}


def test_every_benchmark_is_on_the_page_or_left_out_knowingly():
    scripts = {path.stem for path in (ROOT / "benchmarks").glob("*.py")}
    recorded = {command.split(".")[0] for command in results.BENCHMARKS.values()}
    assert recorded == scripts - NO_RECORDS


@pytest.mark.parametrize("command", results.BENCHMARKS.values())
def test_every_benchmark_keeps_its_figures_where_it_is_told(command):
    script, *names = command.split()
    found = importlib.import_module(script.removesuffix(".py")).main
    for name in names:
        found = found.commands[name]
    assert "--json" in [option for parameter in found.params for option in parameter.opts]
