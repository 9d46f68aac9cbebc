"""The loop: steps until all images are seen, or whoever listens stops listening."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from panogen.runtime import torch_threads
from panogen.training.state import TrainState
from panogen.training.step import Crops, StepReport, train_step


def training(state: TrainState, crops: Crops, workers: int = 1) -> Iterator[StepReport]:
    """Train ``state`` in place, a report a step. Between two reports the state is whole and can be saved.

    With more than one worker, the parts of a batch run side by side, each on one thread: threads that share one
    operation would wait for the slowest. The result is the same, to the bit.
    """
    with contextlib.ExitStack() as stack:
        pool = None
        if workers > 1:
            stack.enter_context(torch_threads(1))
            pool = stack.enter_context(ThreadPoolExecutor(workers))
        while state.n_images < state.config.total_images:
            state.grow_if_due()
            yield train_step(state, crops, pool)
