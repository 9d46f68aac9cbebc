"""Who is painted for next: one thread, the newest look of each page, the coarsest picture first."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

import torch

from panogen.apps.viewer.messages import Look
from panogen.apps.viewer.painter import Frame, Level, Painter
from panogen.base.errors import JobError, UsageError

REST_S = 0.4  # a gaze that stays as long is given full quality

Deliver = Callable[[Frame | str], object]  # takes a frame, or a sentence on what went wrong


class Outdated(Exception):  # noqa: N818 - it ends a render, and nothing went wrong
    """There is something newer or coarser to be painted."""


@dataclass(eq=False)
class Order:
    """The newest look of a page, and the level to be painted next; None when all are."""

    page: Hashable
    look: Look
    deliver: Deliver
    level: Level | None
    since: float = field(default_factory=time.monotonic)

    @property
    def due(self) -> float:
        """Return when its next level may begin: at once, or for full quality of a foveated look when the gaze rests."""
        return self.since + (REST_S if self.level == Level.FULL and self.look.foveated else 0.0)


class Studio:
    """Paints on a thread of its own, from the first ``ask`` until ``close``.

    A page has one order, its newest: nothing ever queues. A picture is given up between two blocks when its order is
    no longer the page's, or when another page waits for a coarser one; a coarse picture, which is soon done, only when
    its page is gone, so that there is something to see while the view keeps moving.
    """

    def __init__(self, painter: Painter):
        self.painter = painter
        self._orders: dict[Hashable, Order] = {}
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="studio", daemon=True)
        self._thread.start()

    def ask(self, page: Hashable, look: Look, deliver: Deliver) -> None:
        """Replace what a page asked for. Frames go to ``deliver`` on the studio's thread."""
        with self._changed:
            level, before = Level.COARSE, self._orders.get(page)
            if before is not None and before.level != Level.COARSE and before.look.scene == look.scene:
                level = Level.FINE  # the same is seen, and a coarse picture of it is there
            self._orders[page] = Order(page, look, deliver, level)
            self._changed.notify()

    def leave(self, page: Hashable) -> None:
        """Forget a page."""
        with self._changed:
            self._orders.pop(page, None)

    def close(self) -> None:
        """Give up what is being painted and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _work(self) -> None:
        while (order := self._next()) is not None:
            with contextlib.suppress(Outdated):
                done = self._painted(order)
                order.level = self._after(done) if isinstance(done, Frame) else None
                order.deliver(done)

    def _painted(self, order: Order) -> Frame | str:
        # The next frame of an order, or what went wrong. Raises Outdated.
        level = order.level
        assert level is not None
        try:
            return self.painter.paint(order.look, level, lambda pixels: self._check(order, level))
        except Outdated:
            raise
        except (UsageError, JobError) as error:
            return str(error)
        except (MemoryError, torch.OutOfMemoryError):
            return "out of memory; make the window smaller"
        except Exception:
            logging.getLogger(__name__).exception("look %s", order.look)
            return "this view could not be rendered; the terminal says why"

    def _after(self, frame: Frame) -> Level | None:
        return Level(frame.level + 1) if frame.level < self.painter.last_level(frame.look) else None

    def _next(self) -> Order | None:
        # The order to work on, waited for; None when the studio is closed.
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                waiting = [order for order in self._orders.values() if order.level is not None]
                ready = [order for order in waiting if order.due <= now]
                if ready:
                    return min(ready, key=lambda order: (order.level, order.since))
                self._changed.wait(min(order.due for order in waiting) - now if waiting else None)
            return None

    def _check(self, order: Order, level: Level) -> None:
        # Raises Outdated where something else is to be painted.
        with self._changed:
            newest = self._orders.get(order.page)
            if self._closed or newest is None:
                raise Outdated
            if level > Level.COARSE and (newest is not order or any(map(level.__gt__, self._levels_due()))):
                raise Outdated

    def _levels_due(self) -> list[Level]:
        now = time.monotonic()
        return [order.level for order in self._orders.values() if order.level is not None and order.due <= now]
