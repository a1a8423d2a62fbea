"""Where a run computes, and with how many processes beside it."""

from __future__ import annotations

import torch

from videorlvr.base.processes import num_cores
from videorlvr.models.api import Trainable
from videorlvr.training.config import RunConfig


def device_of(name: str) -> torch.device:
    """The device of a name: `auto` is a GPU if there is one.

    Raises:
        ValueError: If a GPU is asked for and there is none.
    """
    if name == "cuda" and not torch.cuda.is_available():
        raise ValueError("device is 'cuda' but this machine shows no GPU: take 'cpu' or 'auto'")
    return torch.device("cuda" if name != "cpu" and torch.cuda.is_available() else "cpu")


def workers_of(config: RunConfig) -> int:
    """Processes that make or judge problems: as asked, else what the trainer leaves free."""
    if config.num_workers is not None:
        return config.num_workers
    return max(1, num_cores() - 2)


def prepare(config: RunConfig, policy: Trainable) -> None:
    """Compile the policy if the run asks for it."""
    if config.compile:
        # One graph a world's shape, with and without gradient, for training and for validation.
        torch._dynamo.config.cache_size_limit = 64
        policy.compile()


def generator_on(device: torch.device, seed: int) -> torch.Generator:
    return torch.Generator(device).manual_seed(seed)
