"""What is said where nobody listens, or cannot read it."""

import io
import os
import subprocess
import sys

import pytest

from panogen.cli.talk import answer, tell

FULL = "/dev/full"
needs_full = pytest.mark.skipif(not os.path.exists(FULL), reason="no such device there")  # noqa: PTH110
needs_shell = pytest.mark.skipif(os.name == "nt", reason="no such shell there")
PANOGEN = f"'{sys.executable}' -m panogen"


def shell(line, **environment):
    """What a line of the shell says and ends with."""
    done = subprocess.run(
        ["bash", "-c", line.replace("panogen ", f"{PANOGEN} ", 1)],
        capture_output=True,
        env={**os.environ, **environment},
    )
    return done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")


@needs_full
@pytest.mark.parametrize("command", ["models", "--help", "--version", "render --help"])
def test_a_full_disk_is_one_sentence(command):
    code, _, said = shell(f"panogen {command} > {FULL}")
    assert (code, said) == (1, "Error: stdout cannot be written: No space left on device\n")


@needs_shell
@pytest.mark.parametrize("command", ["models", "--help"])
def test_a_pipe_that_is_closed_is_quiet(command):
    code, _, said = shell(f"panogen {command} | head -0; exit ${{PIPESTATUS[0]}}")
    assert (code, said) == (141, "")


@needs_shell
@pytest.mark.parametrize(
    ("line", "code"),
    [("models >&-", 0), ("models 2>&-", 0), ("paint >&- 2>&- <&-", 2), (f"paint 2>{FULL}", 1)],
)
def test_closed_streams_are_no_trouble(line, code):
    found, answered, said = shell(f"panogen {line}")
    assert (found, said) == (code, "")
    assert answered == "" or "MB" in answered


@needs_shell
def test_nothing_that_is_said_ends_in_a_file(panogen, model_folder, tmp_path):
    line = f"render --model {model_folder} --width 16 {tmp_path}"
    assert panogen(*f"{line}/open.png".split()).exit_code == 0
    assert shell(f"panogen {line}/closed.png >&- 2>&- <&-")[0] == 0
    assert (tmp_path / "open.png").read_bytes() == (tmp_path / "closed.png").read_bytes()


@pytest.mark.parametrize(("encoding", "expected"), [("ascii", r"k\xe4se \u65e5"), ("latin-1", r"käse \u65e5")])
def test_what_a_terminal_cannot_show_is_escaped(monkeypatch, encoding, expected):
    for name, say in (("stdout", answer), ("stderr", tell)):
        stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
        monkeypatch.setattr(sys, name, stream)
        say("käse 日")
        assert stream.buffer.getvalue().decode(encoding) == f"{expected}\n"


def test_talk_that_nobody_can_hear_does_not_stop_the_work(monkeypatch):
    class Gone(io.StringIO):
        def write(self, text):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stderr", Gone())
    tell("interrupted")
