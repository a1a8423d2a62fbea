"""The updates of SDE-GRPO by hand: whose gradient, how long a step, what is cut, what stops a run."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Future

import numpy as np
import pytest
import torch
from test_sde_grpo import Levels, Score, brightness, stage_of

from videorlvr.cli.main import main
from videorlvr.methods.video.sde_grpo.figures import Figures
from videorlvr.models.shipped import shipped_sft
from videorlvr.training.batches import Batch
from videorlvr.training.trust import Fit, TrustRegion

ETA = 0.7


def toy(rl_config, **changes):
    """A policy of one colour a step, whose gradient can be written down."""
    values = {
        "max_kl": None,
        "lr": 0.05,
        "reward": "dense-v1",
        "noise_scale": ETA,
        "clip_drift": 10.0,
        "grad_clip": 1e9,
    }
    config = rl_config(**(values | changes))
    return config, Levels(config.sampling.num_steps)


def law_by_hand(grid, k):
    """(d mean / d colour, std) of step k: x0^ = x/2 + colour, eps^ = x + (1 - sigma) (x - x0^) / sigma."""
    sigma, below = (float(level) for level in grid.double()[k : k + 2])
    r = (1 - sigma) * below / ((1 - below) * sigma)
    std = ETA * below * (1 - r * r) ** 0.5
    kept = (below**2 - std**2) ** 0.5
    return (1 - below) - kept * (1 - sigma) / sigma, std


def push(batch, grid, position):
    """Gradient of each video's log-probability of a step to its colour, [B, 3]."""
    held = batch.rollouts.trajectory
    slope, std = law_by_hand(grid, held.steps.steps[position])
    return (held.actions[position] - held.means[position])[:, :, 1:].sum((2, 3, 4)) * slope / std**2


def gradient_by_hand(batches, grid, num_videos, num_steps):
    """Minus the mean over videos and steps of advantage x push, a row a step."""
    rows = [
        -sum((batch.advantages[:, None] * push(batch, grid, k)).sum(0) for batch in batches)
        / (num_videos * num_steps)
        for k in range(num_steps)
    ]
    return torch.stack(rows)


def gradients_of(stage, turns):
    """The gradient that each update would have taken; the weights stay."""
    taken = []

    def keep(probe, figures):
        taken.append(stage.policy.colours.grad.clone())
        stage.policy.colours.grad = None
        figures.losses = []
        return True

    stage._update = keep
    stage.improve(turns)
    return taken


def collected(config, policy, score=brightness, iteration=0):
    stage = stage_of(config, Score(score), policy)
    return stage, stage.trials.collect(iteration, stage.steps(iteration))[0]


def test_the_gradient_is_a_mean_over_videos_and_window_steps(rl_config):
    config, policy = toy(rl_config, num_trained=3)
    stage, judged = collected(config, policy)
    (taken,) = gradients_of(stage, stage.turns(judged))
    expected = gradient_by_hand(judged, stage.grid, 16, 3)
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
            taken[:1], gradient_by_hand([part], stage.grid, 8, 1), rtol=1e-3, atol=1e-3
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
        slope, std = law_by_hand(stage.grid, position)
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
    expected = gradient_by_hand(whole, stage.grid, 16, 2)
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
    torch.testing.assert_close(taken[:2], gradient_by_hand(whole, stage.grid, 16, 2), rtol=1e-4, atol=1e-4)


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
    excess = torch.cat([(push(part, held[0].grid, 0) * moved).sum(1) / dims for part in batches]).exp() - 1
    advantages = torch.cat([part.advantages for part in batches])
    beyond = (excess * advantages.sign()).sort().values
    half = float((beyond[-4] + beyond[-5]) / 2)
    assert half > 0, "fewer than four videos went the rewarded way: the test says nothing"
    drift = half * dims**0.5
    _, line, taken = off_policy(config.changed(clip_drift=drift), policy, held)
    assert line["clip_fraction"] == pytest.approx(4 / 16)
    kept = (excess * advantages.sign() < half).float()
    rows = torch.cat([push(part, held[0].grid, 0) for part in batches])
    slope, std = law_by_hand(held[0].grid, 0)
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


def test_a_gap_that_is_no_number_is_found_in_any_batch(rl_config):
    config, policy = toy(rl_config)
    stage, judged = collected(config, policy)
    judged[1].rollouts.trajectory.log_probs[0][0] = float("nan")
    with pytest.raises(RuntimeError, match="ratios of the first update differ from 1 by nan"):
        stage.improve(stage.turns(judged))
    assert not policy.colours.any()


