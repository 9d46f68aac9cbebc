"""Lines in place of a bar."""

import sys

import click
import pytest
from click.testing import CliRunner

from panogen.cli.options import progress_bar
from panogen.cli.progress import Lines, on_terminal


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def lines(steps, pause, **settings):
    """The lines, with the seconds at which they were said, of steps with a pause after each."""
    clock, said = Clock(), []
    patch = pytest.MonkeyPatch()
    with patch.context() as patch, Lines(clock=clock, **settings) as bar:
        patch.setattr("panogen.cli.progress.tell", lambda text: said.append((clock.now, text)))
        for _ in range(steps):
            clock.now += pause
            bar.update(1)
    return said


def test_what_is_done_soon_says_nothing():
    assert lines(100, 0.04, total=100) == []


def test_the_first_line_comes_soon_and_then_one_for_each_tenth():
    assert lines(100, 1, total=100)[:3] == [
        (5, "panogen: 5 %, 1:35 left"),
        (15, "panogen: 15 %, 1:25 left"),
        (25, "panogen: 25 %, 1:15 left"),
    ]


def test_what_takes_long_says_something_each_minute():
    said = lines(600, 6, total=100_000)
    assert [second for second, _ in said] == [6, *range(66, 3601, 60)]
    assert said[0][1] == "panogen: 0 %, 166:39:54 left"


def test_without_an_end_it_counts():
    assert lines(70, 1, unit=" files") == [(5, "panogen: 5 files"), (65, "panogen: 65 files")]


def test_what_was_done_before_is_no_speed():
    assert lines(10, 1, total=100, initial=50)[0] == (5, "panogen: 55 %, 0:45 left")


def test_it_says_what_is_done_and_how_it_goes(monkeypatch):
    clock, said = Clock(), []
    monkeypatch.setattr("panogen.cli.progress.tell", said.append)
    bar = Lines(total=4, clock=clock, unit=" pictures", smoothing=0.05)
    for name in ("swd", "seam"):
        bar.set_description(name, refresh=False)
        bar.n = bar.last_print_n = 0
        bar.set_postfix({"pixels": 32, "d": "0.70"}, refresh=False)
        clock.now += 8
        bar.update(2)
    assert said[0] == "panogen: swd, 50 %, 0:08 left, pixels 32, d 0.70"
    assert said[1].startswith("panogen: seam, 50 %")


def test_it_gives_what_it_is_given():
    with Lines("abc") as bar:
        assert list(bar) == ["a", "b", "c"]
    assert bar.n == bar.total == 3


@pytest.mark.parametrize(("terminal", "kind"), [(False, "Lines"), (True, "tqdm")])
def test_bars_are_for_terminals(monkeypatch, terminal, kind):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)
    assert on_terminal() == terminal
    assert type(progress_bar(False, total=3)).__name__ == kind
    assert progress_bar(True, total=3).disable


def test_a_closed_stderr_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    assert not on_terminal()


def test_the_command_has_its_name_in_it():
    @click.command("render")
    def command():
        click.echo(Lines(total=4).line())

    assert CliRunner().invoke(command, prog_name="panogen render").output == "panogen render: 0 %\n"
