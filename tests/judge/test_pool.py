"""Many verdicts at once are the verdicts one at a time, in whatever process."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.base.choices import ChoiceError
from videorlvr.judge.door import judge, judge_batch
from videorlvr.judge.pool import CHUNK, Judge
from videorlvr.judge.reward import describe, reward_of, rewards
from videorlvr.judge.tolerance import EXACT
from videorlvr.training.problems import ProblemQueue, first_of_trials
from videorlvr.training.task import Task
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import Verdict
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

MAZE = world_of("maze")


def videos_of(world, problem):
    """The oracle and every fifth cheat of its size."""
    cheats = [
        cheat.make(world, problem, seeding.rng("test-judge", cheat.name)) for cheat in world.cheats[::5]
    ]
    oracle = oracle_video(world, problem)
    return [oracle, *(video for video in cheats if video is not None and video.shape == oracle.shape)]


@pytest.mark.parametrize("name", WORLDS)
def test_verdicts_of_a_batch_are_those_of_each_video(name):
    """At the level whose boards vary in size, so that a batch holds several layouts."""
    world = WORLDS[name]
    pairs = [
        (problem, video)
        for problem in (make_problem(world, "paper", "train", index) for index in range(3))
        for video in videos_of(world, problem)
    ]
    pairs = [pairs[i] for i in np.random.default_rng(0).permutation(len(pairs))]
    problems = [problem for problem, _ in pairs]
    assert len({problem.layout for problem in problems}) > 1
    verdicts = judge_batch(problems, np.stack([video for _, video in pairs]), EXACT)
    assert verdicts == [judge(world, problem, video, EXACT) for problem, video in pairs]
    assert sum(verdict.success for verdict in verdicts) == 3
    assert len({verdict.reason for verdict in verdicts}) > 5


def many():
    """More than one part of the judge's work: successes, failures, in no order."""
    problems = [make_problem(MAZE, "micro", "train", index % 10) for index in range(CHUNK + 9)]
    videos = np.stack([oracle_video(MAZE, problem) for problem in problems])
    for index in np.random.default_rng(1).permutation(len(problems))[:40]:
        videos[index, index % 4 + 1 :] = videos[index, 0]
    return problems, videos


def test_workers_change_nothing():
    problems, videos = many()
    with Judge(EXACT, 0) as alone, Judge(EXACT, 1) as helped:
        parts = helped.submit(problems, videos)
        assert len(parts) == 2
        verdicts = alone(problems, videos)
        assert Judge.collect(parts) == verdicts
    assert verdicts == [judge(MAZE, p, v, EXACT) for p, v in zip(problems, videos, strict=True)]
    assert 10 < sum(verdict.success for verdict in verdicts) < len(problems)


def test_problems_of_an_iteration_do_not_depend_on_workers_or_on_what_was_asked_before():
    alone, helped = (ProblemQueue([Task(world="maze", level="micro")], 10, workers) for workers in (0, 1))
    try:
        asked = {iteration: helped.take("maze", iteration) for iteration in (0, 1, 4)}
    finally:
        helped.close()
    for iteration, problems in asked.items():
        same = alone.take("maze", iteration)
        assert [p.to_json() for p in problems] == [p.to_json() for p in same]
        first = first_of_trials(0) + 10 * iteration
        assert [p.address.index for p in same] == list(range(first, first + 10))
        assert {p.address.split for p in same} == {"train"}


def test_a_reward_is_its_formula():
    components = {"success": 0.0, "progress": 0.6, "arrival": 0.2, "connect": 0.5, "walls": 0.5}
    verdict = Verdict(False, "jump", components=components)
    assert rewards("maze", "dense-v1", [verdict, verdict]) == pytest.approx([0.2, 0.2])
    assert rewards("maze", "sparse", [verdict]) == [0.0]
    assert rewards("maze", "paper", [verdict]) == pytest.approx([0.25])
    assert rewards("maze", "dense-v1", [Verdict(False, "wrong_size")]) == [0.0]
    assert rewards("maze", "paper", [Verdict(False, "wrong_size")]) == [0.0]


@pytest.mark.parametrize("name", WORLDS)
def test_a_described_reward_can_be_computed_from_its_description(name):
    """What is stored with a run is enough to say what a verdict was worth."""
    rng = np.random.default_rng(0)
    for reward_name in WORLDS[name].rewards:
        told = describe([name], reward_name)[name]
        components = {key: float(rng.random()) for key in told["weights"]}
        parts = [(components[key], weight) for key, weight in told["weights"].items()]
        by_hand = sum(w * c for c, w in parts) if told["kind"] == "sum" else np.prod([c**w for c, w in parts])
        assert reward_of(name, reward_name)(components) == pytest.approx(by_hand)


def test_an_unknown_reward_names_the_nearest():
    with pytest.raises(ChoiceError, match="did you mean 'sparse'"):
        reward_of("maze", "sparce")
