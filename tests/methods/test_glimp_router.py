"""GlimpRouter: the ends are the two models alone, signals and thresholds are what they are called, an oracle knows."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from videorlvr.cli.evaluate import _player_of
from videorlvr.judge.door import judge
from videorlvr.methods.text.glimp_router.config import GlimpRouterConfig
from videorlvr.methods.text.glimp_router.math import auc, entropy, margin, threshold_for
from videorlvr.methods.text.glimp_router.run import GlimpRouter
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import LanguagePlayer
from videorlvr.players.writing import Writing
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.guide import Guide
from videorlvr.worlds.written.solutions import first_error

MAZE = WORLDS["maze"]
PROBLEMS = [make_problem(MAZE, "micro", "train", index) for index in range(12)]
WARM = Writing(temperature=1.0)


@pytest.fixture(scope="module")
def small(taught) -> LanguagePolicy:
    return LanguagePolicy.load(taught, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def large(small, tmp_path_factory) -> LanguagePolicy:
    """Another policy of the same words: the small one, somewhat shaken."""
    other = LanguagePolicy.new(small.form, seed=0, device=torch.device("cpu"))
    chance = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for mine, theirs in zip(other.module.parameters(), small.module.parameters(), strict=True):
            mine.copy_(theirs + 0.02 * torch.randn(theirs.shape, generator=chance))
    folder = tmp_path_factory.mktemp("large")
    other.save(folder)
    return LanguagePolicy.load(folder, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def router(small, large, tmp_path_factory):
    folder = tmp_path_factory.mktemp("router")
    large.save(folder)

    def make(writing: Writing = WARM, **changes) -> GlimpRouter:
        values = {"large": str(folder), "task": "maze:micro", "problems": 16, **changes}
        return GlimpRouter(GlimpRouterConfig.model_validate(values), small, writing, 8)

    return make


def test_signals_and_thresholds() -> None:
    law = torch.tensor([0.5, 0.25, 0.25, 0.0]).log()
    assert entropy(law) == pytest.approx(1.5 * math.log(2))
    assert margin(law) == pytest.approx(0.75)
    signals = np.arange(10.0)
    for rate in (0.0, 0.1, 0.3, 0.9, 1.0):
        assert (signals > threshold_for(signals, rate)).mean() == pytest.approx(rate)
    assert auc([0.9, 0.4, 0.1], [True, False, False]) == 1.0
    assert auc([0.4, 0.4, 0.1], [True, False, False]) == 0.75
    assert math.isnan(auc([1.0, 2.0], [False, False]))


@pytest.mark.parametrize("signal", ["entropy", "mean-entropy"])
def test_the_ends_are_the_two_models_alone(small, large, router, signal: str) -> None:
    for rate, alone in ((0.0, small), (1.0, large)):
        routed = router(rate=rate, signal=signal)(MAZE, PROBLEMS, 0)
        plain = LanguagePlayer(alone, WARM)(MAZE, PROBLEMS, 0)
        for problem, mine, theirs in zip(PROBLEMS, routed, plain, strict=True):
            lost = mine.moves != theirs.moves
            assert theirs.moves.startswith(mine.moves)
            assert not (lost and judge(MAZE, problem, theirs.moves, "exact").success)
        assert {answer.counts["large_share"] for answer in routed} == {rate}
        assert sum(judge(MAZE, p, a.moves, "exact").success for p, a in zip(PROBLEMS, routed, strict=True))


def test_steps_are_judged_by_the_solver_and_the_oracle_knows(router) -> None:
    routed = router(signal="oracle", rate=0.0)
    rows = routed._written(MAZE, PROBLEMS, 0, judged=True)
    for problem, row in zip(PROBLEMS, rows, strict=True):
        assert len(row.signals) == len(row.wrong) == row.steps
        assert all((signal >= 1) == wrong for signal, wrong in zip(row.signals, row.wrong, strict=True))
        said = routed.small.tokens.decode(row.ids).removesuffix("<end>")
        right = judge(MAZE, problem, said, "exact").success and first_error(MAZE, problem, list(said)) is None
        assert any(row.wrong) == (not right)
    assert {row.steps for row in rows} != {1}
    assert routed.found["auc"] == 1.0
    assert router(signal="random", rate=0.0).found["auc"] != 1.0


def test_the_oracle_hands_on_faults_before_all_else(router) -> None:
    """At a share that holds every fault of the small model none is left to it, at a smaller one nothing else goes."""
    for rate in (0.9, 0.2):
        routed = router(signal="oracle", rate=rate)
        rows = routed._written(MAZE, PROBLEMS, 0, judged=True)
        steps = [pair for row in rows for pair in zip(row.signals, row.wrong, strict=True)]
        if routed.threshold < 1:
            assert all(signal > routed.threshold for signal, wrong in steps if wrong)
        else:
            assert not any(signal > routed.threshold for signal, wrong in steps if not wrong)
        assert routed.found["val_share"] == pytest.approx(rate, abs=0.1)


def test_an_answer_depends_on_its_own_noise_alone_and_costs_what_is_read(small, router) -> None:
    routed = router(rate=0.5)
    answers = routed(MAZE, PROBLEMS, 0)
    assert routed(MAZE, PROBLEMS[3:5], 0) == answers[3:5]
    plain = router(rate=0.0)(MAZE, PROBLEMS, 0)
    prompt = (
        len(small.tokens.encode("<board>")) + 9 + 2 + 2 + 1
    )  # cells, ends of rows, begin and the answer's mark
    for answer, alone in zip(answers, plain, strict=True):
        assert alone.counts["flops"] == small.flops(prompt + int(alone.counts["tokens"]))
        assert (answer.counts["flops"] > small.flops(prompt + int(answer.counts["tokens"]))) == (
            answer.counts["large_share"] > 0
        )


def test_what_does_not_fit_says_why(router, tmp_path: Path) -> None:
    other = LanguagePolicy.new(
        router().small.form.model_copy(update={"worlds": ["sokoban"]}), seed=0, device=torch.device("cpu")
    )
    other.save(tmp_path)
    with pytest.raises(ValueError, match="reads other tokens"):
        router(large=str(tmp_path))
    with pytest.raises(ValueError, match="without a trace"):
        router(Writing(think=True))
    with pytest.raises(ValueError, match="plays policies that write moves; this run's makes videos"):
        _player_of(object(), {}, 1, GlimpRouterConfig(large="a policy"))
    guide = Guide(WORLDS["flowfree"], make_problem(WORLDS["flowfree"], "micro", "val", 0))
    after = guide.after(guide.game.start(), guide.game.legal(guide.game.start())[0])
    with pytest.raises(ValueError, match="take another world"):
        guide.way(after)
