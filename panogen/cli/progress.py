"""How far a command is, where no terminal shows a bar: a plain line now and then."""

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from panogen.cli.talk import tell

FIRST_S = 5.0  # before the first line, and the least between two
LAST_S = 60.0  # the most between two
SHARE = 0.1  # of the whole that is worth a line


def on_terminal() -> bool:
    """Return whether stderr is a terminal."""
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # it is closed
        return False


class Lines:
    """Says how far a command is, as in ``panogen render: 40 %, 0:12 left``: for every tenth of the whole, but neither
    more often than every ``FIRST_S`` nor more rarely than every ``LAST_S`` seconds.

    It has those of tqdm's methods and attributes that commands use. ``clock`` is in seconds.
    """

    disable = False

    def __init__(
        self,
        iterable: Sequence[Any] = (),
        total: float | None = None,
        initial: float = 0,
        desc: str = "",
        unit: str = "",
        clock: Callable[[], float] = time.monotonic,
        **looks: Any,
    ):
        self.iterable, self.total = iterable, total or len(iterable) or None
        self.initial = self.n = self.last_print_n = initial
        self.desc, self.unit, self.clock, self.extra = desc, unit, clock, ""
        context = click.get_current_context(silent=True)
        self.command = context.command_path if context else "panogen"
        self.began_s = self.spoke_s = clock()
        self.said = False  # anything of what is being done

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *exception: Any) -> None:
        """Say no more."""

    def __iter__(self) -> Iterator[Any]:
        for item in self.iterable:
            yield item
            self.update(1)

    def update(self, more: float = 1) -> None:
        """Go on by so much, with a line if one is due."""
        self.n += more
        waited = self.clock() - self.spoke_s
        further = self.total is not None and self.n - self.last_print_n >= SHARE * self.total
        if waited >= LAST_S or (waited >= FIRST_S and (further or not self.said)):
            self.spoke_s, self.last_print_n, self.said = self.clock(), self.n, True
            tell(self.line())

    def set_description(self, desc: str, **how: Any) -> None:
        """Say what is being done; a stage of its own begins."""
        self.desc, self.initial, self.began_s, self.said = desc, self.n, self.clock(), False

    def set_postfix(self, values: Mapping[str, Any], **how: Any) -> None:
        """Say how it is going."""
        self.extra = ", ".join(f"{name} {value}" for name, value in values.items())

    def line(self) -> str:
        """Return how far it is."""
        if self.total is None:
            done = f"{self.n:g}{self.unit}"
        else:
            done = f"{self.n / self.total:.0%}".replace("%", " %") + self.left()
        return f"{self.command}: {', '.join(filter(None, (self.desc, done, self.extra)))}"

    def left(self) -> str:
        """Return how long it will still take, at the speed so far."""
        seconds, done = self.clock() - self.began_s, self.n - self.initial
        if self.total is None or done <= 0:
            return ""
        minutes, rest = divmod(round(seconds / done * (self.total - self.n)), 60)
        hours, minutes = divmod(minutes, 60)
        return f", {hours}:{minutes:02d}:{rest:02d} left" if hours else f", {minutes}:{rest:02d} left"
