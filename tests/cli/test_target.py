"""OUT: a file by its suffix or --format, or - for stdout."""

import io
import sys

import click
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from panogen.cli.main import main
from panogen.cli.target import to_stdout

COMMANDS = {
    "render": "render --seed 4 --width 32",
    "blend": "blend --seed 4 --seed 9 --width 32",
    "edit": "edit --direction 0 --width 32",
    "edit, a sheet": "edit --sheet 1 --width 32",
    "foveate": "foveate --size 32x16",
}
KINDS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "avif": "AVIF", "tif": "TIFF"}


@pytest.fixture
def run(panogen, model_folder, tmp_path):
    def run(line, *more):
        name, *words = line.split()
        return panogen(name, "--model", model_folder, "--quiet", *words, *more)

    return run


@pytest.mark.parametrize("name", COMMANDS)
def test_the_picture_goes_to_stdout(run, tmp_path, name):
    assert run(COMMANDS[name], tmp_path / "out.png").exit_code == 0
    result = run(COMMANDS[name], "-")
    assert result.exit_code == 0
    assert result.stdout_bytes == (tmp_path / "out.png").read_bytes()
    assert result.stderr == ""


@pytest.mark.parametrize("kind", KINDS)
def test_in_the_format_that_is_named(run, tmp_path, kind):
    assert run(COMMANDS["render"], tmp_path / f"out.{kind}").exit_code == 0
    piped = run(COMMANDS["render"], "--format", kind, "-").stdout_bytes
    assert piped == (tmp_path / f"out.{kind}").read_bytes()
    assert Image.open(io.BytesIO(piped)).format == KINDS[kind]


def test_a_name_without_a_suffix_gets_one(run, tmp_path):
    for name in ("named", "named.JPG", "named.jpeg"):
        assert run(COMMANDS["render"], "--format", "jpg", tmp_path / name).exit_code == 0
    pictures = [np.asarray(Image.open(tmp_path / name)) for name in ("named.jpg", "named.JPG", "named.jpeg")]
    assert all(np.array_equal(picture, pictures[0]) for picture in pictures)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--format", "jpg", "{here}/out.png"), "format must be what the suffix of 'out.png' says, got jpg; leave"),
        (("{here}",), "output '{here}' is a folder; give a file name in it, such as {here}/out.png"),
        (("{here}/out",), "output '{here}/out' has no suffix; give it one, such as .png, or its --format"),
        (("{here}/.png",), "output '{here}/.png' has no suffix"),
        (("--format", "gif", "-"), "'gif' is not one of 'png', 'jpg', "),
        (("--resume", "-"), "--resume goes on with a file, got -, which is stdout; name a file"),
        (("--faces", "names", "-"), "--faces makes six files, got -, which is stdout; name a file"),
    ],
)
def test_impossible_requests(run, tmp_path, arguments, message):
    line = "render --width 32" if "--seeds" in arguments else COMMANDS["render"]
    result = run(line, *(argument.format(here=tmp_path) for argument in arguments))
    assert result.exit_code == 2
    assert message.format(here=tmp_path) in result.stderr
    assert result.stdout_bytes == b""


def test_a_dry_run_names_it(run):
    assert run(COMMANDS["render"], "--dry-run", "-").stdout.startswith('{\n  "-": {')


@pytest.mark.parametrize(("stream", "message"), [(None, "which is closed; name a file"), ("tty", "a terminal, which")])
def test_no_picture_for_a_terminal(monkeypatch, stream, message):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdout", terminal if stream else None)
    with pytest.raises(ValueError, match=message), to_stdout("png"):
        raise AssertionError


def test_an_interruption_leaves_nothing(run, monkeypatch, tmp_path):
    from panogen.pictures.canvas.canvas import Canvas

    put = Canvas.put

    def put_one(canvas, *block):
        put(canvas, *block)
        raise KeyboardInterrupt

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Canvas, "put", put_one)
    before = set(tmp_path.iterdir())
    result = run(COMMANDS["render"], "-")
    assert (result.exit_code, result.stdout_bytes, result.stderr) == (130, b"", "interrupted\n")
    assert set(tmp_path.iterdir()) == before


def test_help_names_it():
    context = click.Context(main)
    for name in ("render", "blend", "edit", "foveate"):
        command = main.get_command(context, name)
        assert command is not None
        assert "--format [png|jpg|" in CliRunner().invoke(command, ["--help"]).output
