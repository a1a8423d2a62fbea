"""The updates of SDE-GRPO by hand: whose gradient, how videos are cut into batches, what is clipped."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from rl_toy import (
    Score,
    brightness,
    collected,
    gradient_by_hand,
    gradients_of,
    law_by_hand,
    push,
    stage_of,
    toy,
)

from videorlvr.methods.video.sde_grpo.figures import Figures


def test_the_gradient_is_a_mean_over_videos_and_window_steps(rl_config):
    config, policy = toy(rl_config, num_trained=3)
    stage, judged = collected(config, policy)
    (taken,) = gradients_of(stage, stage.turns(judged))
    expected = gradient_by_hand(judged, stage.sigmas, 16, 3)
    torch.testing.assert_close(taken[:3], expected, rtol=1e-3, atol=1e-3)
    assert not taken[3:].any()


def test_each_update_has_its_own_advantages(rl_config):
    """Bright videos earn in the first batches, dark ones in the others."""
    scores = iter([brightness] * 8 + [lambda video: 1 - brightness(video)] * 8)
    config, policy = toy(rl_config, num_trained=1, updates=2)
    stage, judged = collected(config, policy, lambda video: next(scores)(video))  # noqa: PLW0108
    first, second = gradients_of(stage, stage.turns(judged))
    for taken, part in ((first, judged[0]), (second, judged[1])):
        torch.testing.assert_close(
            taken[:1], gradient_by_hand([part], stage.sigmas, 8, 1), rtol=1e-3, atol=1e-3
        )
    assert (first[0] < 0).all()
    assert (second[0] > 0).all()


def test_the_kl_pulls_by_hand_and_counts_no_given_frame(rl_config):
    """weight x D x KL_mean in nats: n slope^2 |moved|^2 / (2 std^2) a step, for n free pixels; here without a signal,
    so that nothing else pulls."""
    config, policy = toy(rl_config, num_trained=2, kl_weight=0.3)
    stage, judged = collected(config, policy, lambda video: 0.5)
    moved = torch.tensor([0.02, -0.01, 0.03])
    policy.move(moved)
    figures = Figures()
    for batch in stage.turns(judged)[0].batches:
        assert not batch.advantages.any()
        stage._backward(batch, 16, figures, on_policy=False)
    pixels = 4 * 24 * 24  # five frames, the first of them given
    pulls = []
    for position in range(2):
        slope, std = law_by_hand(stage.sigmas, position)
        pulls.append(0.3 * pixels * slope**2 * moved / std**2 / 2)
    torch.testing.assert_close(policy.colours.grad[:2], torch.stack(pulls), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("micro_batch", [None, 1, 3, 16])
@pytest.mark.parametrize("batch", [4, 8, 16, 2])
def test_the_gradient_does_not_depend_on_how_videos_are_cut(rl_config, micro_batch, batch):
    """Groups of 4 of which one has no signal, in batches that hold several, one, or half of one; replayed in others."""
    config, policy = toy(rl_config, num_trained=2, batch=8)
    stage, judged = collected(config, policy)
    whole, live = _recut(judged, 16), np.repeat([True, True, False, True], 4)
    whole = [_silenced(part, live) for part in whole]
    expected = gradient_by_hand(whole, stage.sigmas, 16, 2)
    stage.config = toy(rl_config, num_trained=2, batch=batch, micro_batch=micro_batch)[0]
    turns = stage.turns(_recut(whole, batch))
    size = micro_batch or batch
    assert sum(len(part) for part in turns[0].batches) == 12
    assert max(len(part) for part in turns[0].batches) <= size
    (taken,) = gradients_of(stage, turns)
    torch.testing.assert_close(taken[:2], expected, rtol=1e-4, atol=1e-4)


def _silenced(part, live):
    return type(part)(
        part.rollouts, part.verdicts, part.rewards, part.advantages * torch.from_numpy(live), live & part.live
    )


def _recut(judged, size):
    """The same videos in batches of another size."""
    rollouts = type(judged[0].rollouts).cat([part.rollouts for part in judged])
    verdicts = [verdict for part in judged for verdict in part.verdicts]
    rewards, live = (np.concatenate([getattr(part, name) for part in judged]) for name in ("rewards", "live"))
    advantages = torch.cat([part.advantages for part in judged])
    out = []
    for start in range(0, len(rollouts), size):
        at = torch.arange(start, start + size)
        own = slice(start, start + size)
        out.append(type(judged[0])(rollouts.pick(at), verdicts[own], rewards[own], advantages[at], live[own]))
    return out


def test_a_group_may_lie_in_several_batches(rl_config):
    """Credit is the group's: videos that were rolled out a pair at a time are compared with all of their group."""
    config, policy = toy(rl_config, batch=2, problems=2)
    stage, judged = collected(config, policy)
    assert [part.rollouts.group_ids.tolist() for part in judged] == [[0, 0], [0, 0], [1, 1], [1, 1]]
    scores = np.array([value for seen in stage.trials.judge.seen for value in seen]).reshape(2, 4)
    by_hand = (scores - scores.mean(1, keepdims=True)) / scores.std(1, keepdims=True)
    np.testing.assert_allclose(torch.cat([p.advantages for p in judged]), by_hand.reshape(-1), rtol=1e-4)


