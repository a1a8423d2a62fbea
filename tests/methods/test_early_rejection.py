"""Early rejection: what a choice of starts costs and keeps, and that a player's videos are those of its starts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from videorlvr.cli.evaluate import evaluate_run
from videorlvr.evaluation.suites import Part, Suite
from videorlvr.judge.door import judge_batch
from videorlvr.judge.reward import rewards
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods import way_of, ways_to_play
from videorlvr.methods.video.early_rejection.config import EarlyRejectionConfig
from videorlvr.methods.video.early_rejection.math import (
    best,
    correlation,
    misled,
    ranking,
    solved_by,
    spent,
    starts_for,
)
from videorlvr.methods.video.early_rejection.run import EarlyRejection
from videorlvr.models.load import load_policy
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.policy import PolicyPlayer, condition_of, named_noise, walk
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem

SOKOBAN, CPU = world_of("sokoban"), torch.device("cpu")
SAMPLING = Sampling(steps=3)


@pytest.fixture(scope="module")
def policy():
    torch.set_num_threads(1)
    return load_policy(shipped_sft() / "policy", device=CPU)


@pytest.fixture(scope="module")
def problems():
    return [make_problem(SOKOBAN, "micro", "val", index) for index in range(3)]


@given(
    st.integers(1, 30),
    st.integers(1, 30),
    st.lists(st.sampled_from([1, 2]), min_size=2, max_size=12),
    st.data(),
)
def test_the_starts_of_a_budget_are_the_most_that_it_pays_for(videos, keep, costs, data):
    at = data.draw(st.integers(0, len(costs) - 2))
    budget = videos * sum(costs)
    if keep > videos:
        with pytest.raises(ValueError, match="keep fewer, or spend more"):
            starts_for(budget, keep, costs, at)
        return
    starts = starts_for(budget, keep, costs, at)
    assert starts >= videos
    assert spent(starts, keep, costs, at) <= budget < spent(starts + 1, keep, costs, at)


def test_the_best_are_kept_and_of_equals_the_earlier():
    assert best(np.array([0.1, 0.5, 0.2, 0.5]), 3).tolist() == [1, 3, 2]


def test_what_partial_scores_keep_and_lose():
    partial = np.array([[0.9, 0.1, 0.5], [0.9, 0.1, 0.5], [0.3, 0.3, 0.3]])
    success = np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 0]])
    assert solved_by(partial, success, 1).tolist() == [1, 0, 0]
    assert misled(partial, success, 1).tolist() == [0, 1, 0]  # the third could not be solved by any
    assert solved_by(success, success, 1).tolist() == success.max(axis=1).tolist()  # the oracle is best-of-M


def test_ranking_is_the_share_of_pairs_in_order():
    success = np.array([[1.0, 1.0, 0, 0], [0, 0, 0, 0]])
    assert ranking(np.array([[3.0, 2, 1, 0], [0, 1, 2, 3]]), success) == 1.0
    assert ranking(np.array([[0.0, 1, 2, 3], [0, 1, 2, 3]]), success) == 0.0
    assert ranking(np.array([[1.0, 3, 1, 2], [0, 1, 2, 3]]), success) == (0.5 + 0 + 1 + 1) / 4
    assert np.isnan(ranking(success, success * 0))


def test_within_problems_knowing_the_easy_ones_counts_for_nothing():
    level = np.array([[0.0], [1.0], [2.0]])
    noise, other = np.random.default_rng(0).normal(size=(2, 3, 400)) * 0.1
    assert correlation(level + noise, level + other, within=False) > 0.97
    assert abs(correlation(level + noise, level + other, within=True)) < 0.1
    assert correlation(level + noise, 3 * noise - level, within=True) == pytest.approx(1.0)
    assert correlation(level * 0, level, within=False) == 0.0


@pytest.mark.parametrize("at", [None, 1])
def test_with_one_start_it_is_the_plain_player_bit_for_bit(policy, problems, at):
    config = EarlyRejectionConfig(starts=1, at=at, keep=1)
    player = EarlyRejection(config, policy, SAMPLING, 3)
    plain = PolicyPlayer(policy, SAMPLING, batch_size=3)(SOKOBAN, problems, 1)
    assert np.array_equal(player(SOKOBAN, problems, 1), plain)


def test_the_answer_is_the_best_finished_video_of_the_starts_of_best_partial_reward(policy, problems):
    """By hand: each start by itself, its estimate judged after the step, the kept ones judged again at the end."""
    starts, at, keep = 4, 1, 2
    partial, final, videos = [], [], []
    condition = condition_of(policy, problems)
    for start in range(starts):
        steps = list(walk(policy, condition, named_noise(problems, 4 + start, condition.clean), SAMPLING))
        for kept, x in ((partial, steps[at].x0), (final, steps[-1].x_next)):
            shown = policy.decode(x).numpy()
            verdicts = judge_batch(problems, shown, EXACT)
            earned = rewards("sokoban", "dense-v1", verdicts)
            kept.append([e + 10 * v.success for e, v in zip(earned, verdicts, strict=True)])
        videos.append(shown)
    config = EarlyRejectionConfig(starts=starts, at=at, keep=keep)
    player = EarlyRejection(config, policy, SAMPLING, 12)
    answers = player(SOKOBAN, problems, 1)
    for row, answer in enumerate(answers):
        going_on = sorted(range(starts), key=lambda start: (-partial[start][row], start))[:keep]
        chosen = max(going_on, key=lambda start: final[start][row])
        assert np.abs(answer.astype(int) - videos[chosen][row]).max() <= 1
    assert player.meter.evaluations == len(problems) * player.cost == 3 * (4 * 2 + 2 * 1)
    assert player.identity["network_evaluations"] == player.cost


def test_chance_keeps_others_and_does_not_depend_on_the_batch(policy, problems):
    config = EarlyRejectionConfig(starts=4, at=0, keep=1, choose="random")
    whole = EarlyRejection(config, policy, SAMPLING, 12)(SOKOBAN, problems, 0)
    alone = EarlyRejection(config, policy, SAMPLING, 4)(SOKOBAN, problems, 0)
    assert np.abs(whole.astype(int) - alone).max() <= 1
    starts = [PolicyPlayer(policy, SAMPLING, batch_size=3)(SOKOBAN, problems, start) for start in range(4)]
    met = {
        start
        for row in range(3)
        for start in range(4)
        if np.abs(whole[row].astype(int) - starts[start][row]).max() <= 1
    }
    assert len(met) > 1


def test_an_evaluation_plays_so_and_says_what_an_answer_costs(policy, problems, tmp_path):
    """Best of two solves what one of the first two samples solves; the summary has the player's settings."""
    suite = Suite("own", (Part("sokoban", "micro", "val", 3),))
    play = way_of("player", "best-of-4:starts=2", ways_to_play())
    summary = evaluate_run(shipped_sft(), suite, device="cpu", folder=tmp_path, play=play)
    plain = PolicyPlayer(policy, Sampling(steps=5), batch_size=3)
    samples = [judge_batch(problems, plain(SOKOBAN, problems, sample), EXACT) for sample in (0, 1)]
    solved = [any(verdict.success for verdict in pair) for pair in zip(*samples, strict=True)]
    assert summary["results"]["overall"]["success"] == pytest.approx(np.mean(solved))
    assert summary["settings"]["network_evaluations"] == 10
    assert summary["settings"]["play"]["starts"] == 2


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"starts": 2, "keep": 3}, "keep=3 of starts=2: expected no more than are begun"),
        ({"at": 2}, "at=2 of 3 steps: nothing is left to save; expected at most 1"),
    ],
)
def test_what_cannot_be_is_refused(policy, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        EarlyRejection(EarlyRejectionConfig(**settings), policy, SAMPLING, 4)
