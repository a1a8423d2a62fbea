"""Traces of another length: the same moves, the same answer, and what stands between them as it should."""

from __future__ import annotations

import pytest
import torch

from videorlvr.methods.text.step_length.config import StepLengthConfig
from videorlvr.methods.text.step_length.math import FILLER, lengthened, told
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.passages import answer_of
from videorlvr.worlds.written.traces import STATE, STEP, false_facts

FORM = LanguageConfig(width=32, depth=1, heads=2, worlds=list(WORLDS), context=4096)
VALUES = {"model": FORM, "num_steps": 1}


@pytest.mark.parametrize("name", WORLDS)
def test_every_arm_has_the_same_moves_and_answer(name: str) -> None:
    world = WORLDS[name]
    policy = LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))
    config = StepLengthConfig(tasks=[f"{name}:micro"], restatements=2, **VALUES)
    assert config.writing.think
    for index in range(3):
        problem = make_problem(world, "micro", "train", index)
        moves, lengths = world.game(problem.grid).read_moves(problem.solution), {}
        for count, content in ((0, "exact"), (1, "exact"), (2, "exact"), (2, "filler"), (2, "corrupted")):
            passage = told(world, problem, form="cells", restatements=count, content=content)
            assert answer_of(passage.text) == problem.solution
            assert passage.text.count(STEP) == len(moves)
            lengths[count, content] = len(policy.tokens.encode(passage.text))
            facts = lengthened(world, problem, count, content)
            wrong = false_facts(world, problem, facts)
            assert len(wrong) == (1 if content == "corrupted" else 0)
            assert sum(fact.tag == STATE for fact in facts) == count * len(moves)
            thought = policy.tokens.encode(passage.of("think") + passage.of("answer"))
            assert len(thought) <= config.writing.max_tokens
        assert lengths[2, "exact"] == lengths[2, "filler"] == lengths[2, "corrupted"], (
            "as long, token for token"
        )
        assert lengths[2, "exact"] - lengths[1, "exact"] == lengths[1, "exact"] - lengths[0, "exact"] > 0
        filler = told(world, problem, form="cells", restatements=1, content="filler").text
        assert STATE not in filler
        assert FILLER in filler


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"content": "corrupted", "restatements": 0}, "no board to make false"),
        ({"trace": "expand"}, "leave trace at none"),
        ({"model": FORM.model_copy(update={"family": "masked"})}, "does not think"),
    ],
)
def test_impossible_runs_say_why(changes: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        StepLengthConfig.model_validate({"tasks": ["maze:micro"], **VALUES, **changes})
