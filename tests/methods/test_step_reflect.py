"""STeP: trajectories hold what the solver says of them, masks hide errors alone, off it is SFT, errors are injected."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.judge.door import judge
from videorlvr.judge.pool import Judge
from videorlvr.methods.text.sft.config import TextSFTConfig
from videorlvr.methods.text.sft.run import TextSFT
from videorlvr.methods.text.step_reflect.act import act
from videorlvr.methods.text.step_reflect.config import InjectedErrorConfig, StepReflectConfig
from videorlvr.methods.text.step_reflect.math import corrected, injected, trajectory_passage
from videorlvr.methods.text.step_reflect.play import InjectedError
from videorlvr.methods.text.step_reflect.run import StepReflect
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import LanguagePlayer
from videorlvr.players.writing import Writing
from videorlvr.training.learner import Bench
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.guide import Guide
from videorlvr.worlds.written.passages import WRONG, answer_of

MAZE = WORLDS["maze"]
FORM = LanguageConfig(width=32, depth=1, heads=2, context=128, worlds=["maze"])
VALUES = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 3,
    "batch": 6,
    "num_workers": 0,
    "log_every": 1,
    "warmup": 0,
    "pool_start": 8,
    "pool_grow": 0,
    "pool_size": 8,
    "device": "cpu",
}
BENCH = Bench(Judge("exact"))
PROBLEMS = [make_problem(MAZE, "micro", "train", index) for index in range(32)]


@pytest.fixture(scope="module")
def policy(taught) -> LanguagePolicy:
    return LanguagePolicy.load(taught, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def acted(policy):
    return act(policy, MAZE, PROBLEMS, temperature=1.0, seed=0)


def learner(**changes) -> StepReflect:
    config = StepReflectConfig.model_validate({**VALUES, "acted": 6, **changes})
    return StepReflect(config, LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")), BENCH)


def test_a_trajectory_errs_is_told_so_and_ends_solved(acted) -> None:
    assert sum(row.errors for row in acted) > 5
    assert sum(row.lost for row in acted) > 5
    for row in acted:
        guide, state = Guide(MAZE, row.problem), MAZE.game(row.problem.grid).start()
        for place, each in enumerate(row.said):
            if each.kind == "reflection":
                assert row.said[place - 1].kind == "error"
                continue
            assert guide.is_wrong(state, each.text) == (each.kind == "error")
            if each.kind == "error":
                assert [said.kind for said in row.said[place + 1 : place + 3]] == ["reflection", "correction"]
            state = guide.game.step(state, each.text)
        text = trajectory_passage(MAZE, row.problem, row.said, errors="masked", rng=None).text  # type: ignore[arg-type]
        assert text.count(WRONG) == row.errors
        assert judge(MAZE, row.problem, answer_of(text) or "", "exact").success


def test_a_trajectory_is_a_function_of_policy_board_and_seed(policy, acted) -> None:
    again = act(policy, MAZE, PROBLEMS[4:9], temperature=1.0, seed=0)
    assert [row.said for row in again] == [row.said for row in acted[4:9]]
    other = act(policy, MAZE, PROBLEMS[4:9], temperature=1.0, seed=1)
    assert [row.said for row in other] != [row.said for row in again]


def test_a_mask_leaves_out_the_errors_or_as_many_others(acted) -> None:
    for row in acted:
        weights = {}
        for errors in ("masked", "learnt", "shuffled"):
            rng = np.random.default_rng(0)
            passage = trajectory_passage(MAZE, row.problem, row.said, errors=errors, rng=rng)
            weights[errors] = [piece.weight for piece in passage.pieces if piece.role == "answer"]
        wrong = [each.kind == "error" for each in row.said]
        assert weights["masked"] == [0.0 if error else 1.0 for error in wrong] + [1.0]
        assert weights["learnt"] == [1.0] * (len(wrong) + 1)
        others = len(wrong) - row.errors
        assert weights["shuffled"].count(0.0) == min(row.errors, others)
        assert all(w == 1.0 for w, error in zip(weights["shuffled"], wrong, strict=False) if error)


def test_a_deadlock_is_lost_and_not_made() -> None:
    """Sokoban: a push from which there is no way back is replaced, a walk away is corrected."""
    world, seen = WORLDS["sokoban"], set()
    for index in range(6):
        problem = make_problem(world, "micro", "train", index)
        guide, state = Guide(world, problem), world.game(problem.grid).start()
        for move in guide.game.legal(state):
            said, after, lost = corrected(guide, state, move)
            assert guide.way(after) is not None
            assert lost == (guide.way(guide.game.step(state, move)) is None)
            seen.add((len(said), lost))
    assert (1, True) in seen
    assert (3, False) in seen


def test_without_acting_it_is_sft_bit_for_bit_and_with_it_it_is_not() -> None:
    sft = TextSFT(
        TextSFTConfig.model_validate(VALUES),
        LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")),
        BENCH,
    )
    off, on = learner(acted=0), learner()
    for index in range(2):
        for each in (sft, off, on):
            each.step(index)
    weights = [each.policy.module.state_dict() for each in (sft, off, on)]
    assert all(torch.equal(value, weights[1][name]) for name, value in weights[0].items())
    assert not all(torch.equal(value, weights[2][name]) for name, value in weights[0].items())


def test_a_step_has_the_tokens_that_it_may_have() -> None:
    for told in ("corrected", "golden"):
        mixed = learner(told=told, tokens=90).mixed["maze"]
        counts = [mixed.batch(index, 6).num_tokens for index in range(20)]
        assert max(counts) <= 90
        assert np.mean(counts) > 60
    with pytest.raises(ValueError, match="hold no passage"):
        learner(tokens=10).mixed["maze"].batch(0, 2)


def test_an_injected_error_is_wrong_and_can_be_made_up_for(policy) -> None:
    player = InjectedError(InjectedErrorConfig(), policy, Writing(max_tokens=24), 8)
    answers = player(MAZE, PROBLEMS, 0)
    assert answers[3:5] == player(MAZE, PROBLEMS[3:5], 0)
    plain = LanguagePlayer(policy, Writing(max_tokens=24))(MAZE, PROBLEMS, 0)
    for problem, answer, alone in zip(PROBLEMS, answers, plain, strict=True):
        begun, guide = int(answer.counts["begun"]), Guide(MAZE, problem)
        if begun == 0:
            assert answer.moves == alone.moves
            continue
        *right, wrong = answer.moves[:begun]
        state = guide.game.start()
        for move in right:
            assert not guide.is_wrong(state, move)
            state = guide.game.step(state, move)
        assert guide.is_wrong(state, wrong)
        assert guide.way(guide.game.step(state, wrong))
    assert sum(answer.counts["begun"] > 0 for answer in answers) > 20
    guide = Guide(MAZE, PROBLEMS[0])
    assert injected(guide, [], np.random.default_rng(0)) is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"trace": "expand"}, "leave trace at none"),
        ({"model": FORM.model_copy(update={"family": "masked"})}, "does not act"),
        (
            {"tasks": ["flowfree:micro"], "model": FORM.model_copy(update={"worlds": ["flowfree"]})},
            "no board",
        ),
    ],
)
def test_impossible_runs_say_why(changes: dict, said: str) -> None:
    values = {**VALUES, "acted": 2, **changes}
    policy = LanguagePolicy.new(values["model"], seed=0, device=torch.device("cpu"))
    with pytest.raises(ValueError, match=said):
        StepReflect(StepReflectConfig.model_validate(values), policy, BENCH)