def test_a_network_that_is_compiled_sees_one_shape_and_copies_count_nothing(rl_config):
    config, policy = toy(rl_config, num_trained=2)
    stage, judged = collected(config, policy)
    live = np.repeat([True, True, False, True], 4)
    whole = [_silenced(part, live) for part in _recut(judged, 16)]
    stage.config = toy(rl_config, num_trained=2, micro_batch=8)[0].changed(compile=True)
    turns = stage.turns(whole)
    assert [len(part) for part in turns[0].batches] == [8, 8]
    assert [float(part.counts.sum()) for part in turns[0].batches] == [8, 4]
    (taken,) = gradients_of(stage, turns)
    torch.testing.assert_close(taken[:2], gradient_by_hand(whole, stage.sigmas, 16, 2), rtol=1e-4, atol=1e-4)


def off_policy(config, policy, judged_stage):
    """The figures of one pass after the colours have moved."""
    stage, judged = judged_stage
    policy.move(torch.tensor([0.02, 0.02, -0.01]))
    stage.config, figures = config, Figures()
    turn = stage.turns(judged)[0]
    for batch in turn.batches:
        stage._backward(batch, turn.num_videos, figures, on_policy=False)
    policy.move(-torch.tensor([0.02, 0.02, -0.01]))
    figures.norms, figures.fits = [1.0], [type("Fit", (), {"divergence": 0.0, "share": 1.0})]
    taken, policy.colours.grad = policy.colours.grad.clone(), None
    return turn.batches, figures.line(), taken


def test_the_clip_range_is_the_drift_over_the_root_of_the_dimensions(rl_config):
    """Beyond it a video has no gradient, and it follows `clip_drift`; ratios by hand."""
    config, policy = toy(rl_config, num_trained=1)
    held = collected(config, policy)
    batches, loose, _ = off_policy(config, policy, held)
    assert loose["clip_fraction"] == 0
    moved, dims = torch.tensor([0.02, 0.02, -0.01]), 3 * 4 * 24 * 24
    # log-ratio with its offset put back: sum over dimensions of z delta / std, over D
    excess = torch.cat([(push(part, held[0].sigmas, 0) * moved).sum(1) / dims for part in batches]).exp() - 1
    advantages = torch.cat([part.advantages for part in batches])
    beyond = (excess * advantages.sign()).sort().values
    half = float((beyond[-4] + beyond[-5]) / 2)
    assert half > 0, "fewer than four videos went the rewarded way: the test says nothing"
    drift = half * dims**0.5
    _, line, taken = off_policy(config.changed(clip_drift=drift), policy, held)
    assert line["clip_fraction"] == pytest.approx(4 / 16)
    kept = (excess * advantages.sign() < half).float()
    rows = torch.cat([push(part, held[0].sigmas, 0) for part in batches])
    slope, std = law_by_hand(held[0].sigmas, 0)
    rows = rows - moved * slope**2 / std**2 * (dims / 3)  # the mean has moved
    expected = -(advantages * kept * (1 + excess))[:, None] * rows
    torch.testing.assert_close(taken[0], expected.sum(0) / 16, rtol=2e-2, atol=2e-2)


