"""The signals that ask a process to stop, which all do what Ctrl-C does."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

# Ctrl-C, kill, and a terminal that is closed; Windows has no hangup.
STOPPING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
PIPE_CLOSED = 128 + 13  # what a process ends with whose pipe nobody reads any more, as shells count SIGPIPE


class Stopped(KeyboardInterrupt):
    """A signal has asked this process to stop."""

    def __init__(self, number: int):
        super().__init__(number)
        self.number = number


def exit_code(stop: KeyboardInterrupt) -> int:
    """Return what a process ends with that was asked to stop, as shells count it."""
    return 128 + (stop.number if isinstance(stop, Stopped) else signal.SIGINT)


@contextlib.contextmanager
def handled(handler: Callable[[int, Any], None]) -> Iterator[None]:
    """Hand the signals that ask to stop to a handler for as long as the block lasts.

    Those that are ignored stay so, as SIGHUP is under nohup. Signals reach the main thread alone; in any other, nothing
    changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in STOPPING}
    before = {number: known for number, known in before.items() if known not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, known in before.items():
            signal.signal(number, known)


def stop(number: int, frame: Any) -> None:
    """Raise ``Stopped``: a handler of signals."""
    raise Stopped(number)
