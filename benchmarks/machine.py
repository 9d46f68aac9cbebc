"""The machine that speeds are stated of, and its limits that they are stated against."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

import torch

from panogen.evaluation.measures.speed import describe

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


def seconds_of(work: Callable[[], object]) -> float:
    """How long a call takes, by the clock."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def named() -> str:
    """The machine in a line, with its matrix product peak."""
    return f"{describe()}; {matrix_product_gflops():.0f} GFLOP/s in float32 matrix products"


def apart(work: Callable[..., Result], *arguments: object) -> Result:
    """What a function returns in a process of its own, which has only its own memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()
