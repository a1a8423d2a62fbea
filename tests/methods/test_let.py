"""LET: what is drawn to the teacher, for how long, and that without it there is next-token training, bit for bit."""

from __future__ import annotations

import shutil

import pytest
import torch

from videorlvr.base.records import read_json
from videorlvr.evaluation.study import Arm, Run
from videorlvr.judge.pool import Judge
from videorlvr.methods import run
from videorlvr.methods.text.let.config import LETConfig
from videorlvr.methods.text.let.math import law_loss, state_loss
from videorlvr.methods.text.let.run import LET
from videorlvr.methods.text.let.study import STUDY
from videorlvr.methods.text.sft.config import TextSFTConfig
from videorlvr.methods.text.sft.run import TextSFT
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.load import weights_hash
from videorlvr.studies.plan import Trial, commands, jobs_of
from videorlvr.training.learner import Bench
from videorlvr.training.loop import Interrupted
from videorlvr.training.teacher import stretched, teacher_weight

FORM = LanguageConfig(width=32, depth=2, heads=2, context=128, worlds=["maze"])
SMALL = FORM.model_copy(update={"width": 16, "depth": 1})
VALUES = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 4,
    "batch": 4,
    "num_workers": 0,
    "log_every": 1,
}
VALUES |= {"pool_start": 8, "pool_grow": 0, "pool_size": 8, "warmup": 0}
BENCH = Bench(Judge("exact"))


def learner(**changes) -> LET:
    config = LETConfig.model_validate({**VALUES, "teacher_model": SMALL, "layer": 1, **changes})
    return LET(config, LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")), BENCH)


def test_states_are_stretched_along_their_features() -> None:
    ramp = torch.arange(3.0).expand(1, 1, 3)
    assert stretched(ramp, 5)[0, 0].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
    assert stretched(ramp, 3) is ramp


def test_equal_directions_cost_minus_one_and_padding_counts_nothing() -> None:
    torch.manual_seed(0)
    states, seen = torch.randn(2, 4, 8), torch.tensor([[1, 1, 1, 0], [1, 1, 0, 0]]).bool()
    assert state_loss(states, 3 * states, seen).item() == pytest.approx(-1.0, abs=1e-6)
    assert state_loss(states, -states, seen).item() == pytest.approx(1.0, abs=1e-6)
    other = states.clone()
    other[~seen] *= -1
    assert state_loss(states, other, seen).item() == pytest.approx(-1.0, abs=1e-6)


def test_a_law_that_is_the_teachers_costs_nothing() -> None:
    logits, weights = torch.randn(1, 3, 5), torch.tensor([[0.0, 1.0, 0.0]])
    assert law_loss(logits, logits, weights).item() == pytest.approx(0.0, abs=1e-6)
    other = torch.randn(1, 3, 5)
    own, theirs = torch.log_softmax(logits[0, 0], -1), torch.log_softmax(other[0, 0], -1)
    torch.testing.assert_close(law_loss(logits, other, weights), (theirs.exp() * (theirs - own)).sum())


def test_the_teacher_fades_and_is_gone() -> None:
    assert [teacher_weight(i, weight=0.2, stop=4) for i in (0, 2, 4, 9)] == [0.2, 0.1, 0.0, 0.0]
    let = learner(until=0.5)
    told = [let.step(index) for index in range(4)]
    assert ["align" in line for line in told] == [True, True, False, False]
    assert let.teacher is None
    assert let.counts["tokens"] > 0


def test_a_teacher_draws_an_early_layer_and_stays_as_it_was() -> None:
    let = learner(weight=50.0, until=1.0, lr=1e-2, num_steps=12)
    teacher = let.teacher
    assert teacher is not None
    before = {name: value.clone() for name, value in teacher.module.state_dict().items()}
    told = [let.step(index)["align"] for index in range(8)]
    assert told[-1] < told[0] - 0.05
    assert all(torch.equal(value, before[name]) for name, value in teacher.module.state_dict().items())


def test_without_its_weight_it_is_next_token_training_bit_for_bit() -> None:
    let = learner(weight=0.0)
    sft = TextSFT(
        TextSFTConfig.model_validate(VALUES),
        LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")),
        BENCH,
    )
    for index in range(3):
        let.step(index)
        sft.step(index)
    mine, theirs = let.policy.module.state_dict(), sft.policy.module.state_dict()
    assert all(torch.equal(value, theirs[name]) for name, value in mine.items())


def test_a_run_is_not_continued_with_another_teacher(tmp_path) -> None:
    """Its hash stands in about.json; gone or changed, a continuation says so, and with it back the run is the run."""
    teacher = tmp_path / "teacher"
    LanguagePolicy.new(SMALL, seed=1, device=torch.device("cpu")).save(teacher)
    values = {**VALUES, "teacher": str(teacher), "layer": 1, "num_steps": 2, "device": "cpu"}
    config = LETConfig.model_validate(values)
    whole = run(config, tmp_path / "whole")
    with pytest.raises(Interrupted):
        run(config.changed(max_s=1e-9), tmp_path / "run")
    said = read_json(tmp_path / "run" / "about.json")["policies_beside"]
    assert said == {"teacher": weights_hash(teacher)}
    shutil.move(teacher, tmp_path / "away")
    with pytest.raises(ValueError, match=r"teacher '.*' holds no policy: .* or put it back"):
        run(config, tmp_path / "run")
    LanguagePolicy.new(SMALL, seed=2, device=torch.device("cpu")).save(teacher)
    with pytest.raises(ValueError, match=r"teacher '.*' holds other weights .*: put those back"):
        run(config, tmp_path / "run")
    shutil.rmtree(teacher)
    shutil.move(tmp_path / "away", teacher)
    assert weights_hash(run(config, tmp_path / "run")) == weights_hash(whole)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"teacher_model": None}, "give one of the two"),
        ({"layer": 3}, "layer 3 of a model of 2 layers"),
        ({"teacher_model": SMALL.model_copy(update={"worlds": ["sokoban"]})}, "reads other tokens"),
    ],
)
def test_impossible_teachers_say_why(changes: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        learner(**changes)


def test_runs_of_a_study_wait_for_the_runs_that_they_need() -> None:
    train = commands(Trial(STUDY), "let", 1)[0]
    assert train[train.index("--teacher") + 1] == "seed-1/runs/teacher/policy"
    assert "--init" not in train
    from pathlib import Path

    jobs = {job.name: job for job in jobs_of(Trial(STUDY), Path("out"), ["videorlvr"], set())}
    assert jobs["let, seed 0"].after == ("teacher, seed 0",)
    assert jobs["none, seed 0"].after == ()
    assert list(jobs).index("teacher, seed 0") < list(jobs).index("let, seed 0")
    skipped = {job.name: job for job in jobs_of(Trial(STUDY), Path("out"), ["videorlvr"], {("teacher", 0)})}
    assert skipped["let, seed 0"].after == ()
    played = Arm(
        run="let", role="control", what="w", options={"player": "p:large=policy:teacher,n=policy:none"}
    )
    options = commands(Trial(STUDY.model_copy(update={"arms": {"played": played}})), "let", 1)[1]
    assert options[options.index("--player") + 1] == "p:large=seed-1/runs/teacher/policy,n=policy:none"
    circle = {**STUDY.runs, "teacher": Run(recipe="text-small-sft", needs=("let",))}
    with pytest.raises(ValueError, match="starts from itself"):
        STUDY.model_copy(update={"runs": circle}).ancestors("let")
