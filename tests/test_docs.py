"""The guides name what exists: links, files, names of the code, options of the commands."""

import ast
import functools
import re
import runpy
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from panogen.cli.main import COMMANDS, main
from panogen.grids import GRIDS
from tests.run.helpers import log_often
from tests.test_architecture import FLOOR

ROOT = Path(__file__).parent.parent
MAPS = [ROOT / "ARCHITECTURE.md", ROOT / "docs" / "decisions.md"]
PAGES = [ROOT / "README.md", MAPS[0], *sorted((ROOT / "docs").glob("*.md")), *sorted(ROOT.glob("models/*/README.md"))]
PYTHON = ROOT / "docs" / "python.md"
FOREIGN = {"--host", "--nthreads", "--nproc-per-node"}  # options of dask and torchrun
MADE = ROOT / "docs" / "results.md"  # by benchmarks/results.py, with options of its own
NEEDED = {"mask.png", "coast.jpg"}  # by commands of the guides
TREES = ("panogen/", "docs/", "tests/", "benchmarks/", "models/", "examples/")


def named(page: Path) -> str:
    """Return how a page is called in this repository."""
    return str(page.relative_to(ROOT))


each_page = pytest.mark.parametrize("page", PAGES, ids=named)
each_map = pytest.mark.parametrize("page", MAPS, ids=named)


def prose(page: Path) -> str:
    """Return a page without its fenced and indented code."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.M | re.S)
    return re.sub(r"^ {4}\S.*$", "", text, flags=re.M)


def quoted(page: Path) -> list[str]:
    """Return what stands between backticks, a line break being a space."""
    return [" ".join(found.split()) for found in re.findall(r"`([^`]+)`", prose(page))]


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lines_of_code(page: Path) -> list[str]:
    """Return the indented lines of a page, continued ones joined, and what is quoted."""
    block = re.sub(r" \\\n\s+", " ", page.read_text())
    return [line.strip() for line in re.findall(r"^ {4}\S.*$", block, re.M)] + quoted(page)


def commands(page: Path) -> list[str]:
    """Return the words after ``panogen`` of each command line of a page."""
    parts = [part.split(" #")[0].strip() for line in lines_of_code(page) for part in line.split("&&")]
    return [found[1] for part in parts if (found := re.match(r"(?:torchrun .*-m )?panogen (.+)", part))]


def command_of(words: list[str]) -> click.Command:
    """Return the command that a line of words calls, its subcommand where it has some."""
    found: click.Command = main
    for word in words:
        if not isinstance(found, click.Group):
            break
        context = click.Context(found)
        deeper = found.get_command(context, word)
        assert deeper is not None, f"panogen has no command {' '.join(words)}"
        found = deeper
    return found


def run(page: Path, large: str = "(?!)", small: str = "") -> None:
    """Run the Python of a page, block after block, with small numbers in place of what matches ``large`` ones."""
    names: dict[str, object] = {"__name__": page.stem}
    for block in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S):
        exec(re.sub(large, small, block), names)


def options(command: click.Command) -> set[str]:
    """Return the names of a command's options, and of its subcommands'."""
    own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}
    if not isinstance(command, click.Group):
        return own
    context = click.Context(command)
    subcommands = [command.get_command(context, name) for name in command.list_commands(context)]
    return own.union(*(options(one) for one in subcommands if one is not None))


@functools.cache
def defined() -> set[str]:
    """Return every name that panogen's modules define: classes, functions, arguments, variables, attributes."""
    names: set[str] = set()
    for path in (ROOT / "panogen").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
    return names


