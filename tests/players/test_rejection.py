"""Early rejection in rollouts: who is ended, where they end, what it costs, and that training replays the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.flow.sampler import StochasticSteps
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods import METHODS
from videorlvr.players.rejection import Rejection, going_on
from videorlvr.players.rollouts import begin, replay
from videorlvr.players.sampling import Sampling
from videorlvr.training.experience import Trials

SAMPLING = Sampling(steps=5)
WINDOW = StochasticSteps((0, 1), "ddim-eta", 0.7)
GROUPS = np.array([0, 0, 0, 0, 1, 1, 1, 1])


def brightness(_, videos):
    return videos.astype(float).mean(axis=(1, 2, 3, 4))


def rolled(policy, problems, reject=None, steps=WINDOW):
    return begin(
        policy,
        [problems[group] for group in GROUPS],
        group_ids=GROUPS,
        sampling=SAMPLING,
        steps=steps,
        generator=torch.Generator().manual_seed(0),
        reject=reject,
    ).finish()


@pytest.mark.parametrize(
    ("share", "kept"), [(0.5, [1, 2, 4, 5]), (0.25, [1, 2, 3, 4, 5, 7]), (0.2, list(range(8))), (0.9, [1, 5])]
)
def test_the_worst_share_of_each_group_is_ended_rounded_down(share, kept):
    scores = np.array([0.1, 0.9, 0.8, 0.2, 5.0, 6.0, 5.0 - 2, 5.0 - 1])
    order = np.array([1, 1, 1, 1, 0, 0, 0, 0])
    assert going_on(scores, order, share).tolist() == kept


def test_the_kept_end_as_they_would_have_and_the_others_in_their_estimate(policy, problems):
    reject = Rejection(2, 0.5, brightness)
    whole, cut = rolled(policy, problems), rolled(policy, problems, reject)
    kept = reject.keep.tolist()
    ended = [place for place in range(8) if place not in kept]
    assert len(kept) == len(ended) == 4
    assert torch.allclose(cut.x0[kept], whole.x0[kept], atol=1e-4)
    assert torch.equal(cut.x0[ended], reject.estimate[ended])
    assert (cut.x0[ended] - whole.x0[ended]).abs().max() > 1e-2
    assert (whole.num_forwards, cut.num_forwards) == (5, 3 + 2 * 0.5)


def test_what_training_replays_is_bitwise_what_it_would_have_been(policy, problems):
    whole, cut = rolled(policy, problems), rolled(policy, problems, Rejection(2, 0.5, brightness))
    for name in ("states", "actions", "means", "log_probs"):
        for a, b in zip(getattr(whole.trajectory, name), getattr(cut.trajectory, name), strict=True):
            assert torch.equal(a, b)
    law = replay(policy, cut.condition, cut.trajectory, 1, SAMPLING.noise_levels())
    assert torch.equal(law.mean, cut.trajectory.means[1])


def test_within_the_window_it_is_refused(policy, problems):
    with pytest.raises(ValueError, match=r"after step 1 with stochastic steps \(0, 1\)"):
        rolled(policy, problems, Rejection(1, 0.5, brightness))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"reject_at": 1}, r"trained steps up to 1.* expected a step after 1 and at most 3"),
        ({"reject_at": 3, "window": "random"}, "trained steps up to 3"),
        ({"reject_at": 4}, "nothing is left to save; expected at most 3"),
        ({"reject_at": 2, "reject_share": 1.0}, "less than 1"),
    ],
)
def test_a_run_that_would_change_what_is_replayed_is_refused(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        config(**settings)


def config(**settings):
    return METHODS["sde-grpo"].config_type(
        **{
            "tasks": ["maze:micro"],
            "init": "one at hand",
            "sampling": {"steps": 5},
            "num_steps": 1,
            "problems": 2,
            "group": 4,
            "batch": 8,
            "num_trained": 2,
            "num_workers": 0,
            **settings,
        }
    )


def test_an_iteration_ends_by_the_judge_or_by_chance_and_tells_what_it_cost(policy):
    """By chance others are ended, the same ones each time; a share of a quarter ends fewer."""
    made = {}
    for name, settings in {
        "none": {},
        "judge": {"reject_at": 2},
        "random": {"reject_at": 2, "reject_by": "random"},
        "again": {"reject_at": 2, "reject_by": "random"},
        "quarter": {"reject_at": 2, "reject_share": 0.25},
    }.items():
        with Judge(EXACT) as judge:
            trials = Trials(config(**settings), policy, judge)
            [judged], line = trials.collect(0, WINDOW)
            trials.close()
        made[name] = judged.rollouts.x0, line["evaluations_a_video"]
    costs = {name: cost for name, (_, cost) in made.items()}
    assert costs == {"none": 5, "judge": 4, "random": 4, "again": 4, "quarter": 4.5}
    assert torch.equal(made["random"][0], made["again"][0])
    assert not torch.equal(made["random"][0], made["judge"][0])
