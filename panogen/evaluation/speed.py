"""How fast a model renders on this machine, and the memory that it took."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from panogen.evaluation.machine import describe, peak_memory_mb
from panogen.evaluation.material import Material
from panogen.grids.view import View

REPEATS = 3
WIDTH = 1024


def seconds_of(job: Callable[[], object]) -> float:
    """How long a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def speed(material: Material) -> dict[str, Any]:
    """Medians over some renders, after one that loads what is loaded at first use. ``peak_memory_mb`` is of the whole
    evaluation so far."""
    panogen, seed = material.panogen, material.config.seed
    panorama: dict[str, Any] = {"width": WIDTH}
    lens: dict[str, Any] = {"width": 640, "height": 360, "projection": "perspective"}
    jobs: dict[str, Callable[[], object]] = {
        "panorama": lambda: panogen.render(seed, View(**panorama)),
        "lens": lambda: panogen.render(seed, View(**lens)),
        "foveated": lambda: panogen.foveate(seed, view=View(**lens)),
    }
    seconds = {}
    for name, job in jobs.items():
        job()
        seconds[name] = statistics.median(seconds_of(job) for _ in range(REPEATS))
        material.report("speed", 1, len(jobs))
    pixels = WIDTH * material.chart.natural_height(WIDTH)
    return {
        "machine": describe(),
        "device": str(panogen.model.generator.w_avg.device),
        "pixels_per_second": round(pixels / seconds["panorama"]),
        "panorama_seconds": round(seconds["panorama"], 3),
        "lens_view_seconds": round(seconds["lens"], 3),
        "foveated_seconds": round(seconds["foveated"], 3),
        "peak_memory_mb": round(peak_memory_mb()),
    }
