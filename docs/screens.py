"""Pictures of the pages that panogen makes, as a real browser shows them: seed 26 of the default model.

python docs/screens.py export export.jpg
python docs/screens.py view view-live.jpg
python docs/screens.py live live.webp

Chromium must be installed. The clip's frames come from the shaders of the live page, computed in software, with samples
three times as far apart as an eye needs them; the circle is the gaze.
"""

import base64
import contextlib
import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from panogen import load
from panogen.apps.export import Export, Live, save_export

sys.path.append(str(Path(__file__).parent.parent))

from tests.apps.export.test_browser import served
from tests.apps.export.test_live_browser import ENGINE, LOOK
from tests.browser import NO_GPU, WEBGPU, Browser

SEED = 26
WINDOW = 1280, 720
CLIP = 480, 270
FRAMES, FRAME_MS, SPARSITY, CIRCLE = 30, 100, 3, 24
WIDE = 60, 0.35  # degrees that the clip looks to either side, and shares of the window that its gaze goes
BLANK = "<!doctype html><link rel=icon href='data:,'>"


@contextlib.contextmanager
def browser(size: tuple[int, int], flags: tuple[str, ...] = NO_GPU) -> Iterator[Any]:
    """A window of so many pixels."""
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        contextlib.closing(Browser(Path(folder), *size, flags)) as opened,
    ):
        yield opened


def export(path: Path) -> None:
    """The page that looks around in tiles."""
    with tempfile.TemporaryDirectory() as folder, browser(WINDOW) as page:
        save_export(load(), SEED, Path(folder) / "out", Export(width=4096, viewer=True))
        with served(folder) as address:
            page.open(f"{address}/out/index.html")
            page.wait("typeof viewer !== 'undefined' && viewer && viewer.isLoaded()")
            page.wait("!viewer.getRenderer().isLoading() && !viewer.isInMotion")
            page.screenshot(path)


def view(path: Path) -> None:
    """The page of ``panogen view``, its gaze right of the middle."""
    command = [sys.executable, "-m", "panogen", "view", "--seed", str(SEED), "--port", "0"]
    with browser(WINDOW) as page, subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            page.open(process.stdout.readline().strip())
            shown = "document.getElementById('picture').dataset"
            page.wait(f"{shown}.level === '2'")
            page.run(f"window.before = Number({shown}.asked)")
            page.move(560, 330)
            page.wait(f"Number({shown}.asked) > before && {shown}.number === {shown}.asked && {shown}.level === '1'")
            page.screenshot(path)
        finally:
            process.terminate()


def live(path: Path) -> None:
    """A clip of the live page, looking around."""
    with tempfile.TemporaryDirectory() as folder, browser(CLIP, WEBGPU) as page:
        save_export(load(), SEED, Path(folder) / "out", Export(width=64, tile=32, tiling=Live.name))
        (Path(folder) / "out" / "blank.html").write_text(BLANK)
        with served(folder) as address:
            page.open(f"{address}/out/blank.html")
            page.run(ENGINE)
            frames = [frame(page, 2 * math.pi * number / FRAMES) for number in range(FRAMES)]
    frames[0].save(path, save_all=True, append_images=frames[1:], duration=FRAME_MS, loop=0, quality=70)


def frame(page: Any, turn: float) -> Image.Image:
    """What is seen after a part of the turn, in radians."""
    gaze = 0.5 + WIDE[1] * math.cos(turn), 0.5 + WIDE[1] / 2 * math.sin(2 * turn)
    look = {**LOOK, "seed": SEED, "width": CLIP[0], "height": CLIP[1], "yaw_deg": WIDE[0] * math.sin(turn)}
    look |= {"gaze_x": gaze[0], "gaze_y": gaze[1], "coarser": SPARSITY}
    page.send(
        "Runtime.evaluate",
        expression=f"window.frame = null; foveated({json.dumps(look)}).then((it) => window.frame = it)",
    )
    rows, columns, text, *_ = page.wait("window.frame")
    picture = Image.frombytes("RGBA", (columns, rows), base64.b64decode(text)).convert("RGB")
    x, y = gaze[0] * columns, gaze[1] * rows
    ImageDraw.Draw(picture).ellipse((x - CIRCLE, y - CIRCLE, x + CIRCLE, y + CIRCLE), outline="white")
    return picture


if __name__ == "__main__":
    known = {"export": export, "view": view, "live": live}
    if len(sys.argv) != 3 or sys.argv[1] not in known:
        sys.exit(f"what to show must be one of {', '.join(known)}, and then a file, got {' '.join(sys.argv[1:])!r}")
    known[sys.argv[1]](Path(sys.argv[2]))
