"""Processes that train one model together, each with its own parts of every batch."""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, distributed

from panogen.base.errors import JobError

T = TypeVar("T")


@dataclass(frozen=True)
class Ranks:
    """This process's place among ``world``. One alone needs no process group."""

    rank: int = 0
    world: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the process that writes files and talks."""
        return self.rank == 0

    def own(self, parts: Sequence[T]) -> Sequence[T]:
        """Return the parts of a batch that are this process's."""
        return parts[self.rank :: self.world]

    def sum(self, tensors: Sequence[Tensor]) -> None:
        """Add up tensors over all processes, in place, in one message. Raises JobError where one has gone."""
        if self.world == 1 or not tensors:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        try:
            distributed.all_reduce(flat)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:  # gloo's and NCCL's are among these
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise JobError(f"process {self.rank} of {self.world} could not add up with the others: {reason}") from None
        for tensor, total in zip(tensors, flat.split([tensor.numel() for tensor in tensors]), strict=True):
            tensor.copy_(total.view_as(tensor))

    def any(self, flag: bool, device: str | torch.device) -> bool:
        """Whether any process raises its flag; all get the same answer."""
        total = torch.tensor([float(flag)], dtype=torch.float32, device=device)
        self.sum([total])
        return total.item() > 0


ONE_RANK = Ranks()


@contextlib.contextmanager
def process_group(device: str) -> Iterator[tuple[Ranks, str]]:
    """Join the processes that torchrun has started beside this one, if any, for as long as the block lasts.

    Gives this process's place among them and its own device: with ``cuda``, a GPU for each.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield ONE_RANK, device
        return
    if device == "cuda":
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    yield Ranks(distributed.get_rank(), distributed.get_world_size()), device
    distributed.destroy_process_group()  # after an error the others may wait for this one: it just leaves
