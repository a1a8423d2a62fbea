"""A tiny stirred network at maze micro, on one thread."""

import pytest
import torch

from videorlvr.models.config import DiTConfig
from videorlvr.models.pixels import BuiltinPolicy
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem


@pytest.fixture(autouse=True)
def _one_thread_one_seed():
    torch.set_num_threads(1)
    torch.manual_seed(0)


@pytest.fixture(scope="session")
def policy():
    built = BuiltinPolicy.new(DiTConfig(width=32, depth=2, heads=2), seed=0, device=torch.device("cpu"))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in built.module.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=generator), alpha=0.1)
    return built


@pytest.fixture(scope="session")
def problems():
    return [make_problem(world_of("maze"), "micro", "train", index) for index in range(7)]
