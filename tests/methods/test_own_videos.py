"""Learning from own videos: what batch and dead groups may not change, warm moments, and a toy that improves."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import numpy as np
import pytest
import torch

from videorlvr.flow.matching import point_on_path
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods import method_of
from videorlvr.models.config import DiTConfig
from videorlvr.models.pixels import BuiltinPolicy
from videorlvr.training.drawn import Drawn
from videorlvr.training.learner import Bench
from videorlvr.training.problems import make_run
from videorlvr.training.units import Own
from videorlvr.training.watch import SPAN, BelowStartError
from videorlvr.worlds.api import Verdict

CPU = torch.device("cpu")
KINDS = ("awm", "nft", "preference", "rejection-sft")


class Taste(Judge):
    """Likes bright videos: every component is the mean of what follows the first frame; success is above `bar`."""

    def __init__(self, bar=0.2, flat=None, sign=1):
        super().__init__(EXACT)
        self.bar, self.flat, self.sign = bar, flat, sign

    def submit(self, problems, videos):
        values = [float(v[1:].mean()) / 255 if self.flat is None else self.flat for v in videos]
        names = ("success", "progress", "arrival", "connect", "walls")
        done = Future()
        done.set_result(
            [
                Verdict(self.sign * (v - self.bar) > 0, "taste", 2, components=dict.fromkeys(names, v))
                for v in values
            ]
        )
        return [done]


def small_policy():
    """One that has learnt nothing, but paints: in brightness its videos differ."""
    policy = BuiltinPolicy.new(DiTConfig(width=32, depth=2, heads=2), seed=0, device=CPU)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in policy.module.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=generator))
    return policy


@pytest.fixture
def learner():
    """A function that makes a learner over a small policy."""
    made = []

    def make(kind, judge=None, **changes):
        method = method_of(kind)
        values = {
            "tasks": ["maze:micro"],
            "init": "anything",
            "sampling": {"steps": 3},
            "num_steps": 3,
            "problems": 4,
            "group": 4,
            "batch": 8,
            "updates": 1,
            "draws": 1,
            "lr": 1e-3,
            "warm_moments": 0,
            "num_workers": 0,
            "device": "cpu",
            "stop_below": None,
        }
        config = method.config_type(**(values | changes))
        made.append(method.make_learner(config, small_policy(), Bench(judge or Taste())))
        return made[-1]

    yield make
    for one in made:
        one.close()


def weights(policy):
    return torch.cat([p.detach().flatten() for p in policy.module.parameters()])


def gradient_of(stage):
    """The gradient of a first iteration, unclipped, as the optimizer would get it."""
    kept = []
    stage.optimizer.step = lambda: kept.append(
        torch.cat([p.grad.flatten().clone() for p in stage.policy.module.parameters() if p.grad is not None])
    )
    line = stage.step(0)
    return kept[0], line


@pytest.mark.parametrize("kind", KINDS)
def test_every_objective_moves_weights_and_tells_its_signal(learner, kind):
    stage = learner(kind, **({"clip": 0.5} if kind == "awm" else {}))
    before = weights(stage.policy)
    line = stage.step(0)
    assert not torch.equal(weights(stage.policy), before)
    assert line["units"] > 0
    assert line["grad_norm"] > 0
    assert -1 <= line["signal"] <= 1
    assert all(method_of(kind).explain(name) for name in line)


@pytest.mark.parametrize("kind", ["awm", "nft", "preference"])
def test_equal_rewards_change_nothing_bitwise(learner, kind):
    stage = learner(kind, Taste(flat=0.37), weight_decay=0.1)
    before = weights(stage.policy)
    line = stage.step(0)
    assert torch.equal(weights(stage.policy), before)
    assert line["units"] == line["grad_norm"] == 0


def test_no_success_is_no_step_of_rejection_sft(learner):
    stage = learner("rejection-sft", Taste(bar=2.0))
    before = weights(stage.policy)
    stage.step(0)
    assert torch.equal(weights(stage.policy), before)


def fixed_points(stage):
    """`draw` with a noise that belongs to the video and not to the micro-batch."""

    def draw(batch):
        index = batch.units.index_UM[batch.number_U].flatten()
        x0, condition = batch.units.rollouts.x0[index], batch.units.rollouts.condition.pick(index)
        noise = torch.stack(
            [
                torch.randn(x.shape, generator=torch.Generator().manual_seed(int(1e6 * x.abs().mean())))
                for x in x0
            ]
        )
        half = torch.full((len(x0),), 0.5)
        point = point_on_path(x0, half, noise, free=condition.free, clean=condition.clean)
        return Drawn(point, condition, batch.units.weight_U[batch.number_U])

    return draw


def test_the_gradient_is_a_mean_over_units_whatever_the_batch(learner):
    """16 videos in batches of 4, and of 24 with copies that fill it up."""
    gradients = {}
    for size in (4, 24):
        stage = learner("rejection-sft", Taste(bar=-1.0), micro_batch=size, grad_clip=1e9)
        stage.draw = fixed_points(stage)
        gradients[size], line = gradient_of(stage)
        assert line["units"] == 16
    torch.testing.assert_close(gradients[4], gradients[24], rtol=1e-3, atol=1e-6)


def test_awm_with_equal_advantages_is_rejection_sft_of_all(learner):
    """Through the whole learner, to the last bit."""
    every = learner("rejection-sft", Taste(bar=-1.0), grad_clip=1e9)
    weighted = learner("awm", Taste(bar=-1.0), grad_clip=1e9)
    weighted.units = every.units
    assert torch.equal(gradient_of(weighted)[0], gradient_of(every)[0])


def test_moments_are_warmed_before_the_first_step(learner):
    stage = learner("awm", warm_moments=2)
    before = weights(stage.policy)
    stage.step(0)
    stage.step(1)
    assert torch.equal(weights(stage.policy), before)
    assert any("exp_avg" in name and value.any() for name, value in stage.optimizer.moments().items())
    stage.step(2)
    assert not torch.equal(weights(stage.policy), before)


def test_the_rate_rises_and_falls(learner):
    stage = learner("awm", Taste(flat=0.3), num_steps=10, updates=2, warm_moments=2, warmup=4, final_lr=0.1)
    seen = []
    stage.optimizer.set_lr = seen.append
    stage.optimizer.step = lambda: None
    for iteration in range(10):
        for update in range(2):
            stage._update(iteration, update)
    assert seen[:2] == [0, 0]
    assert seen[2] == pytest.approx(1e-3 * 0.25 * (0.1 + 0.9 * 0.5 * (1 + np.cos(0.1 * np.pi))))
    assert seen[-1] == pytest.approx(1e-3 * (0.1 + 0.9 * 0.5 * (1 + np.cos(0.9 * np.pi))))


def test_the_policy_that_rolls_out_follows_by_the_average_alone(learner):
    stage = learner("awm", ema=0.9)
    assert stage.trials.policy is stage.result
    released = weights(stage.result)
    stage.step(0)
    assert torch.equal(weights(stage.result), released)
    stage.parts["policy"].update_average(1)
    assert not torch.equal(weights(stage.result), released)


def test_a_pull_to_the_start_pulls_alone(learner):
    """Without a signal in the rewards there are no units and no pull; with one, it adds to the gradient."""
    moved, plain = learner("awm", kl_weight=100.0, grad_clip=1e9), learner("awm", grad_clip=1e9)
    noise = [0.02 * torch.randn_like(p) for p in moved.policy.module.parameters()]
    with torch.no_grad():
        for stage in (moved, plain):
            for parameter, by in zip(stage.policy.module.parameters(), noise, strict=True):
                parameter.add_(by)
    with_pull, line = gradient_of(moved)
    without, other = gradient_of(plain)
    assert line["change"] > 0
    assert "change" not in other
    assert with_pull.norm() > 2 * without.norm()


def test_demonstrations_are_imitated_beside(learner):
    stage = learner("awm", Taste(flat=0.37), demonstrations=16)
    before = weights(stage.policy)
    line = stage.step(0)
    assert line["demonstration_loss"] > 0
    assert not torch.equal(weights(stage.policy), before)


def test_early_steps_alone_are_trained_if_asked(learner):
    stage = learner("awm", window="early", num_trained=1)
    seen, exact = [], stage.policy.velocity
    stage.policy.velocity = lambda x, at, condition: seen.append(at.sigma) or exact(x, at, condition)
    stage.step(0)
    assert torch.cat(seen).min() > stage.config.sampling.noise_levels()[1]


def test_a_window_that_does_not_fit_is_refused():
    config = method_of("awm").recipe_list["micro-maze-awm"]()
    with pytest.raises(ValueError, match="all 5 steps' levels are trained; leave num_trained at null"):
        config.changed(num_trained=3)
    with pytest.raises(ValueError, match="num_trained=7"):
        config.changed(window="early", num_trained=7)
    with pytest.raises(ValueError, match="a ratio is of a whole video"):
        config.changed(credit="frame", clip=0.1)


def test_frame_credit_learns_before_the_fault_alone(learner):
    stage = learner("awm", credit="frame")
    judged, _ = stage.trials.collect(0, None)
    own = Own.of(judged)
    own = replace(own, verdicts=[Verdict(i % 4 == 0, "", 1 + i % 3) for i in range(16)])
    units = stage.units(own)
    assert units.weight_U.shape == (16, own.rollouts.problems[0].num_frames)
    assert not units.weight_U[1, 3:].any()
    assert units.weight_U[0, 1:3].all()


def test_a_run_that_falls_stops_itself_also_after_it_was_resumed(learner):
    stage = learner("awm", stop_below=0.1)
    for success in [0.5] * SPAN + [0.4] * (SPAN - 1):
        stage._look_out({"success": success})
    resumed = learner("awm", stop_below=0.1)
    resumed.parts["watch"].load(stage.parts["watch"].tensors())
    with pytest.raises(BelowStartError, match=r"from 0.500 in the first 5 iterations to 0.360"):
        resumed._look_out({"success": 0.2})


def test_a_run_that_wavers_or_was_told_so_goes_on(learner):
    for margin, low in ((0.1, 0.45), (None, 0.0)):
        stage = learner("awm", stop_below=margin)
        for success in [0.5] * SPAN + [low] * SPAN:
            stage._look_out({"success": success})


def improved(stage):
    """Reward before and after four iterations on the same problems."""
    stage.trials.queue.take = lambda world, iteration: make_run(
        stage.config.tasks[0], 0, stage.config.problems
    )
    line = []
    for iteration in range(5):
        line.append(stage.step(iteration))
        stage.parts["policy"].update_average(iteration + 1)
    return line[0]["reward"], line[-1]["reward"]


@pytest.mark.parametrize("kind", ["awm", "nft", "preference"])
def test_a_toy_improves(learner, kind):
    """Brighter videos earn more; a few iterations make them brighter."""
    before, after = improved(learner(kind, lr=2e-3, batch=16, updates=2, num_steps=99))
    assert after > before + 0.002


def test_rejection_sft_goes_where_the_judge_chooses(learner):
    """The brighter half of one problem's videos imitated, against the darker half."""
    same = {"lr": 1e-3, "problems": 1, "group": 16, "batch": 16, "draws": 4, "num_steps": 99}
    bar = learner("rejection-sft", **same).step(0)["reward"]
    _, bright = improved(learner("rejection-sft", Taste(bar=bar), **same))
    _, dark = improved(learner("rejection-sft", Taste(bar=bar, sign=-1), **same))
    assert bright > dark + 0.002
