"""What stops a run of SDE-GRPO, how long an iteration may be, and what it shares with others: nothing."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import Future

import numpy as np
import pytest
import torch
from rl_toy import (
    Score,
    brightness,
    collected,
    law_by_hand,
    stage_of,
    toy,
)

from videorlvr.cli.main import main
from videorlvr.models.shipped import shipped_sft
from videorlvr.training.batches import Batch
from videorlvr.training.trust import Fit, TrustRegion


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
                (held.actions[k] - held.means[k])[:, :, 1:] / law_by_hand(stage.sigmas, k)[1]
                for k in range(2)
            ]
            seen += [noise.flatten(1) for noise in (start, *fresh)]
    assert len(set().union(*addresses)) == sum(map(len, addresses)) == 12
    noise = torch.cat(seen)
    related = torch.corrcoef(noise) - torch.eye(len(noise))
    assert related.abs().max() < 6 / noise.shape[1] ** 0.5


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_rollouts_walk_the_runs_sampler(rl_config, solver):
    sampling = {"steps": 5, "shift": 2.0, "solver": solver}
    config, policy = toy(rl_config, num_trained=2, sampling=sampling)
    looks, exact = [], policy.velocity

    def spy(x, at, condition):
        looks.append((at.index, at.corrector, round(float(at.sigma[0]), 5)))
        return exact(x, at, condition)

    policy.velocity = spy
    _, judged = collected(config, policy)
    grid = [round(float(level), 5) for level in config.sampling.noise_levels()]
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
    slopes = [law_by_hand(free[0].sampling.noise_levels(), k) for k in range(2)]
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
        "--sampling.steps 3 --num_trained 1"
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
