"""A picture's windows on their way to the workers of a dask cluster and back."""

from __future__ import annotations

import contextlib
import importlib.metadata
import logging
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from panogen.base.errors import JobError, UsageError
from panogen.base.extras import require
from panogen.base.version import __version__
from panogen.grids import Window

if TYPE_CHECKING:
    from distributed import Client, Future

    from panogen.api import Panogen
    from panogen.grids.view import View
    from panogen.places import Place
    from panogen.rendering import PixelRenderer, RenderWindows, WindowPixels

AHEAD = 2  # windows that are out for each thread of a worker: one in hand, one to go on with
CONNECT_S = 10.0
TICK_S = 1.0  # between two looks at who is there
FETCH_S = 30.0  # for a finished window to arrive, before others are looked at
PATIENCE_S = 300.0  # with no worker there
RESUME = "nothing is lost, --resume goes on with it"


@contextlib.contextmanager
def spread(
    address: str,
    panogen: Panogen,
    place: Place | int,
    view: View,
    pixel_renderer: PixelRenderer,
    *,
    tell: Callable[[str], None] = print,
    patience_s: float = PATIENCE_S,
) -> Iterator[RenderWindows]:
    """Yield ``windows`` for ``Output.write``: a scheduler's workers make them in place of ``pixel_renderer``.

    They are sent the model, the field and the view, and hold them until the block ends. Those who come while it lasts
    take part, and windows of those who go are made again. With none there it waits for ``patience_s``. ``tell`` hears
    of that, and of workers whose pixels may differ in the last bit. Raises UsageError, JobError.
    """
    require("cluster", "a cluster needs dask", "; without --scheduler this machine renders alone")
    from panogen.apps.cluster.worker import Picture

    if view.points is not None:
        raise UsageError(f"points {str(view.points)!r} stay on this machine; leave --scheduler out")
    picture = Picture.of(panogen, panogen.field(place), view, pixel_renderer)
    name = f"panogen-{secrets.token_hex(8)}"
    with connected(address) as client:
        flight = Flight(client, address, name, pixel_renderer, tell, patience_s)
        try:
            with flight.talking():
                flight.check_scheduler()
                flight.check_workers()
                client.register_plugin(picture, name)
            yield flight.windows
        finally:
            if client.status == "running":
                with contextlib.suppress(OSError, ValueError):  # of workers that go meanwhile; it was never there
                    client.cancel(list(flight.out))
                    client.unregister_worker_plugin(name)


@contextlib.contextmanager
def connected(address: str) -> Iterator[Client]:
    """Yield a client of the scheduler at an address. Raises UsageError, JobError."""
    from distributed import Client
    from distributed.comm.addressing import get_address_host_port

    try:
        get_address_host_port(address)  # a client that finds this out itself ends with a traceback, half a minute later
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except ValueError as error:
        raise UsageError(f"scheduler must be an address like tcp://HOST:8786, got {address!r}: {error}") from None
    except OSError:
        raise JobError(
            f"no scheduler answers at {address} within {CONNECT_S:g} s; start one with: dask scheduler"
        ) from None
    log = logging.getLogger("distributed.client")
    level = log.level
    log.setLevel(logging.CRITICAL)  # what it has to say about lost connections, we say
    try:
        with client:
            yield client
    finally:
        log.setLevel(level)


