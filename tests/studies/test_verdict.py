"""The rule of a study on made-up records: what is held, not held and undecided, and what may never be held."""

import pytest

from videorlvr.evaluation.study import Criterion, Run, Study
from videorlvr.evaluation.verdict import compared, find, verdict


def records_of(measure="success", **arms):
    """A record a value: arm -> values by seed."""
    return [
        {"arm": arm, "seed": seed, "measures": {} if value is None else {measure: value}}
        for arm, values in arms.items()
        for seed, value in enumerate(values)
    ]


def rule(**bounds):
    return Criterion(**({"measure": "success", "arm": "b", "against": "a", "why": "test"} | bounds))


@pytest.mark.parametrize(
    ("a", "b", "bounds", "outcome"),
    [
        ([0.50, 0.60, 0.55], [0.70, 0.81, 0.74], {"above": 0.0}, "held"),
        ([0.70, 0.81, 0.74], [0.50, 0.60, 0.55], {"above": 0.0}, "not held"),
        ([0.50, 0.60, 0.55], [0.52, 0.57, 0.60], {"above": 0.0}, "undecided"),
        (
            [0.70, 0.72, 0.71],
            [0.69, 0.72, 0.70],
            {"above": -0.05},
            "held",
        ),  # not inferior, though a little lower
        ([0.70, 0.72, 0.71], [0.60, 0.62, 0.61], {"above": -0.05}, "not held"),
        ([0.70, 0.72, 0.71], [0.60, 0.75, 0.66], {"above": -0.05}, "undecided"),
        ([10.0, 12.0, 11.0], [6.0, 7.1, 6.5], {"by": "ratio", "below": 0.85}, "held"),
        ([10.0, 12.0, 11.0], [9.0, 10.8, 9.9], {"by": "ratio", "below": 0.85}, "not held"),
        ([10.0, 12.0, 11.0], [8.0, 11.5, 6.5], {"by": "ratio", "below": 0.85}, "undecided"),
    ],
)
def test_a_criterion_is_decided_by_where_its_whole_interval_lies(a, b, bounds, outcome):
    assert find(rule(**bounds), records_of(a=a, b=b), 0.95).outcome == outcome


def test_differences_are_paired_by_seed():
    """Seeds differ by far more than arms do; a comparison that forgot the pairs could not decide."""
    a, b = [0.2, 0.5, 0.8], [0.25, 0.56, 0.85]
    records = records_of(a=a, b=b)
    assert find(rule(above=0.0), records, 0.95).outcome == "held"
    assert find(rule(above=0.0), records[:3] + records[:2:-1], 0.95).outcome == "held", "order is nothing"


def test_an_interval_is_the_textbooks():
    """n = 3, differences 0.1, 0.2, 0.3: mean 0.2, sd 0.1, t = 4.3027, so 0.2 +- 0.2484."""
    found = compared(rule(above=0.0), records_of(a=[0.1, 0.1, 0.1], b=[0.2, 0.3, 0.4]), 0.95)
    assert found.mean == pytest.approx(0.2)
    assert (found.low, found.high) == (pytest.approx(-0.0484, abs=1e-4), pytest.approx(0.4484, abs=1e-4))


def test_a_ratio_is_the_same_whichever_way_it_is_asked():
    records = records_of(a=[10.0, 12.0, 11.0], b=[6.0, 7.1, 6.5])
    ours = compared(rule(by="ratio", below=1.0), records, 0.95)
    theirs = compared(rule(by="ratio", below=1.0, arm="a", against="b"), records, 0.95)
    assert (1 / theirs.mean, 1 / theirs.high, 1 / theirs.low) == pytest.approx(
        (ours.mean, ours.low, ours.high)
    )


@pytest.mark.parametrize(
    "records",
    [
        records_of(a=[0.1], b=[0.9]),
        records_of(a=[0.1, 0.1, 0.1], b=[None, None, 0.9]),
        [],
        records_of(a=[0.1, 0.1], b=[]),
    ],
    ids=["one seed", "numbers missing", "nothing", "an arm missing"],
)
def test_too_few_runs_decide_nothing(records):
    assert find(rule(above=0.0), records, 0.95).outcome == "undecided"


