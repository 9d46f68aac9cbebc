"""What torch and BLAS need of the process on a CPU: memory that stays, threads that do not wait for each other."""

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, TypeVar

from panogen.base.errors import JobError, UsageError

DEVICES = "cpu", "cuda"

M_TRIM_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -4, -8  # malloc.h

Item = TypeVar("Item")
Made = TypeVar("Made")


class _Computing:
    """Who computes: by threads within ``torch_threads``, the counts that those found; and whether this process was
    forked while any was, so that locks of torch's may be closed for ever. ``blas`` is for ``one_blas_thread``."""

    lock, blas = threading.Lock(), threading.Lock()
    found: ClassVar[dict[int, int]] = {}
    cut_short = False

    @classmethod
    def forked(cls) -> None:
        """Take note, in a process that was just forked."""
        cls.lock, cls.blas, cls.cut_short = threading.Lock(), threading.Lock(), bool(cls.cut_short or cls.found)
        cls.found.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_Computing.forked)


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
    """Run torch operations of this thread on ``count`` threads each, and on as many as before afterwards.

    A thread that is new to torch takes the count that any thread has set last. So one that comes while others are
    within has, afterwards, what those found. Raises JobError in a process that was forked meanwhile.
    """
    import torch

    if _Computing.cut_short:
        raise JobError(
            "this process was forked while its parent computed with torch, whose locks may never open here; start it "
            'with multiprocessing.get_context("spawn") or "forkserver", or while nothing is rendered'
        )
    me, found = threading.get_ident(), _Computing.found
    with _Computing.lock:
        before, outermost = torch.get_num_threads(), me not in found
        if outermost:
            before = found[me] = max(before, *found.values(), 1)
        torch.set_num_threads(count)
    try:
        yield
    finally:
        with _Computing.lock:
            if outermost:
                del found[me]
            torch.set_num_threads(before)


@contextlib.contextmanager
def one_blas_thread() -> Iterator[None]:
    """Have the BLAS of numpy and scipy compute on one thread, and on as many as before afterwards.

    The count belongs to the process, so one thread at a time is within.
    """
    from threadpoolctl import threadpool_limits

    with _Computing.blas, threadpool_limits(1, "blas"):
        yield


def workers_of(count: int) -> ThreadPoolExecutor:
    """Return so many threads, each of which runs torch operations on itself alone."""

    def alone() -> None:
        import torch

        torch.set_num_threads(1)

    return ThreadPoolExecutor(count, initializer=alone)


def check_device(device: str) -> str:
    """Return the name of a device of torch's, if this machine has it and it knows double precision. Raises UsageError.

    Apple's (mps) does not, in which directions are formed.
    """
    import torch

    try:
        if torch.device(device).type not in DEVICES:
            raise RuntimeError
        torch.zeros(1, dtype=torch.float64, device=device).cpu()
    except (RuntimeError, AssertionError, ImportError, TypeError):
        available = "cpu, cuda" if torch.cuda.is_available() else "cpu"
        raise UsageError(f"device must be one of {available} here, got {str(device)!r}") from None
    return str(device)


@contextlib.contextmanager
def plain_torch() -> Iterator[None]:
    """Have torch compute in this thread as it does by itself, whatever the caller asks of it: a default device,
    autocast, inference mode, no gradients.

    The default type of numbers belongs to all threads, and stays: every tensor that is made here names its own.
    """
    import torch

    with (
        torch.inference_mode(False),
        torch.enable_grad(),
        # Within a device every call of torch takes a detour, which small ones feel.
        contextlib.nullcontext() if torch.get_default_device().type == "cpu" else torch.device("cpu"),
        torch.autocast("cpu", enabled=False),
        torch.autocast("cuda", enabled=False),
    ):
        yield


def mapped(make: Callable[[Item], Made], items: Iterable[Item]) -> Generator[Made]:
    """Yield ``make`` of item after item, some at a time. Items that have not begun are given up with the iteration."""
    pool = ThreadPoolExecutor(default_workers())
    try:
        yield from pool.map(make, items)
    finally:
        pool.shutdown(cancel_futures=True)