@dataclass
class Flight:
    """The windows that are ``out``, at most ``AHEAD`` for each thread of the workers; see ``spread``."""

    client: Client
    address: str
    name: str
    pixel_renderer: PixelRenderer
    tell: Callable[[str], None]
    patience_s: float
    out: dict[Future[Any], Window] = field(default_factory=dict)
    checked: set[str] = field(default_factory=set)  # workers that have this version of panogen
    other_bits: set[str] = field(default_factory=set)  # workers that compute other last bits
    alone_since_s: float | None = None

    def windows(self, windows: Iterable[Window]) -> Iterator[WindowPixels]:
        """Windows of the picture as they come back, in any order; see ``PixelRenderer.windows``. Raises JobError."""
        from panogen.apps.cluster.worker import paint

        waiting = deque(windows)
        with self.talking():
            while waiting or self.out:
                finished = self._finished()
                threads = self.check_workers()  # before the first window of a newcomer is taken
                for future in finished:
                    yield from self._taken(future)
                while waiting and len(self.out) < AHEAD * threads:
                    window = waiting.popleft()
                    key = f"{self.name}-{'-'.join(map(str, window))}"
                    self.out[self.client.submit(paint, self.name, window, key=key)] = window

    def check_workers(self) -> int:
        """See who is there, and return how many threads they have together. Raises JobError after ``patience_s`` with
        no worker, and for one with another panogen."""
        counts: dict[str, int] = self.client.nthreads()
        newcomers = sorted(counts.keys() - self.checked)
        if newcomers:
            found = self.client.run(importlib.metadata.version, "panogen", workers=newcomers, on_error="return")
            found = {worker: version for worker, version in found.items() if not isinstance(version, OSError)}  # gone
            check_versions({f"the worker {worker}": version for worker, version in found.items()})
            self.checked.update(found)
        if counts:
            self.alone_since_s = None
        elif self.alone_since_s is None:
            self.alone_since_s = time.monotonic()
            self.tell(f"no worker at {self.address}: waiting {self.patience_s:g} s for one; dask worker starts it")
        elif time.monotonic() - self.alone_since_s > self.patience_s:
            raise JobError(f"no worker came to {self.address} within {self.patience_s:g} s; {RESUME}")
        return sum(counts.values())

    def check_scheduler(self) -> None:
        """Raise JobError for a scheduler with another panogen: it unpacks tasks on their way."""
        try:
            version: object = self.client.run_on_scheduler(importlib.metadata.version, "panogen")
        except importlib.metadata.PackageNotFoundError as error:
            version = error
        check_versions({f"the scheduler {self.address}": version})

    @contextlib.contextmanager
    def talking(self) -> Iterator[None]:
        """Make JobError of a connection that breaks."""
        from distributed import CancelledError

        try:
            yield
        except (OSError, CancelledError):
            raise JobError(f"the scheduler {self.address} does not answer any more; {RESUME}") from None

    def _finished(self) -> list[Future[Any]]:
        # Those that are, or fail, within a tick.
        from distributed import wait

        if not self.out:
            if self.alone_since_s is not None:
                time.sleep(TICK_S)
            return []
        with self.client.as_current(), contextlib.suppress(TimeoutError):
            return list(wait(list(self.out), timeout=TICK_S, return_when="FIRST_COMPLETED").done)
        return []

    def _taken(self, future: Future[Any]) -> Iterator[WindowPixels]:
        # The window of a future that was finished; none where its worker has died since. Raises JobError.
        window = self.out[future]
        if future.status == "error":
            raise failure(window, future.exception())
        try:
            made = future.result(timeout=FETCH_S)
        except TimeoutError:
            return
        del self.out[future]
        future.release()
        if not made.same_bits and made.worker not in self.other_bits:
            self.other_bits.add(made.worker)
            self.tell(
                f"the worker {made.worker}, with torch {made.torch}, rounds otherwise than this machine: a few of its "
                "pixels may be a level lighter or darker"
            )
        self.pixel_renderer.renderer.progress(window.height * window.width * self.pixel_renderer.supersample**2)
        yield window, made.pixels, made.unseen


def check_versions(versions: dict[str, object]) -> None:
    """Raise JobError unless each of these, by what ``importlib.metadata.version`` gave or raised, has this version."""
    for where, version in versions.items():
        if isinstance(version, importlib.metadata.PackageNotFoundError):
            raise JobError(f"{where} has no panogen; install {__version__} there: pip install 'panogen[cluster]'")
        if version != __version__:
            raise JobError(f"{where} has panogen {version}, this machine {__version__}; install the same on both")


def failure(window: Window, error: BaseException) -> JobError:
    """Return the error for a window that no worker makes."""
    from distributed import KilledWorker

    top, left, height, width = window
    where = f"rows {top} to {top + height - 1}, columns {left} to {left + width - 1}"
    if isinstance(error, KilledWorker):
        return JobError(
            f"{error.allowed_failures + 1} workers died, one after the other, while they had {where}: it may be that "
            f"they lack memory; {RESUME}"
        )
    return JobError(f"a worker cannot make {where}: {error!r}; {RESUME}")