def test_a_second_pass_is_clipped_against_the_law_of_the_rollout(rl_config):
    """Old log-probabilities that were taken again after the first update would leave nothing to clip."""
    config = rl_config(epochs=2, lr=3e-3, clip_drift=1e-5, max_kl=None)
    line = stage_of(config, Score(brightness)).step(0)
    assert line["updates"] == 2
    assert 0.1 < line["clip_fraction"] <= 0.5, "half of the updates are on-policy"


def record_norms(stage):
    """Norms of the gradients that the optimizer is given."""
    taken, take = [], stage.optimizer.step

    def step():
        taken.append(float(stage.policy.colours.grad.norm()))
        take()

    stage.optimizer.step = step
    return taken


def test_gradients_are_cut_before_the_step_and_the_share_is_told(rl_config):
    norms = {}
    for clip in (1e9, 1.0, 0.5):
        config, policy = toy(rl_config, grad_clip=clip)
        stage = stage_of(config, Score(brightness), policy)
        taken, optimizer_step = [], stage.optimizer.step
        stage.optimizer.step = lambda t=taken, p=policy, go=optimizer_step: (
            t.append(float(p.colours.grad.norm())),
            go(),
        )
        line = stage.step(0)
        norms[clip] = taken
        assert line["clipped_updates"] == (clip < 1e9)
        assert line["grad_norm"] == pytest.approx(norms[1e9][0], rel=1e-4)
    assert norms[1.0] == pytest.approx([1.0], rel=1e-4)
    assert norms[0.5] == pytest.approx([0.5], rel=1e-4)


def test_weight_decay_shrinks_what_it_says(rl_config):
    after = []
    for decay in (0.0, 0.1):
        config, policy = toy(rl_config, weight_decay=decay)
        policy.move(0.2)
        stage_of(config, Score(brightness), policy).step(0)
        after.append(policy.colours.detach().clone())
    torch.testing.assert_close(
        after[0] - after[1], torch.full_like(after[0], 0.05 * 0.1 * 0.2), rtol=1e-3, atol=1e-6
    )


def test_advantages_are_cut_at_the_runs_bound(rl_config):
    rare = iter([1.0, *[0.0] * 15])
    config, policy = toy(rl_config, problems=1, group=16, batch=16, max_advantage=1.5)
    _, judged = collected(config, policy, lambda video: next(rare))
    assert judged[0].advantages.max() == 1.5
    assert (judged[0].advantages < 0).sum() == 15


def test_a_group_trains_in_micro_batches_of_one_with_the_same_update_to_rounding(rl_config):
    """A group of 16, through the network: one backward pass for all of it, or sixteen."""
    gradients = []
    for size in (None, 1):
        config = rl_config(problems=1, group=16, batch=16, micro_batch=size, num_trained=1, max_kl=None)
        stage = stage_of(config, Score(brightness))
        judged, _ = stage.trials.collect(0, stage.steps(0))
        stage._update = lambda *_: True
        turns = stage.turns(judged)
        assert [len(batch) for batch in turns[0].batches] == [size or 16] * (16 // (size or 16))
        stage.improve(turns)
        gradients.append(torch.cat([p.grad.flatten() for p in stage.policy.module.parameters()]))
    assert (gradients[0] - gradients[1]).norm() < 1e-5 * gradients[0].norm()
