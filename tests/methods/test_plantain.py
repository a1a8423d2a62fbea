"""Plantain: plans are the solution's, judges know what they are named for, off it is what it comes from."""

from __future__ import annotations

import pytest
import torch

from videorlvr.judge.door import judge
from videorlvr.judge.pool import Judge
from videorlvr.methods.text.plantain.config import PlantainConfig, RewindConfig
from videorlvr.methods.text.plantain.math import accepts_answer, accepts_plan, planned
from videorlvr.methods.text.plantain.play import Rewind
from videorlvr.methods.text.plantain.run import Plantain
from videorlvr.methods.text.sft.config import TextSFTConfig
from videorlvr.methods.text.sft.run import TextSFT
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import LanguagePlayer
from videorlvr.players.writing import Writing
from videorlvr.training.learner import Bench
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.passages import answer_of
from videorlvr.worlds.written.plans import has_plans, is_legal, is_right, plan_of, plan_text, read_plan
from videorlvr.worlds.written.solutions import shortest_solutions

MAZE = WORLDS["maze"]
FORM = LanguageConfig(width=48, depth=1, heads=4, context=128, worlds=["maze"])
VALUES = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 80,
    "batch": 8,
    "num_workers": 0,
    "lr": 5e-3,
    "ema": 0.5,
    "warmup": 5,
    "pool_start": 4,
    "pool_grow": 0,
    "pool_size": 4,
    "device": "cpu",
}
PROBLEMS = [make_problem(MAZE, "micro", "train", index) for index in range(8)]
BENCH = Bench(Judge("exact"))


def new() -> LanguagePolicy:
    return LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))


@pytest.fixture(scope="module")
def planner() -> LanguagePolicy:
    """It knows four boards a little: plans, without a trace, and answers."""
    learner = Plantain(PlantainConfig.model_validate(VALUES), new(), BENCH)
    for index in range(80):
        learner.step(index)
    return learner.policy


def rewind(policy: LanguagePolicy, **changes) -> Rewind:
    config = RewindConfig.model_validate({"temperature": 1.0, **changes})
    return Rewind(config, policy, Writing(think="plan", max_tokens=32), 8)


@pytest.mark.parametrize("name", ["maze", "sokoban"])
def test_a_solvers_plan_is_read_back_legal_and_right(name: str) -> None:
    world = WORLDS[name]
    for index in range(6):
        problem = make_problem(world, "micro", "train", index)
        cells = plan_of(world, problem)
        assert read_plan(plan_text(cells)) == cells
        assert is_legal(world, problem, cells)
        assert all(
            is_right(world, problem, plan_of(world, problem, way))
            for way in shortest_solutions(world, problem)
        )
        rows, cols = problem.grid.figure.shape
        for wrong in ([], [(rows, 0)], [*cells, cells[-1]], [(0, cols), *cells]):
            assert not is_legal(world, problem, wrong)
        turned = [*cells[::-1], *cells]
        assert not is_right(world, problem, turned)
        passage = planned(world, problem, form="cells", trace="expand", times=1, plan=True)
        assert passage.of("plan") == plan_text(cells)
        assert answer_of(passage.text) == problem.solution
    assert not has_plans(WORLDS["flowfree"], make_problem(WORLDS["flowfree"], "micro", "train", 0))


def test_judges_know_more_and_more() -> None:
    """What a judge accepts, one who knows less accepts; each knows something that the one before it does not."""
    problem = PROBLEMS[0]
    right, goal = plan_text(plan_of(MAZE, problem)), plan_of(MAZE, problem)[-1]
    off = plan_text([(0, 0) if goal != (0, 0) else (1, 1), (1, 2), goal])
    plans = {"hm": "none", "9,9": "format", off: "static", right: "oracle"}
    answers = {
        "": "none",
        "x": "none",
        "UUUUUU": "format",
        problem.solution[:1]: "static",
        problem.solution: "oracle",
    }
    order = ["none", "format", "static", "oracle"]
    for accepts, cases in ((accepts_plan, plans), (accepts_answer, answers)):
        for text, most in cases.items():
            said = [accepts(kind, MAZE, problem, text) for kind in order]
            assert said == [order.index(kind) <= order.index(most) for kind in order], text
    assert not accepts_answer("format", MAZE, problem, None)


