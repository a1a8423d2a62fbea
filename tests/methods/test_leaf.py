"""LeaF: confounders are where they are said to be, runs of a prompt are left out, without that it is distillation."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods.text.leaf.config import LeafConfig, LeafTagsConfig
from videorlvr.methods.text.leaf.math import called, confounders, runs_of, scaled, taught_loss, told
from videorlvr.methods.text.leaf.play import LeafTags
from videorlvr.methods.text.leaf.run import Leaf
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.writing import Writing
from videorlvr.training.language.examples import batch_of, tokenized
from videorlvr.training.learner import Bench
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.passages import ASK, BOARD, TAG, answer_of

FORM = LanguageConfig(width=32, depth=1, heads=2, context=256, worlds=["maze"])
SMALL = FORM.model_copy(update={"width": 16})
WORLD = WORLDS["maze"]
VALUES = {"tasks": ["maze:micro"], "model": FORM, "num_steps": 4, "batch": 4, "warmup": 0, "log_every": 1}
VALUES |= {"pool_start": 8, "pool_grow": 0, "pool_size": 8, "num_workers": 0}
BOARDS = {"form": "cells", "leak": 0.9, "distractors": 2}


def learner(**changes) -> Leaf:
    config = LeafConfig.model_validate({**VALUES, "teacher_model": SMALL, **changes})
    return Leaf(config, LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")), Bench(Judge("exact")))


def weights(policy: LanguagePolicy) -> dict[str, torch.Tensor]:
    return policy.module.state_dict()


@pytest.fixture(scope="module")
def policy() -> LanguagePolicy:
    return LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))


def test_confounders_are_the_tag_and_the_boards_that_are_not_asked_for(policy) -> None:
    marks = {mark: policy.tokens.encode(mark)[0] for mark in (TAG, BOARD, ASK)}
    for index in range(5):
        problem = make_problem(WORLD, "micro", "train", index)
        passage = told(WORLD, problem, tags="leaky", **BOARDS)
        assert answer_of(passage.text) == problem.solution
        ids = tokenized(policy, [passage])[0].ids.tolist()
        found = [policy.tokens.decode(ids[a:b]) for a, b in confounders(ids, marks)]
        assert found == [p.text for p in passage.pieces if p.role in ("tag", "distractor")]


def test_tags_leak_mislead_or_say_nothing() -> None:
    problems = [make_problem(WORLD, "micro", "train", index) for index in range(150)]
    share = {}
    for tags in ("leaky", "chance", "flipped"):
        named = [told(WORLD, p, tags=tags, **BOARDS).of("tag") == f"{TAG}{p.solution[0]}\n" for p in problems]
        share[tags] = sum(named) / len(named)
    assert 0.8 < share["leaky"] < 0.98
    assert 0.12 < share["chance"] < 0.4
    assert share["flipped"] == 0


def test_scaling_and_threshold_by_hand() -> None:
    inside = torch.tensor([[True, True, True, False]])
    assert scaled(torch.tensor([[1.0, 3.0, 2.0, 99.0]]), inside).tolist() == [[0.0, 1.0, 0.5, 0.0]]
    teacher, student = torch.tensor([[0.0, 1.0, 0.5, 9.0]]), torch.tensor([[1.0, 0.0, 0.5, 0.0]])
    assert called(teacher, student, inside, 0.1).tolist() == [[True, False, False, False]]
    assert runs_of(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    logits = torch.randn(1, 3, 5)
    assert taught_loss(logits, logits, torch.tensor([[0.0, 1.0, 1.0]])).item() == pytest.approx(0, abs=1e-6)


def test_gradients_are_each_rows_own_and_find_what_the_answer_hangs_on(policy) -> None:
    """Alone a passage has the gradients that it has among others; what comes behind the answer has none."""
    leaf = learner()
    passages = [
        told(WORLD, make_problem(WORLD, "micro", "train", i), tags="leaky", **BOARDS) for i in range(2)
    ]
    rows = tokenized(policy, passages)
    both, alone = batch_of(policy, rows), batch_of(policy, rows[:1])
    together, single = leaf._looks(policy, both), leaf._looks(policy, alone)
    torch.testing.assert_close(together[0, : single.shape[1]], single[0], atol=1e-5, rtol=1e-3)
    assert single[0, -1] == 0, "nothing is predicted behind the end"
    assert (single[0, 1:-1] > 0).all()


@pytest.mark.parametrize("mask", ["gradient", "random", "oracle"])
def test_what_is_left_out_is_a_run_of_the_prompt(mask) -> None:
    leaf = learner(mask=mask, tau=0.4, tolerance=100.0)
    batch = leaf.pools["maze"].batch(0, 4)
    spans = leaf._spans(batch, np.random.default_rng(0))
    first = (batch.weights > 0).int().argmax(1).tolist()
    for row, span in enumerate(spans):
        if span is not None:
            assert 1 <= span[0] < span[1] < first[row]
            if mask == "oracle":
                assert span in confounders(batch.ids[row].tolist(), leaf.marks)
    pruned = leaf._pruned(batch, "maze", 0)
    assert pruned is not None
    assert pruned.weights.sum() == batch.weights.sum(), "answers stay whole"
    assert max(pruned.lengths) < max(batch.lengths)


def test_without_its_part_it_is_distillation_and_without_a_teacher_imitation_bit_for_bit() -> None:
    runs = {}
    for name, changes in {
        "none": {"mask": "none"},
        "whole": {"mask": "gradient", "keep": 1.0},
        "leaf": {"mask": "gradient", "tau": 0.4, "tolerance": 100.0},
        "imitated": {"teacher_model": None},
        "imitated-masked": {"teacher_model": None, "mask": "oracle"},
    }.items():
        leaf = learner(**changes)
        told_of = [leaf.step(index) for index in range(2)]
        runs[name] = weights(leaf.policy)
        assert ("precision" in told_of[-1]) == (name == "leaf")
    for one, other, same in (
        ("none", "whole", True),
        ("imitated", "imitated-masked", True),
        ("none", "leaf", False),
        ("none", "imitated", False),
    ):
        assert all(torch.equal(v, runs[other][n]) for n, v in runs[one].items()) == same, (one, other)


def test_a_run_that_the_teacher_needs_stays() -> None:
    leaf = learner(mask="oracle", tolerance=0.0)
    batch = leaf.pools["maze"].batch(0, 4)
    whole = leaf._answer_loss(batch)
    pruned = leaf._pruned(batch, "maze", 0)
    kept = 0 if pruned is None else len(pruned.lengths)
    assert kept < 4, "of a teacher that has learnt nothing some answers get less likely"
    assert whole.shape == (4,)


def test_the_tags_of_play_are_asked_whatever_their_neighbours(policy) -> None:
    problems = [make_problem(WORLD, "micro", "val", index) for index in range(4)]
    player = LeafTags(LeafTagsConfig(), policy, Writing(max_tokens=6), 64)
    together, alone = player(WORLD, problems, 0), player(WORLD, problems[2:3], 0)
    assert together[2].moves == alone[0].moves
    other = LeafTags(LeafTagsConfig(tags="leaky"), policy, Writing(max_tokens=6), 64)
    assert other.identity != player.identity
    with pytest.raises(ValueError, match="without a thought"):
        LeafTags(LeafTagsConfig(), policy, Writing(think=True), 4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"teacher": "a/b"}, "give one of the two"),
        ({"trace": "expand"}, "evaluate with leaf-tags"),
        ({"teacher_model": None, "teacher": "no/such"}, "no/such"),
    ],
)
def test_impossible_runs_say_why(changes, said) -> None:
    with pytest.raises(ValueError, match=said):
        learner(**changes)