@each_page
def test_links_resolve(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{named(page)} links to {target}"
        assert not anchor or anchor in anchors(file), f"{named(page)} links to {target}"


@each_page
def test_files_exist(page: Path) -> None:
    bases = [ROOT, ROOT / "panogen"]
    for words in quoted(page):
        for word in words.split():
            if re.fullmatch(r"[\w./-]+/[\w.-]+\.(py|mjs)", word) or word.startswith(TREES):
                assert any((base / word).exists() for base in bases), f"{named(page)} names {word}"


@each_map
def test_folders_exist(page: Path) -> None:
    folders = {f"/{path.relative_to(ROOT)}" for path in (ROOT / "panogen").rglob("*") if path.is_dir()}
    for word in quoted(page):
        if re.fullmatch(r"\w[\w/-]*/", word) and word != "panogen/":
            assert any(folder.endswith(f"/{word.rstrip('/')}") for folder in folders), f"{named(page)} names {word}"


def test_the_map_has_every_room_on_its_floor() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)/?` \|", MAPS[0].read_text(), re.M)
    floors = {(floor, room.split(".")[0]) for room, floor in FLOOR.items() if room != "__main__"}
    assert {(int(floor), room) for floor, room in rows} == floors
    assert len(rows) == len(floors)


@each_map
def test_names_exist(page: Path) -> None:
    known = defined()
    for word in quoted(page):
        parts = word.split(".")
        if re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z_]\w*)*", word) and re.search("[A-Z_]", parts[0]):
            assert not set(parts) - known, f"{named(page)} names {word}"


@each_page
def test_modules_and_what_is_imported_from_them_exist(page: Path) -> None:
    for module, names in re.findall(r"^(?:from|import) (panogen[\w.]*)(?: import (.*))?$", page.read_text(), re.M):
        found = __import__(module, fromlist=["_"])
        for name in filter(None, names.split(", ")):
            assert hasattr(found, name), f"{named(page)} imports {name} from {module}"


def test_the_guide_to_python_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    log_often(monkeypatch)
    run(PYTHON)
    assert capsys.readouterr().out.splitlines() == re.findall(r"^print\(.*\)  # (.*)$", PYTHON.read_text(), re.M)


@pytest.mark.parametrize(
    "page", [page for page in PAGES if "```python" in page.read_text() and page != PYTHON], ids=named
)
def test_the_python_of_other_pages_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(page, r"\b(256|512|1024|2048|4096|8192)\b", "64")


@each_page
def test_commands_have_the_options_that_are_shown(page: Path) -> None:
    for line in commands(page):
        words = line.split()
        known = options(command_of([word for word in words if not word.startswith("-")]))
        shown = {word.split("=")[0] for word in words if re.match(r"--[a-z]", word)}
        assert not shown - known, f"{named(page)}: panogen {line}"


@pytest.mark.parametrize("page", [page for page in PAGES if page != MADE], ids=named)
def test_options_alone_are_those_of_some_command(page: Path) -> None:
    shown = {word.split()[0].split("=")[0] for word in quoted(page) if re.match(r"--[a-z]", word)}
    assert not shown - options(main) - FOREIGN


def test_pictures_are_made_by_the_commands_beside_them() -> None:
    made = {path.name for path, _, _ in runpy.run_path(str(ROOT / "docs" / "pictures.py"))["pictures"]()}
    text = "".join(page.read_text() for page in PAGES)
    shown = {Path(path).name for path in re.findall(r"!\[[^]]*\]\(([^) ]*pictures/[^) ]+)", text)}
    assert made | {"claims.jpg"} == shown == {path.name for path in (ROOT / "docs" / "pictures").iterdir()} - NEEDED


PINNED = re.findall(r"^click==(.+)$", (ROOT / "constraints.txt").read_text(), re.M)
SHELLS = {
    "bash": "complete -o nosort -F",
    "zsh": "compdef _panogen_completion",
    "fish": "complete --no-files --command",
}


@pytest.mark.skipif([version("click")] != PINNED, reason="another click than the one that is tested with")
def test_the_commands_are_as_they_say_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "37")
    made = runpy.run_path(str(ROOT / "docs" / "commands.py"))["page"]()
    assert (ROOT / "docs" / "commands.md").read_text() == made, "python docs/commands.py writes it anew"
    assert set(COMMANDS) == set(re.findall(r"^## panogen ([\w-]+)$", made, re.M))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return what panogen prints for a shell that asks it for completions."""

    def ask(**variables: str) -> str:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit):
            main([], "panogen")
        return capfd.readouterr().out

    return ask


@pytest.fixture
def completed(asked: Callable[..., str]) -> Callable[..., list[str]]:
    """Return what the last word may become."""

    def complete(*words: str) -> list[str]:
        line = {"COMP_WORDS": " ".join(["panogen", *words]), "COMP_CWORD": str(len(words))}
        return [said.split(",")[1] for said in asked(_PANOGEN_COMPLETE="bash_complete", **line).splitlines()]

    return complete


@pytest.mark.parametrize("shell", SHELLS)
def test_shells_are_told_how_to_complete_by_the_lines_of_the_page(shell: str, asked: Callable[..., str]) -> None:
    (name, value) = re.findall(
        rf"(_PANOGEN_COMPLETE)=({shell}_source) panogen", (ROOT / "docs/commands.md").read_text()
    )[0]
    assert SHELLS[shell] in asked(**{name: value})


def test_commands_options_and_choices_are_completed(completed: Callable[..., list[str]]) -> None:
    assert completed("e") == [name for name in COMMANDS if name.startswith("e")]
    assert completed("data", "ch") == ["check"]
    assert "--projection" in completed("render", "--pro")
    assert completed("render", "--projection", "fish") == [name for name in GRIDS if name.startswith("fish")]
