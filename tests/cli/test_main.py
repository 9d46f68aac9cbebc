import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
import torch

from panogen import cli
from panogen.cli.main import COMMANDS, main

FOLDER = Path(cli.__path__[0])

# What a fresh process has imported after each of the command lines that it is told.
IMPORTED = """
import json, sys
from panogen.cli.main import main

for arguments in json.loads(sys.argv[1]):
    try:
        main(arguments)
    except SystemExit as end:
        assert not end.code, (arguments, end.code)
    print(json.dumps(list(sys.modules)), file=sys.stderr)
"""


def imported(*lines: list[str]) -> list[set[str]]:
    """The modules that are there after each line."""
    code = [sys.executable, "-c", IMPORTED, json.dumps(lines)]
    done = subprocess.run(code, check=True, capture_output=True, text=True)
    return [set(json.loads(line)) for line in done.stderr.splitlines()]


def paths(command: click.Command) -> list[list[str]]:
    """The names that lead to a command, and to all below it."""
    if not isinstance(command, click.Group):
        return [[]]
    context = click.Context(command)
    below = {name: command.get_command(context, name) for name in command.list_commands(context)}
    return [[], *([name, *path] for name, one in below.items() if one is not None for path in paths(one))]


def test_help_imports_no_torch():
    lines = [["--version"], *([*path, "--help"] for path in paths(main))]
    assert len(lines) > len(COMMANDS) + 1
    waiting = {" ".join(line): "torch" in modules for line, modules in zip(lines, imported(*lines), strict=True)}
    assert not any(waiting.values()), waiting


def test_the_overview_imports_no_command():
    (modules,) = imported(["--help"])
    assert {name for name in modules if name.startswith("panogen.cli.")} == {"panogen.cli.main", "panogen.cli.talk"}
    assert "numpy" not in modules


def test_a_render_imports_only_what_it_uses(model_folder, tmp_path):
    line = ["render", "--model", model_folder, "--width", "8", "--quiet", tmp_path / "out.png"]
    (modules,) = imported([str(argument) for argument in line])
    assert "torch" in modules
    assert not modules & {"torch._dynamo", "sympy", "cv2", "scipy", "panogen.training", "panogen.foveation.rings"}


def test_the_table_has_every_command(panogen):
    openings = [path.read_text().split(":")[0] for path in FOLDER.glob("*.py")]
    assert {text.removeprefix('"""panogen ') for text in openings if text.startswith('"""panogen ')} == set(COMMANDS)
    shown = panogen("--help").stdout
    for name, about in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None and command.name == name
        assert f"  {name} " in shown and about in shown


def test_an_unknown_command(panogen):
    result = panogen("paint")
    assert result.exit_code == 2
    assert "paint" in result.stderr


@pytest.mark.parametrize("error", [MemoryError(), torch.OutOfMemoryError("CUDA out of memory. Tried ...")])
def test_out_of_memory_is_one_sentence(panogen, monkeypatch, error):
    def fail():
        raise error

    monkeypatch.setattr("panogen.cli.models.shipped_models", fail)
    result = panogen("models")
    assert result.exit_code == 1
    assert result.stderr == "Error: out of memory; ask for a smaller picture, model or batch\n"


def test_other_errors_are_not_hidden(panogen, monkeypatch):
    def fail():
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr("panogen.cli.models.shipped_models", fail)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        panogen("models")
