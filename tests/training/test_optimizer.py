"""Muon and AdamW as one optimizer: every parameter belongs to exactly one, and what is remembered is enough."""

import pytest
import torch

from videorlvr.models.config import DiTConfig
from videorlvr.models.dit import DiT
from videorlvr.training.optimizer import block_matrices, make_optimizer


def network(seed=0):
    torch.manual_seed(seed)
    return DiT(DiTConfig(width=32, depth=2, heads=2, patch_px=4))


def take_steps(module, optimizer, number, seed=0):
    for step in range(number):
        generator = torch.Generator().manual_seed(seed + step)
        for parameter in module.parameters():
            parameter.grad = torch.randn(parameter.shape, generator=generator)
        optimizer.step()


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_every_parameter_is_moved_by_exactly_one_optimizer(name):
    module = network()
    owned = [id(p) for group in make_optimizer(module, name, lr=1e-3, weight_decay=0.0).param_groups
             for p in group["params"]]  # fmt: skip
    assert sorted(owned) == sorted(id(p) for p in module.parameters())


def test_muon_takes_the_four_matrices_of_each_block_and_nothing_else():
    module = network()
    expected = {
        id(layer.weight) for block in module.blocks for layer in (block.qkv, block.out, block.up, block.down)
    }
    assert {id(matrix) for matrix in block_matrices(module)} == expected


def test_a_step_of_muon_is_orthogonal_with_the_rms_of_adamw():
    """All singular values of the step are about equal, and its rms is 0.2 lr (arXiv:2502.16982, Eq. 4)."""
    module = network()
    before = module.blocks[0].qkv.weight.detach().clone()
    take_steps(module, make_optimizer(module, "muon", lr=0.01, weight_decay=0.0), 1)
    step = before - module.blocks[0].qkv.weight.detach()
    values = torch.linalg.svdvals(step)
    assert values.max() < 2 * values.min()
    assert step.square().mean().sqrt() == pytest.approx(0.2 * 0.01, rel=0.2)


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_moments_that_were_kept_continue_bit_for_bit(name):
    whole, parted = network(), network()
    optimizer = make_optimizer(whole, name, lr=1e-2, weight_decay=0.01)
    take_steps(whole, optimizer, 3)
    take_steps(whole, optimizer, 2, seed=3)

    first = make_optimizer(parted, name, lr=1e-2, weight_decay=0.01)
    take_steps(parted, first, 3)
    second = make_optimizer(parted, name, lr=1e-2, weight_decay=0.01)
    second.load_moments({key: value.clone() for key, value in first.moments().items()})
    take_steps(parted, second, 2, seed=3)
    for a, b in zip(whole.parameters(), parted.parameters(), strict=True):
        assert torch.equal(a, b)


def test_moments_of_another_optimizer_are_refused():
    module = network()
    muon = make_optimizer(module, "muon", lr=1e-2, weight_decay=0.0)
    take_steps(module, muon, 1)
    with pytest.raises(ValueError, match="another optimizer"):
        make_optimizer(module, "adamw", lr=1e-2, weight_decay=0.0).load_moments(muon.moments())


def test_the_learning_rate_reaches_both():
    optimizer = make_optimizer(network(), "muon", lr=1e-2, weight_decay=0.0)
    optimizer.set_lr(3e-4)
    assert {group["lr"] for group in optimizer.param_groups} == {3e-4}