def test_the_ratio_is_checked_in_the_first_update_that_there_is(rl_config):
    """The first batch has no signal, so that the first update is the second batch's."""
    scores = iter([0.5] * 8 + list(np.linspace(0, 1, 8)))
    config, policy = toy(rl_config, updates=2)
    stage, judged = collected(config, policy, lambda video: next(scores))
    judged[1].rollouts.trajectory.log_probs[0][:] += 0.01
    with pytest.raises(RuntimeError, match="differ from 1 by 9"):
        stage.improve(stage.turns(judged))


def test_videos_that_are_learnt_from_in_other_batches_are_checked_against_their_rollout(rl_config):
    config, policy = toy(rl_config, micro_batch=3)
    stage, judged = collected(config, policy)
    line = stage.improve(stage.turns(judged))
    assert line["ratio_gap"] == 0
    assert line["repack_drift"] < 1e-5
    judged[1].rollouts.trajectory.means[0][2] += 0.1
    with pytest.raises(RuntimeError, match="does not replay what the rollout did"):
        stage.improve(stage.turns(judged))


def test_a_gradient_that_is_no_number_stops_before_the_weights(rl_config):
    config, policy = toy(rl_config)
    policy.module.weight.register_hook(lambda grad: grad / 0)
    with pytest.raises(FloatingPointError, match="grad_norm"):
        stage_of(config, Score(brightness), policy).step(0)
    assert not policy.colours.any()


def test_a_rollout_that_is_no_number_is_an_error_and_no_black_video(rl_config):
    config, policy = toy(rl_config)
    with torch.no_grad():
        policy.colours[5] = float("nan")
    with pytest.raises(FloatingPointError, match="8 of 8 rollouts hold numbers that are not finite"):
        stage_of(config, Score(brightness), policy).step(0)


def test_a_judge_that_fails_stops_the_run(rl_config):
    class Broken(Score):
        def submit(self, problems, videos):
            failed = Future()
            failed.set_exception(RuntimeError("the judge broke"))
            return [failed]

    config, policy = toy(rl_config)
    with pytest.raises(RuntimeError, match="the judge broke"):
        stage_of(config, Broken(brightness), policy).step(0)
    assert not policy.colours.any()


def test_iterations_batches_and_steps_share_neither_problems_nor_noise(rl_config):
    """Nor do runs of other seeds."""
    seen, addresses = [], []
    for seed, iteration in ((0, 0), (0, 1), (1, 0)):
        config, policy = toy(rl_config, num_trained=2, seed=seed)
        stage, judged = collected(config, policy, iteration=iteration)
        for batch in judged:
            held = batch.rollouts.trajectory
            addresses.append({str(problem.address) for problem in batch.rollouts.problems})
            start = held.states[0][:, :, 1:]
            fresh = [
                (held.actions[k] - held.means[k])[:, :, 1:] / law_by_hand(stage.grid, k)[1] for k in range(2)
            ]
            seen += [noise.flatten(1) for noise in (start, *fresh)]
    assert len(set().union(*addresses)) == sum(map(len, addresses)) == 12
    noise = torch.cat(seen)
    related = torch.corrcoef(noise) - torch.eye(len(noise))
    assert related.abs().max() < 6 / noise.shape[1] ** 0.5


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_rollouts_walk_the_runs_sampler(rl_config, solver):
    sampling = {"num_steps": 5, "shift": 2.0, "solver": solver}
    config, policy = toy(rl_config, num_trained=2, sampling=sampling)
    looks, exact = [], policy.velocity

    def spy(x, at, condition):
        looks.append((at.index, at.corrector, round(float(at.sigma[0]), 5)))
        return exact(x, at, condition)

    policy.velocity = spy
    _, judged = collected(config, policy)
    grid = [round(float(level), 5) for level in config.sampling.grid()]
    second = (2, 3) if solver == "heun" else ()
    one = [(k, late, grid[k + late]) for k in range(5) for late in (False, True) if not late or k in second]
    assert looks == one * len(judged)
    assert {part.rollouts.num_forwards for part in judged} == {len(one)}