@pytest.mark.parametrize("trace", ["none", "expand"])
def test_without_a_plan_it_is_sft_bit_for_bit(trace: str) -> None:
    values = {**VALUES, "trace": trace}
    off = Plantain(PlantainConfig.model_validate({**values, "plan": False}), new(), BENCH)
    sft = TextSFT(TextSFTConfig.model_validate(values), new(), BENCH)
    assert off.config.writing == sft.config.writing
    for index in range(2):
        off.step(index)
        sft.step(index)
    theirs = sft.policy.module.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in off.policy.module.state_dict().items())


def test_with_nobody_to_reject_it_is_the_plain_player(planner) -> None:
    plain = LanguagePlayer(planner, Writing(think="plan", max_tokens=32, temperature=1.0))
    for what in ("plan", "answer"):
        answers = rewind(planner, judge="none", what=what)(MAZE, PROBLEMS, 0)
        for mine, theirs in zip(answers, plain(MAZE, PROBLEMS, 0), strict=True):
            assert (mine.text, mine.moves) == (theirs.text, theirs.moves)
            assert mine.counts == {**theirs.counts, "thrown_away": 0}


def test_what_is_thrown_away_is_paid_for_and_what_stands_is_accepted(planner) -> None:
    once = rewind(planner, judge="none")(MAZE, PROBLEMS, 0)
    for what in ("plan", "answer"):
        answers = rewind(planner, what=what, judge="oracle", rewinds=5)(MAZE, PROBLEMS, 0)
        thrown = [int(answer.counts["thrown_away"]) for answer in answers]
        assert max(thrown) > 1
        assert min(thrown) == 0
        for problem, answer, first in zip(PROBLEMS, answers, once, strict=True):
            if answer.counts["thrown_away"] == 0:
                assert answer.text == first.text
                assert answer.counts["tokens"] == first.counts["tokens"]
            else:
                assert answer.counts["tokens"] > answer.counts["thrown_away"]
            if answer.counts["thrown_away"] < 5:
                plan = answer.text.removeprefix("<plan>").partition("<")[0]
                if what == "plan":
                    assert accepts_plan("oracle", MAZE, problem, plan)
                else:
                    assert judge(MAZE, problem, answer.moves, "exact").success
    assert answers[2:4] == rewind(planner, what="answer", judge="oracle", rewinds=5)(MAZE, PROBLEMS[2:4], 0)


def test_tokens_are_bounded_and_a_judged_plan_is_seen_later(planner) -> None:
    answers = rewind(planner, judge="static", rewinds=20, tokens=60)(MAZE, PROBLEMS, 0)
    for answer in answers:
        plan = answer.text.removeprefix("<plan>").partition("<")[0]
        thrown = answer.counts["first_visible"] - len(plan) - 1
        assert 0 <= thrown <= 60
        assert (thrown > 0) == (answer.counts["thrown_away"] > 0)
    free = rewind(planner, judge="static", rewinds=20)(MAZE, PROBLEMS, 0)
    assert sum(a.counts["tokens"] for a in free) > sum(a.counts["tokens"] for a in answers)


def test_what_a_model_writes_need_not_be_readable_to_be_counted() -> None:
    """A model that has learnt nothing writes any token, the one for no word among them."""
    untaught = new()
    tokens = untaught.tokens
    ids = [tokens.unknown, *tokens.encode("<think>1<answer>R")]
    assert (tokens.upto(ids, "<answer>"), tokens.upto(ids, "<plan>")) == (4, 5)
    with pytest.raises(ValueError, match="no word for '<unk>'"):
        tokens.encode(tokens.decode(ids))
    for think in (False, True, "plan", "choose"):
        LanguagePlayer(untaught, Writing(think=think, max_tokens=20, temperature=9.0))(MAZE, PROBLEMS, 0)
    for what in ("plan", "answer"):
        answers = rewind(untaught, judge="static", what=what, temperature=9.0)(MAZE, PROBLEMS, 0)
        assert all(answer.counts["first_visible"] <= answer.counts["tokens"] for answer in answers)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (
            lambda: PlantainConfig.model_validate({**VALUES, "tasks": ["flowfree:micro"]}),
            "have no plan of cells",
        ),
        (
            lambda: PlantainConfig.model_validate(
                {**VALUES, "model": FORM.model_copy(update={"family": "masked"})}
            ),
            "shows nothing",
        ),
        (lambda: Rewind(RewindConfig(), new(), Writing(), 8), "writes no plans"),
        (
            lambda: Rewind(RewindConfig(temperature=None), new(), Writing(think="plan"), 8),
            "what is written anew is what was thrown away",
        ),
    ],
)
def test_what_cannot_be_says_why(make, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()
