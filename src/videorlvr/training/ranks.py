"""Several processes that train one policy, a GPU each: started by `torchrun`, on one machine or more.

    torchrun --nproc-per-node 2 --no-python videorlvr train RECIPE --out FOLDER

Law: ranks share work and no chance. Every rank holds the whole policy and takes every optimizer step; what it learns
from is its part of the batch that one process would have, with that batch's noise; gradients are added up. So one
process and many give one update, to rounding, and a run goes on with another number of ranks.

Source of the sums: torch.distributed (gloo on a CPU, NCCL on GPUs).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor, nn

from videorlvr.models.shards import is_spread

Item = TypeVar("Item")


@dataclass(frozen=True)
class Ranks:
    """rank: this process's number. size: how many there are."""

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether it is this rank that writes and tells."""
        return self.rank == 0

    def rows(self, count: int, what: str) -> slice:
        """This rank's part of `count` things.

        Raises:
            ValueError: If they cannot be shared out equally.
        """
        if count % self.size:
            raise ValueError(
                f"{what} = {count} with {self.size} ranks: each takes an equal part, so take a multiple of {self.size}"
            )
        each = count // self.size
        return slice(self.rank * each, (self.rank + 1) * each)

    def dealt(self, items: Sequence[Item], *, evenly: bool = False) -> list[tuple[Item, bool]]:
        """This rank's items of a list that all have, each with whether it counts.

        evenly: As many on each rank, with items that do not count: where every pass is one of all ranks, since they
            hold a part of the weights each.
        """
        own = [(item, True) for item in items[self.rank :: self.size]]
        missing = -(-len(items) // self.size) - len(own)
        return [*own, *((item, False) for item in items[-1:] if evenly and missing)]

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Each tensor becomes its sum over ranks: one call, however many there are."""
        if self.size == 1 or not tensors:
            return
        flat = torch.cat([tensor.detach().reshape(-1).float() for tensor in tensors])
        dist.all_reduce(flat)
        begin = 0
        for tensor in tensors:
            tensor.copy_(flat[begin : begin + tensor.numel()].reshape(tensor.shape))
            begin += tensor.numel()

    def add_up_gradients(self, module: nn.Module) -> None:
        """Gradients become their sums over ranks; one that a rank has not is zero there."""
        if self.size == 1:
            return
        if is_spread(module):  # they came as sums
            return
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        for parameter in trained:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        self.add_up([parameter.grad for parameter in trained if parameter.grad is not None])

    def keep_once(self, module: nn.Module) -> None:
        """Of gradients that are sums over ranks already, only the leader keeps them, so that they may be summed
        again with what is added to them."""
        if not self.leads and not is_spread(module):
            module.zero_grad(set_to_none=True)

    def everyones(self, tensor: Tensor) -> list[Tensor]:
        """The ranks' tensors of one shape, by rank."""
        if self.size == 1:
            return [tensor]
        out = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(out, tensor.contiguous())
        return out

    def everyones_values(self, value: Any) -> list[Any]:
        """The ranks' values, small ones, by rank."""
        if self.size == 1:
            return [value]
        out: list[Any] = [None] * self.size
        dist.all_gather_object(out, value)
        return out

    def any(self, flag: bool) -> bool:
        """Whether it is so on one rank at least: what all must agree on."""
        return any(self.everyones_values(flag))

    def wait(self) -> None:
        """Until all are here."""
        if self.size > 1:
            dist.barrier()


ALONE = Ranks()


def ranks_of_process() -> Ranks:
    """The ranks that were joined here, else this process alone."""
    if dist.is_available() and dist.is_initialized():
        return Ranks(dist.get_rank(), dist.get_world_size())
    return ALONE


def asked_for() -> bool:
    """Whether this process was started as one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextmanager
def joined() -> Iterator[Ranks]:
    """This process among those that torchrun started; alone where it did not. Inside another `joined`, that one's."""
    if not asked_for() or ranks_of_process().size > 1:
        yield ranks_of_process()
        return
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    backend = "nccl" if torch.cuda.is_available() else "gloo"
    dist.init_process_group(backend, timeout=timedelta(minutes=30))
    try:
        yield ranks_of_process()
    finally:
        dist.destroy_process_group()
