"""What torch needs from the process on a CPU: memory that stays, and threads that do not wait for each other."""

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # malloc.h

Item = TypeVar("Item")
Made = TypeVar("Made")


def keep_large_buffers() -> bool:
    """Tell glibc to keep freed buffers instead of handing them back to the kernel, which then clears each anew.

    False where there is no glibc; nothing is changed then.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    # No buffer is mapped, whatever its size; none is handed back; and what one thread frees serves all.
    settings = {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_ARENA_MAX: 1}
    return all([mallopt(name, value) for name, value in settings.items()])


def default_workers() -> int:
    """Work in flight: one for each core that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextlib.contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Run torch operations of this process on ``count`` threads each, and on as many as before afterwards."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def mapped(make: Callable[[Item], Made], items: Iterable[Item]) -> Generator[Made]:
    """Yield ``make`` of item after item, some at a time. Items that have not begun are given up with the iteration."""
    pool = ThreadPoolExecutor(default_workers())
    try:
        yield from pool.map(make, items)
    finally:
        pool.shutdown(cancel_futures=True)
