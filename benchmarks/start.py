"""How long panogen takes to begin: to answer --help, and to have the first pixels of a picture.

    python benchmarks/start.py

Every run is a process of its own, timed from before it is started; the kinds take turns. No picture begins before
torch is imported, so the time of that is the limit, and the ratio to it is taken run by run. What is read is in the
system's file cache after the runs that are not counted.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
from machine import seconds_of
from record import Table, recorded, spread

NOW = "print(time.time(), flush=True); os._exit(0)"
TORCH = f"import os, time, torch; {NOW}"
# Ends when the progress bar first hears of pixels.
FIRST_PIXELS = f"""
import contextlib, os, sys, time
from panogen.cli import main, pictures

class Bar:
    def update(self, pixels):
        {NOW}

pictures.progress_bar = lambda *arguments, **settings: contextlib.nullcontext(Bar())
main.main(["render", sys.argv[1]])
"""


def seconds_to_end(*arguments: str) -> float:
    """Of a command line."""
    return seconds_of(lambda: subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL))


def seconds_until_told(code: str, *arguments: str) -> float:
    """Until a program says what time it is."""
    start = time.time()
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, stdout=subprocess.PIPE, text=True)
    return float(done.stdout) - start


@click.command()
@click.option("--runs", default=11, show_default=True)
@recorded
def main(runs: int) -> Iterator[Table]:
    """Time the beginning."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out.png")
        kinds = {
            "panogen --help": lambda: seconds_to_end("-m", "panogen", "--help"),
            "panogen render --help": lambda: seconds_to_end("-m", "panogen", "render", "--help"),
            "import torch": lambda: seconds_until_told(TORCH),
            "panogen render, first pixels": lambda: seconds_until_told(FIRST_PIXELS, out),
        }
        rounds = [{name: measure() for name, measure in kinds.items()} for _ in range(runs + 1)][1:]
    yield Table(
        f"{runs} runs of each, in turn: median (least to most)",
        {"": "", "seconds": ".2f", "over import torch": ".2f"},
        [
            [name, spread(one[name] for one in rounds), spread(one[name] / one["import torch"] for one in rounds)]
            for name in kinds
        ],
    )


if __name__ == "__main__":
    main()
