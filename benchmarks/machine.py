"""The limits of the machine that speeds are stated against."""

import time

import torch

from panogen.evaluation.machine import describe, peak_memory_mb

__all__ = ["describe", "matrix_product_gflops", "peak_memory_mb"]


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