def test_an_update_that_goes_too_far_is_shortened_and_ends_the_iteration(rl_config):
    """In nats of a video's path, by hand for colours that all move by as much."""
    free = toy(rl_config, num_trained=2, lr=1e-3, updates=2)
    line = stage_of(free[0], Score(brightness), free[1]).step(0)
    assert (line["updates"], line["update_share"]) == (2, 1.0)
    moved = free[1].colours.detach()[:2]
    slopes = [law_by_hand(free[0].sampling.grid(), k) for k in range(2)]
    nats = sum(
        4 * 24 * 24 * (slope * moved[k]).square().sum() / (2 * std**2)
        for k, (slope, std) in enumerate(slopes)
    )
    assert line["update_kl"] == pytest.approx(float(nats), rel=1e-3)
    bound = line["update_kl"] / 20
    config, policy = toy(rl_config, num_trained=2, lr=1e-3, updates=2, max_kl=bound)
    line = stage_of(config, Score(brightness), policy).step(0)
    assert line["updates"] == 1
    assert line["update_share"] in (0.5, 0.25, 0.125)
    assert bound / 4 < line["update_kl"] <= bound
    assert 0 < policy.colours.abs().max() <= 1e-3 * line["update_share"] * 1.001


def test_network_evaluations_are_counted(rl_config):
    """Rollout 6 a video; 3 a step and video to learn; 1 where a law is looked at again: KL, trust region, repacking."""
    config, policy = toy(rl_config, num_trained=2, kl_weight=0.1)
    asked, exact = [], policy.velocity
    stage = stage_of(config, Score(brightness), policy)
    with stage.reference as reference:
        before = reference.velocity
        reference.velocity = lambda x, *rest: (asked.append(len(x)), before(x, *rest))[1]
    policy.velocity = lambda x, *rest: (asked.append(len(x)), exact(x, *rest))[1]
    stage.step(0)
    backward = 2 * 16 * 2
    assert stage.network_evaluations == sum(asked) + backward == 16 * 6 + 16 * 2 * 3 + 16 * 2 + 8 * 2


def test_batches_of_unlike_kinds_do_not_mix_worlds(rl_config):
    config = rl_config(tasks=["maze:micro", "sokoban:micro"], problems=2, batch=8)
    _, policy = toy(rl_config)
    stage, judged = collected(config, policy)
    assert [part.world for part in judged] == ["maze", "sokoban"]
    for batch in stage.turns(judged)[0].batches:
        assert isinstance(batch, Batch)
        assert len({problem.address.world for problem in batch.rollouts.problems}) == 1


def test_a_run_that_falls_apart_ends_with_an_error_and_keeps_its_last_checkpoint(tmp_path, capsys):
    """At an absurd learning rate, from the command line: no 'done', no policy, no exit code 0."""
    run, wild = tmp_path / "run", tmp_path / "wild"
    settings = (
        "--problems 2 --group 4 --batch 8 --updates 1 --num_workers 0 --device cpu --tasks flowfree:micro "
        "--sampling.num_steps 3 --num_trained 1"
    )
    command = ["train", "micro-rl", "--init", str(shipped_sft() / "policy"), *settings.split()]
    assert main([*command, "--out", str(run), "--max_s", "1e-9"]) == 130
    shutil.copytree(run, wild)
    stored = json.loads((wild / "config.json").read_text())
    (wild / "config.json").write_text(json.dumps(stored | {"lr": 1e4}))
    shutil.rmtree(wild / "policy")
    good = (wild / "checkpoints" / "last" / "state.safetensors").read_bytes()
    assert main([*command, "--out", str(wild), "--lr", "1e4"]) == 2
    assert "nats" in capsys.readouterr().err
    assert (wild / "checkpoints" / "last" / "state.safetensors").read_bytes() == good
    assert not (wild / "policy").exists()
    assert not (wild / "done.json").exists()


def test_where_earlier_updates_left_no_room_a_later_one_is_taken_back():
    """And a first one that is too long at any length is an error."""
    module = torch.nn.Linear(1, 1, bias=False)
    region = TrustRegion(module, 1.0)

    def moved_to(value, start=None):
        if start is not None:
            region.begin()
            module.weight.data.fill_(start)
        region.remember()
        module.weight.data.fill_(value)
        return region.fit(lambda: module.weight.item() ** 2)

    assert moved_to(0.9995, start=0.0) == Fit(pytest.approx(0.9995**2), 1.0)
    assert moved_to(3.0).share == 0
    assert module.weight.item() == pytest.approx(0.9995)
    assert moved_to(3.0, start=0.0) == Fit(pytest.approx(0.75**2), 0.25)
    with pytest.raises(FloatingPointError, match=r"by 1e\+06 nats, and by 61 with 0.0078125 of its length"):
        moved_to(1000.0, start=0.0)
    assert moved_to(float("nan"), start=0.0).share == 0.5, "weights that are no numbers are put back"
    region.begin()
    with pytest.raises(FloatingPointError, match="by nan nats"):
        region.fit(lambda: float("nan"))