def test_a_ratio_with_a_zero_decides_nothing():
    records = records_of(a=[1.0, 1.0, 0.0], b=[0.5, 0.5, 0.5])
    assert find(rule(by="ratio", below=0.8), records, 0.95).outcome == "undecided"


GOOD = {"a": [0.50, 0.60, 0.55], "b": [0.70, 0.81, 0.74]}


@pytest.fixture
def study(make_study):
    return make_study(
        runs={"a": Run(recipe="micro-maze-sft"), "b": Run(recipe="micro-maze-rl", after="a")},
        arms={
            "a": {"run": "a", "role": "reference", "what": "before"},
            "b": {"run": "b", "role": "claim", "what": "after"},
        },
        seeds=(0, 1, 2),
        criteria=(rule(above=0.0),),
    )


def changed(study, **changes):
    return Study.model_validate(study.to_json() | changes)


def test_all_criteria_held_is_held(study):
    assert verdict(study, records_of(**GOOD)).outcome == "held"


def test_one_criterion_not_held_outweighs_the_undecided(study):
    three = [rule(above=0.0), rule(above=0.19), rule(above=0.5)]
    both = changed(study, criteria=[criterion.model_dump() for criterion in three])
    found = verdict(both, records_of(**GOOD))
    assert [finding.outcome for finding in found.criteria] == ["held", "undecided", "not held"]
    assert found.outcome == "not held"
    assert (
        verdict(changed(both, criteria=both.to_json()["criteria"][:2]), records_of(**GOOD)).outcome
        == "undecided"
    )


def test_a_broken_premise_leaves_the_question_open(study):
    """Equal success of two trainings that did nothing is no finding."""
    premise = rule(above=0.5).model_dump()
    found = verdict(changed(study, premises=[premise]), records_of(**GOOD))
    assert found.outcome == "undecided"
    assert "premise is not held" in found.sentence


def test_asides_decide_nothing(study):
    aside = rule(above=0.5).model_dump()
    found = verdict(changed(study, asides=[aside]), records_of(**GOOD))
    assert (found.outcome, found.asides[0].outcome) == ("held", "not held")


def test_a_missing_record_leaves_the_question_open(study):
    found = verdict(study, records_of(**GOOD)[:-1])
    assert found.outcome == "undecided"
    assert "1 of 6 records" in found.sentence


def test_unequal_budgets_leave_the_question_open(study):
    budget = study.to_json()["budget"] | {"equal": ["steps"], "within": 0.01}
    records = [
        record | {"measures": record["measures"] | {"steps": 100 + (record["arm"] == "b")}}
        for record in records_of(**GOOD)
    ]
    assert verdict(changed(study, budget=budget), records).outcome == "held"
    found = verdict(changed(study, budget=budget | {"within": 0.005}), records)
    assert found.outcome == "undecided"
    assert "training steps differ" in found.sentence
    assert verdict(changed(study, budget=budget), records_of(**GOOD)).outcome == "undecided", (
        "not known is not equal"
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"runs": {"a": {"recipe": "micro-maze-sft", "after": "aa"}}}, "did you mean 'a'"),
        ({"arms": {"a": {"run": "aa", "role": "claim", "what": "x"}}}, "did you mean 'a'"),
        (
            {"criteria": [{"measure": "sucess", "arm": "a", "against": "b", "above": 0, "why": "x"}]},
            "'success'",
        ),
        (
            {"criteria": [{"measure": "success", "arm": "a", "against": "c", "above": 0, "why": "x"}]},
            "unknown arm",
        ),
        ({"criteria": [{"measure": "success", "arm": "a", "against": "b", "why": "x"}]}, "one bound"),
        ({"pilot_seeds": [2]}, "must all differ"),
        ({"pilot_suite": "micro-v2:maze"}, "choose on another"),
        ({"seeds": [0]}, "at least 2"),
    ],
)
def test_a_study_that_cannot_be_judged_is_refused(study, changes, said):
    with pytest.raises(ValueError, match=said):
        changed(study, **changes)


def test_runs_in_a_circle_are_refused(study):
    runs = {"a": {"recipe": "micro-maze-sft", "after": "b"}, "b": {"recipe": "micro-maze-rl", "after": "a"}}
    with pytest.raises(ValueError, match="starts from itself"):
        changed(study, runs=runs)
