"""The loop: steps until all images are seen, or whoever listens stops listening."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from panogen.runtime import torch_threads
from panogen.training.state import TrainState
from panogen.training.step import Crops, StepReport, train_step


def training(state: TrainState, crops: Crops, workers: int = 1) -> Iterator[StepReport]:
    """Train ``state`` in place, a report a step. Between two reports the state is whole and can be saved.

    The parts of a batch run side by side on ``workers`` threads, each operation on one of them: threads that share an
    operation wait for the slowest. The result does not depend on their number, to the bit.
    """
    with torch_threads(1), ThreadPoolExecutor(workers) as pool:
        while state.n_images < state.config.total_images:
            state.grow_if_due()
            yield train_step(state, crops, pool)
