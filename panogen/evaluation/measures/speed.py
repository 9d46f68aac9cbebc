"""How fast a model renders on this machine, and the memory that it took."""

import platform
import statistics
import sys
import timeit
from collections.abc import Callable
from pathlib import Path

from panogen.base.runtime import default_workers
from panogen.evaluation.measures.base import Found, Group, Measure, Samples
from panogen.grids.view import View

REPEATS = 3
WIDTH = 1024


def found(samples: Samples) -> Found:
    """Take medians over some renders, after one that loads what is loaded at first use.

    ``peak_memory_mb`` is of the whole evaluation so far; Windows does not tell it.
    """
    panogen, seed = samples.panogen, samples.config.seed
    lens = View(width=640, height=360, projection="perspective")
    jobs: dict[str, Callable[[], object]] = {
        "panorama": lambda: panogen.render(seed, View(width=WIDTH)),
        "lens_view": lambda: panogen.render(seed, lens),
        "foveated": lambda: panogen.foveate(seed, view=lens),
    }
    seconds = {}
    for name, job in jobs.items():
        job()
        seconds[name] = statistics.median(timeit.repeat(job, repeat=REPEATS, number=1))
        samples.report("timed renders", 1, len(jobs))
    pixels = WIDTH * samples.band.natural_height(WIDTH)
    machine = {
        "machine": describe(),
        "device": str(panogen.model.generator.w_avg.device),
        "pixels_per_second": round(pixels / seconds["panorama"]),
        **{f"{name}_seconds": round(median, 3) for name, median in seconds.items()},
    }
    if (peak := peak_memory_mb()) is not None:
        machine["peak_memory_mb"] = round(peak)
    return Found(machine=machine)


def describe() -> str:
    """Name the machine and what of it torch uses, in a line."""
    import torch

    return (
        f"{processor()}, {default_workers()} cores, {torch.backends.cpu.get_cpu_capability()}; "
        f"torch {torch.__version__}, {torch.get_num_threads()} threads"
    )


def processor() -> str:
    """Return the name of the processor."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text("utf-8", "replace").splitlines() if known.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def peak_memory_mb() -> float | None:
    """Return the most memory this process has held, in MB, or None where no system says: on Windows."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


MEASURE = Measure("pixels a second and memory, on this machine", Group.MACHINE, {}, of=found)
