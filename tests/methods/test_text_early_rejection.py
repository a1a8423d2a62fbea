"""Early rejection in words: off it is the plain player, scores say how far one is, what is dropped is paid for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.judge.door import judge
from videorlvr.methods.text.early_rejection.beams import Beam, extended, written_on
from videorlvr.methods.text.early_rejection.config import TextEarlyRejectionConfig
from videorlvr.methods.text.early_rejection.math import LOST, WON, correlation, fitted, kept, read, score_of
from videorlvr.methods.text.early_rejection.run import TextEarlyRejection
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import LanguagePlayer, prompts_of
from videorlvr.players.writing import Writing
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.guide import Guide

MAZE = WORLDS["maze"]
PROBLEMS = [make_problem(MAZE, "micro", "train", index) for index in range(10)]
SMALL = {"task": "maze:micro", "problems": 6, "fit": 16, "beams": 2, "expand": 3, "step": 3, "tau": 1}


@pytest.fixture(scope="module")
def policy(taught) -> LanguagePolicy:
    return LanguagePolicy.load(taught, device=torch.device("cpu"))


def search(policy: LanguagePolicy, **changes) -> TextEarlyRejection:
    config = TextEarlyRejectionConfig.model_validate({**SMALL, **changes})
    return TextEarlyRejection(config, policy, Writing(), 8)


def test_a_score_says_how_far_an_answer_is(policy) -> None:
    problem = PROBLEMS[2]
    guide, ways = Guide(MAZE, problem), problem.solution
    beam = Beam(guide, [], guide.game.start())
    told = [score_of(guide, beam.state, ended=False)]
    for move in ways:
        beam = extended(policy, beam, policy.tokens.encode(move))
        told.append(score_of(guide, beam.state, ended=beam.ended))
    np.testing.assert_allclose(told, np.linspace(0, 1, len(ways) + 1))
    end = extended(policy, beam, [policy.tokens.end])
    assert (end.open, score_of(guide, end.state, ended=end.ended)) == (False, WON)
    soon = extended(policy, Beam(guide, [], guide.game.start()), [policy.tokens.end])
    assert score_of(guide, soon.state, ended=soon.ended) == LOST
    off = extended(policy, Beam(guide, [], guide.game.start()), policy.tokens.encode("x"))
    assert (off.open, score_of(guide, off.state, ended=off.ended)) == (False, LOST)


def test_correlation_choice_and_reading() -> None:
    rng = np.random.default_rng(0)
    earned = rng.standard_normal((20_000, 6))
    assert correlation(earned[:, :2].sum(1), earned.sum(1)) == pytest.approx((2 / 6) ** 0.5, abs=0.02)
    assert correlation([1.0, 1.0], [0.0, 3.0]) == 0.0
    assert kept([0.0, 2.0, 1.0, 2.0], 3) == [1, 3, 2]
    features = rng.standard_normal((400, 5)) + 3.0
    weights = np.array([1.0, -2.0, 0.0, 0.5, 3.0])
    found = fitted(features, features @ weights - 7.0)
    np.testing.assert_allclose(read(found, features), features @ weights - 7.0, atol=0.1)


def test_with_one_beam_and_one_way_it_is_the_plain_player(policy) -> None:
    plain = LanguagePlayer(policy, Writing(temperature=0.8))(MAZE, PROBLEMS, 1)
    assert search(policy, beams=1, expand=1)(MAZE, PROBLEMS, 1) == plain


def test_a_beam_is_written_on_as_if_it_were_alone_and_in_one_go(policy) -> None:
    prompts = prompts_of(policy, MAZE, PROBLEMS, "<answer>")
    beams = [
        Beam(
            Guide(MAZE, problem),
            prompt,
            MAZE.game(problem.grid).start(),
            name=(str(problem.address), 0, 0, 1),
        )
        for problem, prompt in zip(PROBLEMS, prompts, strict=True)
    ]
    at_once, took = written_on(policy, beams, upto=5, room=20, temperature=1.0)
    assert took == [len(beam.ids) for beam in at_once]
    parts, first = written_on(policy, beams[3:6], upto=2, room=20, temperature=1.0)
    parts, second = written_on(policy, parts, upto=5, room=20, temperature=1.0)
    for mine, theirs in zip(parts, at_once[3:6], strict=True):
        # An illegal move closes a beam, and what it would have written behind it is not asked for.
        assert theirs.ids[: len(mine.ids)] == mine.ids
        assert mine.ids == theirs.ids or not mine.open
    assert max(first) == 2
    assert min(second) == 0 or max(second) == 3


def test_search_solves_more_than_a_sample_and_dropping_early_costs_less(policy) -> None:
    def solved(answers):
        return sum(judge(MAZE, p, a.moves, "exact").success for p, a in zip(PROBLEMS, answers, strict=True))

    def tokens(answers):
        return sum(answer.counts["tokens"] for answer in answers)

    one = LanguagePlayer(policy, Writing(temperature=0.8))(MAZE, PROBLEMS, 0)
    whole = search(policy, tau=None)
    answers, early = whole(MAZE, PROBLEMS, 0), search(policy)(MAZE, PROBLEMS, 0)
    assert solved(answers) > solved(one)
    assert tokens(one) < tokens(early) < 0.8 * tokens(answers)
    assert whole.found["correlation"] == pytest.approx(1.0), "a whole step's score is its partial score"
    assert search(policy)(MAZE, PROBLEMS[4:6], 0) == early[4:6]
    chance = search(policy, score="random")
    assert abs(chance.found["correlation"]) < 3 * chance.found["steps"] ** -0.5
    assert search(policy, tau=2).found["correlation"] > 0.5
    assert solved(chance(MAZE, PROBLEMS, 0)) < solved(answers)


def test_a_learned_score_knows_something_of_the_exact_one(policy) -> None:
    learned = search(policy, score="learned")
    assert learned.reading is not None
    pools = learned._searched(MAZE, PROBLEMS, 0, tau=1)
    beams = [beam for pool in pools for beam in pool.beams]
    said = read(learned.reading, learned._features([beam.context for beam in beams]))
    assert correlation(said, [score_of(b.guide, b.state, ended=b.ended) for b in beams]) > 0.3
    assert search(policy, score="learned", tau=None).found["correlation"] == pytest.approx(1.0)
    answers = learned(MAZE, PROBLEMS, 0)
    assert {answer.counts["cut"] for answer in answers} <= {0, 1}


def test_what_cannot_be_says_why(policy) -> None:
    with pytest.raises(ValueError, match="tau=4 of steps of 3"):
        search(policy, tau=4)
    with pytest.raises(ValueError, match="without a trace"):
        TextEarlyRejection(TextEarlyRejectionConfig(), policy, Writing(think=True), 8)
