"""The machine that speeds are stated of, and its limits that they are stated against."""

import multiprocessing
import os
import platform
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TypeVar

import torch

Result = TypeVar("Result")


def matrix_product_gflops(seconds: float = 0.5) -> float:
    """GFLOP/s of float32 matrix products on all cores: of a square one or of a layer's, whichever is faster."""
    best = 0.0
    sizes = ((1024, 1024), (2048, 512))
    for rows, inner in sizes:
        a, b, out = torch.randn(rows, inner), torch.randn(inner, inner), torch.empty(rows, inner)
        with torch.inference_mode():
            torch.mm(a, b, out=out)
            count, start = 0, time.perf_counter()
            while (elapsed := time.perf_counter() - start) < seconds / len(sizes):
                torch.mm(a, b, out=out)
                count += 1
        best = max(best, 2 * rows * inner * inner * count / elapsed / 1e9)
    return best


def peak_memory_mb() -> float:
    """The most memory this process has held, in MB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def processor() -> str:
    """Its name."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def describe() -> str:
    """The machine in a line."""
    return (
        f"{processor()}, {os.cpu_count()} cores, {torch.backends.cpu.get_cpu_capability()}; torch {torch.__version__}, "
        f"{torch.get_num_threads()} threads; {matrix_product_gflops():.0f} GFLOP/s in float32 matrix products"
    )


def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """What a function returns in a process of its own, which has only its own memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()
