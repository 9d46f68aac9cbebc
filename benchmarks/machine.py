"""The limits of the machine that speeds are stated against."""

import resource
import sys
import time

import torch


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


def describe() -> str:
    """The machine in a line."""
    return f"torch {torch.__version__}, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"
