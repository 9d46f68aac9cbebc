"""Several processes that train one run, as torchrun starts them."""

import contextlib
import os
from collections.abc import Iterator

import torch
from torch import distributed

from panogen.training import Ranks


@contextlib.contextmanager
def process_group(device: str) -> Iterator[tuple[Ranks, str]]:
    """Join the processes that torchrun has started beside this one, if any, for as long as the block lasts.

    Gives this process's place among them and its own device: with ``cuda``, a GPU for each.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Ranks(), device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    yield Ranks.current(), device
    distributed.destroy_process_group()  # after an error the others may wait for this one: it just leaves
