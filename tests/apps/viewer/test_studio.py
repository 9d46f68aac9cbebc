import threading

import numpy as np
import pytest

from panogen.apps.viewer.messages import Look
from panogen.apps.viewer.painter import Frame, Level
from panogen.apps.viewer.studio import REST_S, Studio
from panogen.base.errors import UsageError
from tests.apps.viewer.conftest import LOOK

PATIENCE_S = 10


class Painter:
    """Paints nothing; those of ``slow`` levels last until they are told to end, or end themselves."""

    def __init__(self, slow=()):
        self.slow, self.begun, self.painted, self.given_up = slow, [], [], []
        self.go = threading.Event()

    def last_level(self, look):
        return Level.FINE if look.heat else Level.FULL

    def paint(self, look, level, progress):
        self.begun.append((look.number, level))
        try:
            progress(1)
            while level in self.slow and not self.go.wait(0.005):
                progress(1)
        except BaseException:
            self.given_up.append((look.number, level))
            raise
        self.painted.append((look.number, level))
        return Frame(look, level, level.name, np.zeros((1, 1, 3), np.uint8), 1, 1, 1.0)


class Client:
    """Keeps what a studio delivers."""

    def __init__(self):
        self.got, self._more = [], threading.Condition()

    def __call__(self, done):
        with self._more:
            self.got.append((done.look.number, done.level) if isinstance(done, Frame) else done)
            self._more.notify_all()

    def wait_for(self, wanted):
        with self._more:
            assert self._more.wait_for(lambda: wanted in self.got, PATIENCE_S), (wanted, self.got)


@pytest.fixture
def studio_of():
    studios = []

    def make(painter):
        studios.append(Studio(painter))
        return studios[-1]

    yield make
    for studio in studios:
        studio.close()


def look(number, **more):
    return Look(**{**LOOK, "number": number, "yaw_deg": number / 100, **more})


def wait_until(true):
    done = threading.Event()
    for _ in range(PATIENCE_S * 200):
        if true():
            return
        done.wait(0.005)
    raise AssertionError


def test_a_look_gets_better_and_better(studio_of):
    client = Client()
    studio_of(Painter()).ask("page", look(1), client)
    client.wait_for((1, Level.FULL))
    assert client.got == [(1, level) for level in Level]


def test_full_quality_waits_for_the_gaze_to_rest(studio_of, monkeypatch):
    monkeypatch.setattr("panogen.apps.viewer.studio.REST_S", 1.5)  # longer than a busy machine stalls
    painter, client = Painter(), Client()
    studio = studio_of(painter)
    for number in (1, 2):
        studio.ask("page", look(number), client)
        client.wait_for((number, Level.FINE))
        threading.Event().wait(REST_S / 3)
    assert (1, Level.FULL) not in painter.begun
    client.wait_for((2, Level.FULL))
    studio.ask("page", look(3, foveated=False), client)
    client.wait_for((3, Level.FULL))


def test_the_newest_look_ends_the_one_before(studio_of):
    painter, client = Painter(slow=[Level.FINE]), Client()
    studio = studio_of(painter)
    studio.ask("page", look(1), client)
    wait_until(lambda: (1, Level.FINE) in painter.begun)
    studio.ask("page", look(2), client)
    client.wait_for((2, Level.COARSE))
    assert painter.given_up == [(1, Level.FINE)]
    painter.go.set()
    client.wait_for((2, Level.FINE))
    assert (1, Level.FINE) not in client.got


def test_a_coarse_picture_is_finished(studio_of):
    painter, client = Painter(slow=[Level.COARSE]), Client()
    studio = studio_of(painter)
    studio.ask("page", look(1), client)
    wait_until(lambda: painter.begun)
    for number in range(2, 100):
        studio.ask("page", look(number), client)
    painter.go.set()
    client.wait_for((99, Level.FULL))
    assert client.got == [(1, Level.COARSE), *((99, level) for level in Level)]


def test_a_gaze_alone_needs_no_coarse_picture(studio_of):
    painter, client = Painter(), Client()
    studio = studio_of(painter)
    studio.ask("page", look(1, yaw_deg=0), client)
    client.wait_for((1, Level.FINE))
    studio.ask("page", look(2, yaw_deg=0, gaze_x=0.1), client)
    client.wait_for((2, Level.FINE))
    assert (2, Level.COARSE) not in client.got


def test_a_gaze_before_the_coarse_picture_leaves_it(studio_of):
    painter, client = Painter(slow=[Level.COARSE]), Client()
    studio = studio_of(painter)
    studio.ask("page", look(1, yaw_deg=0), client)
    studio.ask("page", look(2, yaw_deg=0, gaze_x=0.1), client)
    painter.go.set()
    client.wait_for((2, Level.COARSE))


def test_a_coarse_picture_of_another_page_comes_first(studio_of):
    painter, first, second = Painter(slow=[Level.FULL]), Client(), Client()
    studio = studio_of(painter)
    studio.ask("first", look(1, foveated=False), first)
    wait_until(lambda: (1, Level.FULL) in painter.begun)
    studio.ask("second", look(7, heat=True), second)
    second.wait_for((7, Level.FINE))
    assert (1, Level.FULL) in painter.given_up
    painter.go.set()
    first.wait_for((1, Level.FULL))


@pytest.mark.parametrize("level", Level)
def test_a_page_that_leaves_is_not_painted_for(studio_of, level):
    painter, client = Painter(slow=[level]), Client()
    studio = studio_of(painter)
    studio.ask("page", look(1), client)
    wait_until(lambda: (1, level) in painter.begun)
    studio.leave("page")
    wait_until(lambda: painter.given_up)
    assert (1, level) not in client.got


def test_closing_ends_what_is_painted():
    painter = Painter(slow=[Level.COARSE])
    studio = Studio(painter)
    studio.ask("page", look(1), Client())
    wait_until(lambda: painter.begun)
    studio.close()
    assert painter.given_up


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (UsageError("fov_deg must be less"), "fov_deg must be less"),
        (MemoryError(), "out of memory; make the window smaller"),
        (ZeroDivisionError(), "this view could not be rendered; the terminal says why"),
    ],
)
def test_what_goes_wrong_is_said_once_and_the_next_look_is_painted(studio_of, caplog, error, said):
    class Failing(Painter):
        def paint(self, look, level, progress):
            if look.number == 1:
                raise error
            return super().paint(look, level, progress)

    client = Client()
    studio = studio_of(Failing())
    studio.ask("page", look(1), client)
    client.wait_for(said)
    studio.ask("page", look(2), client)
    client.wait_for((2, Level.FULL))
    assert client.got.count(said) == 1
    assert bool(caplog.records) == isinstance(error, ZeroDivisionError)
