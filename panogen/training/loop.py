"""The loop: steps until all images are seen, or whoever listens stops listening."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import torch

from panogen.base.runtime import torch_threads
from panogen.training.batch import BatchPart, Crops, draw_parts
from panogen.training.ranks import ONE_RANK, Ranks
from panogen.training.state import TrainState
from panogen.training.step import StepReport, train_step


def training(state: TrainState, crops: Crops, workers: int = 1, ranks: Ranks = ONE_RANK) -> Iterator[StepReport]:
    """Train ``state`` in place, a report a step. Between two reports the state is whole and can be saved.

    The parts of a batch run side by side on ``workers`` threads, each operation on one of them: threads that share an
    operation wait for the slowest. The result does not depend on their number, to the bit. One more thread draws the
    next batch meanwhile.
    """
    config = state.config

    def ahead(n_images: int) -> "Future[list[BatchPart]]":
        return drawer.submit(lambda: list(draw_parts(config, n_images, crops, ranks, state.device)))

    with (
        torch_threads(1),
        fast_products(config.precision),
        ThreadPoolExecutor(workers) as pool,
        ThreadPoolExecutor(1) as drawer,
    ):
        coming = ahead(state.n_images)
        while state.n_images < config.total_images:
            state.grow_if_due()
            now = coming
            if (next_images := state.n_images + config.batch) < config.total_images:
                coming = ahead(next_images)
            yield train_step(state, now.result, pool, ranks)


@contextlib.contextmanager
def fast_products(precision: str) -> Iterator[None]:
    """Let float32 products and convolutions on a GPU round their factors to TF32, unless full float32 is asked for."""
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    torch.set_float32_matmul_precision("highest" if precision == "float32" else "high")
    torch.backends.cudnn.allow_tf32 = precision != "float32"
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]
