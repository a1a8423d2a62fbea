"""LET on videos: which states are drawn to which, for how long, and that without a teacher it is SFT, bit for bit."""

from __future__ import annotations

import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods.video.let.config import LETVideoConfig
from videorlvr.methods.video.let.math import state_loss
from videorlvr.methods.video.let.run import LETVideo
from videorlvr.methods.video.sft.config import SFTConfig
from videorlvr.methods.video.sft.run import SFT
from videorlvr.models.config import DiTConfig, LoopedConfig
from videorlvr.models.load import new_policy
from videorlvr.training.learner import Bench

FORM = DiTConfig(width=32, depth=3, heads=2)
SMALL = DiTConfig(width=48, depth=2, heads=2)
VALUES = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 4,
    "batch": 2,
    "num_workers": 0,
    "log_every": 1,
}
VALUES |= {"pool_start": 8, "pool_grow": 0, "pool_size": 8, "warmup": 0, "device": "cpu"}
BENCH = Bench(Judge("exact"))


def moved(policy):
    """As if trained a little: new blocks are the identity."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in policy.module.parameters():
            parameter.add_(0.05 * torch.randn(parameter.shape, generator=generator))
    return policy


def policy_of(form=FORM):
    return moved(new_policy(form, seed=0, device=torch.device("cpu")))


def learner(**changes) -> LETVideo:
    config = LETVideoConfig.model_validate({**VALUES, "teacher_model": SMALL, "layer": 2, **changes})
    return LETVideo(config, policy_of(config.model), BENCH)


def weights(learned):
    return {name: value.clone() for name, value in learned.policy.module.state_dict().items()}


def same(one, other):
    return all(torch.equal(value, other[name]) for name, value in one.items())


def test_equal_directions_cost_minus_one_and_opposite_ones_one():
    states = torch.randn(2, 4, 8)
    assert state_loss(states, 3 * states).item() == pytest.approx(-1.0, abs=1e-6)
    assert state_loss(states, -states).item() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("off", [{"weight": 0.0}, {"until": 0.0}])
def test_without_a_teacher_it_is_sft_bit_for_bit_and_with_one_it_is_not(off):
    let, taught = learner(**off), learner()
    sft = SFT(SFTConfig.model_validate(VALUES), policy_of(), BENCH)
    lines = [[one.step(index) for index in range(2)] for one in (let, sft, taught)]
    assert same(weights(let), weights(sft))
    assert lines[0][1]["loss"] == lines[1][1]["loss"]
    assert let.network_evaluations == sft.network_evaluations
    assert not same(weights(taught), weights(sft))
    assert lines[2][0]["loss"] == lines[1][0]["loss"], "the loss that is told is the regression's alone"


def test_the_teacher_fades_is_gone_and_is_paid_for_until_then():
    let = learner(until=0.5)
    told = [let.step(index) for index in range(4)]
    assert ["align" in line for line in told] == [True, True, False, False]
    assert let.teacher is None
    assert let.network_evaluations == 4 * 3 * 2 + 2 * 2
    let.align = torch.tensor(0.5)
    assert let.objective(torch.tensor(2.0), 0).item() == pytest.approx(2 + 0.1 * 0.5)
    assert let.objective(torch.tensor(2.0), 1).item() == pytest.approx(2 + 0.05 * 0.5)


def test_the_block_that_is_named_and_those_before_it_are_drawn_and_the_teacher_stays():
    let = learner(num_steps=20, weight=20.0, until=1.0)
    teacher = let.teacher.module
    before = {name: value.clone() for name, value in teacher.state_dict().items()}
    loss = let._loss("maze", let.pools["maze"], 0, let.pools["maze"].batch(0, 2))
    assert torch.isfinite(loss)
    let.align.backward()
    drawn = [block.down.weight.grad is not None for block in let.policy.module.blocks]
    assert drawn == [True, True, False]
    let.policy.module.zero_grad()
    told = [let.step(index)["align"] for index in range(8)]
    assert told[-1] < told[0] - 0.05
    assert same(before, teacher.state_dict())


def test_the_teachers_own_block_may_be_named_and_is_another_target():
    aligns = []
    for layer in (1, 2, None):
        let = learner(teacher_layer=layer)
        moved(let.teacher)
        aligns.append(let.step(0)["align"])
    assert aligns[0] != aligns[1] == aligns[2]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"teacher_model": None}, "give one of the two"),
        ({"layer": 4}, "layer=4 of 3 blocks"),
        ({"teacher_layer": 3}, "teacher_layer=3 of 2 blocks"),
        ({"teacher_model": LoopedConfig(width=32, depth=1, loops=2, heads=2)}, "expected one grid"),
    ],
)
def test_impossible_teachers_say_why(changes, said):
    with pytest.raises(ValueError, match=said):
        learner(**changes).step(0)
