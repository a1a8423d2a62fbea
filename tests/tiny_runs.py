"""Tiny runs at maze micro, and policies that have learnt a little, in videos and in words."""

import pytest


@pytest.fixture(scope="session")
def sft_config():
    """A function that makes small SFT configurations."""
    from videorlvr.methods.video.sft.config import SFTConfig

    def make(**changes):
        values = {
            "tasks": ["maze:micro"],
            "model": {"width": 32, "depth": 2, "heads": 2},
            "sampling": {"steps": 6},
            "batch": 4,
            "num_steps": 6,
            "lr": 5e-3,
            "warmup": 3,
            "log_every": 1,
            "ema": 0.9,
            "pool_start": 64,
            "pool_grow": 32,
            "pool_size": 256,
            "num_workers": 0,
            "device": "cpu",
        }
        return SFTConfig.model_validate(values | changes)

    return make


@pytest.fixture(scope="session")
def trained(sft_config, tmp_path_factory):
    """The folder of a policy that draws mazes well enough for its rollouts to earn unlike rewards."""
    import torch

    from videorlvr.methods import run

    torch.set_num_threads(1)
    config = sft_config(batch=8, num_steps=150, warmup=20, ema=0.97, pool_grow=0)
    return run(config, tmp_path_factory.mktemp("trained") / "run")


@pytest.fixture(scope="session")
def rl_config(trained):
    """A function that makes small RL configurations over the trained policy."""
    from videorlvr.methods.video.sde_grpo.config import GRPOConfig

    def make(**changes):
        values = {
            "tasks": ["maze:micro"],
            "init": str(trained),
            "sampling": {"steps": 6},
            "num_steps": 3,
            "problems": 4,
            "group": 4,
            "batch": 8,
            "num_trained": 2,
            "noise_scale": 1.0,
            "reward": "paper",
            "lr": 1e-3,
            "num_workers": 0,
            "device": "cpu",
        }
        return GRPOConfig.model_validate(values | changes)

    return make


@pytest.fixture(scope="session")
def taught(tmp_path_factory):
    """The folder of a language policy that knows some of the first 24 train mazes by heart, and not all, in moves."""
    import torch

    from videorlvr.methods import run
    from videorlvr.methods.text.sft.config import TextSFTConfig

    torch.set_num_threads(1)
    config = TextSFTConfig.model_validate(
        {
            "tasks": ["maze:micro"],
            "model": {"width": 48, "depth": 2, "heads": 4, "context": 128},
            "batch": 16,
            "num_steps": 120,
            "lr": 5e-3,
            "warmup": 10,
            "ema": 0.9,
            "pool_start": 24,
            "pool_grow": 0,
            "pool_size": 24,
            "num_workers": 0,
            "device": "cpu",
        }
    )
    return run(config, tmp_path_factory.mktemp("taught") / "run")
