"""Signals that ask a process to stop."""

import os
import signal
import threading

import pytest

from panogen.base.signals import STOPPING, Stopped, exit_code, handled, stop
from tests.run.helpers import needs_signals

pytestmark = needs_signals


@pytest.mark.parametrize("number", STOPPING)
def test_each_is_raised_with_the_code_that_shells_expect(number):
    before = signal.signal(number, signal.SIG_DFL)  # programs in the background may ignore it
    try:
        with pytest.raises(Stopped) as stopped, handled(stop):
            os.kill(os.getpid(), number)
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert exit_code(stopped.value) == 128 + number
    assert exit_code(KeyboardInterrupt()) == 130


def test_what_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with handled(stop):
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_beside_the_main_thread_nothing_changes():
    before, meanwhile = signal.getsignal(signal.SIGTERM), []

    def run():
        with handled(stop):
            meanwhile.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert meanwhile == [before]
