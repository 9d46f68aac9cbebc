"""How soon the live page shows what is looked at, in a real browser, and what a flood of messages costs the server.

    python benchmarks/view.py moves
    python benchmarks/view.py flood

A move is one of the mouse: with its button held the view turns, without it the gaze alone goes elsewhere. Times are
taken in the page, from the event to the frame on its canvas.
"""

import contextlib
import json
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import click
from record import Cell, Table, recorded
from websockets.sync.client import connect

sys.path.append(str(Path(__file__).parent.parent))

from tests.browser import AHEAD, Browser

WIDTH, HEIGHT = 1280, 720
WARM_UP_S = 10  # of a flood: until every buffer has been used

# After begin() the next move of the mouse is timed; finished() waits for its fine frame.
STOPWATCH = """
(() => {
  const canvas = document.getElementById("picture");
  let moved = 0, move = null;
  addEventListener("pointermove", (event) => { moved = event.timeStamp; }, true);
  window.begin = () => {
    move = { asked: 0, times: {} };
    move.finished = new Promise((done) => { move.done = done; });
  };
  window.finished = () => move.finished;
  new MutationObserver((changes) => {
    const { asked, number, level } = canvas.dataset;
    if (!move) return;
    if (!move.asked && changes.some((change) => change.attributeName === "data-asked")) {
      move.asked = Number(asked);
      move.from = moved;
    } else if (move.asked && Number(number) >= move.asked) {
      const passed = performance.now() - move.from;
      if (!("first" in move.times)) move.times.first = passed;
      if (level >= 1) move.done({ ...move.times, fine: passed });
    }
  }).observe(canvas, { attributes: true });
})()
"""


@contextlib.contextmanager
def server() -> Iterator[tuple[str, int]]:
    """The address and the process of a page of the default model."""
    command = [sys.executable, "-m", "panogen", "view", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip(), process.pid
        finally:
            process.terminate()


@click.group()
def main() -> None:
    """Measure the live page."""


@main.command()
@click.option("--count", default=200, show_default=True)
@recorded
def moves(count: int) -> Iterator[Table]:
    """Time moves of the mouse."""
    rng, rows = random.Random(0), []
    with server() as (address, _), tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(Path(folder), WIDTH, HEIGHT)
        try:
            browser.open(address)
            browser.wait("document.getElementById('picture').dataset.level === '2'")
            browser.run(STOPWATCH)
            browser.mouse("mousePressed", 400, 400, button="left")
            for kind, button in (("the view turns", "left"), ("the gaze alone", "none")):
                times = [timed(browser, button, rng) for _ in range(count)]
                if button == "left":
                    rows.append([kind, "first", *summary(times, "first")])
                    browser.mouse("mouseReleased", 400, 400, button="left")
                rows.append([kind, "foveated", *summary(times, "fine")])
        finally:
            browser.close()
    yield Table(
        f"From the move to the frame on the page, {count} moves of each kind, {WIDTH} x {HEIGHT}",
        {"what moves": "", "frame": "", "median, ms": ".0f", "a tenth take more, ms": ".0f"},
        rows,
    )


def timed(browser: Browser, button: str, rng: random.Random) -> dict[str, float]:
    """Milliseconds to the first and to the fine frame after one move of the mouse."""
    browser.run("begin()")
    browser.mouse("mouseMoved", rng.randrange(50, 900), rng.randrange(100, 680), button=button)
    times: dict[str, float] = browser.run("finished()")
    return times


def summary(times: list[dict[str, float]], name: str) -> list[Cell]:
    """The median, and what a tenth take longer than."""
    values = sorted(one[name] for one in times)
    return [statistics.median(values), values[int(0.9 * len(values))]]


@main.command()
@click.option("--seconds", type=click.IntRange(WARM_UP_S + 1), default=60, show_default=True)
@click.option("--rate", default=200, show_default=True, help="Messages a second.")
@recorded
def flood(seconds: int, rate: int) -> Iterator[Table]:
    """Send looks faster than any can be painted, and watch the server's memory."""
    look = {"kind": "look", **AHEAD, "width": WIDTH, "height": HEIGHT}
    with server() as (address, process):
        origin = "/".join(address.split("/")[:3])
        with connect(address.replace("http", "ws") + "live", origin=origin, max_size=None, proxy=None) as page:
            headers: list[dict[str, int]] = []
            listener = threading.Thread(target=listen, args=(page, headers), daemon=True)
            listener.start()
            start, memory, sent = time.monotonic(), [], 0
            while (passed := time.monotonic() - start) < seconds:
                if sent < passed * rate:
                    sent += 1
                    page.send(json.dumps({**look, "number": sent, "yaw_deg": sent % 360}))
                else:
                    time.sleep(0.002)
                if len(memory) < passed:
                    memory.append(memory_mb(process))
            stopped = time.monotonic()
            while not headers or (headers[-1]["number"], headers[-1]["level"]) != (sent, 1):
                time.sleep(0.005)
            last = 1000 * (time.monotonic() - stopped)
    order = [(header["number"], header["level"]) for header in headers]
    ordered = "yes" if order == sorted(set(order)) else "NO"
    yield Table(
        f"{sent} looks in {seconds} s",
        {
            "frames": "d", "in order": "", "newest foveated, ms after the end": ".0f",
            f"MB after {WARM_UP_S} s": ".1f", "MB at the end": ".1f", "MB at most": ".1f",
        },
        [[len(order), ordered, last, memory[WARM_UP_S], memory[-1], max(memory)]],
    )  # fmt: skip


def listen(page: object, headers: list[dict[str, int]]) -> None:
    """Keep the headers of frames."""
    for message in page:  # type: ignore[attr-defined]
        if isinstance(message, bytes):
            length = int.from_bytes(message[:4], "big")
            headers.append(json.loads(message[4 : 4 + length]))


def memory_mb(process: int) -> float:
    """What a process has in memory now."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


if __name__ == "__main__":
    main()
