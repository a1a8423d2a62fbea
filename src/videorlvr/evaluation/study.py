"""A study: a claim, the arms that test it, and the rule by which it passes or fails, stated before anything runs.

Law: a study is data. It is stored whole beside its records, code alone turns records into the verdict
(`evaluation.verdict`), and a study whose statement has changed is another study. The unit of evidence is the run:
every arm is trained once a seed, and arms are compared seed by seed.
"""

from __future__ import annotations

import json
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from videorlvr.base.choices import unknown
from videorlvr.evaluation.measures import MEASURES

Setting = str | int | float | bool
NAME = r"^[a-z0-9]+(-[a-z0-9]+)*$"


class _Stated(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Run(_Stated):
    """One training run: a recipe with settings changed, as `videorlvr train` takes them.

    after: the run of the same seed whose policy it starts from.
    needs: other runs of the same seed that it waits for; the setting `policy:NAME` is the policy of the run NAME.
    """

    recipe: str
    settings: dict[str, Setting] = {}
    after: str | None = None
    needs: tuple[str, ...] = ()

    @property
    def before(self) -> tuple[str, ...]:
        """All runs that it waits for."""
        return (*((self.after,) if self.after is not None else ()), *self.needs)


class Arm(_Stated):
    """What is measured: the policy of a run.

    role: `claim` is what the claim is about; `reference` what it is measured against; a `control` says what else
    could explain the difference.
    what: one phrase for people.
    options: settings of `videorlvr evaluate`, for arms that differ in how they are played; `policy:NAME` in one is the
        policy of a run that the arm's run needs.
    """

    run: str
    role: Literal["claim", "reference", "control"]
    what: str = Field(min_length=1)
    options: dict[str, Setting] = {}


class Criterion(_Stated):
    """`arm` against `against` in one measure: where the interval of their paired difference (or ratio) must lie.

    It is held if the whole interval lies beyond the bound, not held if the whole interval lies on the other side,
    and undecided if it holds the bound.

    above, below: the bound; exactly one of the two.
    """

    measure: str
    arm: str
    against: str
    by: Literal["difference", "ratio"] = "difference"
    above: float | None = None
    below: float | None = None
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.above is None) == (self.below is None):
            raise ValueError("a criterion has one bound: give above or below, and not both")
        if self.measure not in MEASURES:
            raise unknown("measure", self.measure, MEASURES)
        if self.arm == self.against:
            raise ValueError(f"a criterion compares two arms; this one has '{self.arm}' on both sides")
        return self

    @property
    def bound(self) -> float:
        return self.above if self.above is not None else float(self.below or 0.0)

    @property
    def sentence(self) -> str:
        side = "above" if self.above is not None else "below"
        value = f"{self.bound:+g}" if self.by == "difference" else f"{self.bound:g}"
        title = MEASURES[self.measure].title
        return f"{title}: {self.by} of '{self.arm}' to '{self.against}' {side} {value}"


class Budget(_Stated):
    """What the arms may spend. equal: measures that may differ by no more than `within` of each other between arms
    other than those that `except_arms` names (the start of a training has spent nothing); seconds: what the whole
    study is expected to take on the machine that `on` names."""

    equal: tuple[str, ...] = ()
    within: float = Field(default=0.0, ge=0)
    except_arms: tuple[str, ...] = ()
    seconds: float = Field(gt=0)
    on: str


class Study(_Stated):
    """See the module.

    papers: numbers of the papers (`reports/papers.yaml`) whose claim this is.
    suite: where arms are measured, once; choices are made on `pilot_suite` with `pilot_seeds`, which are no seeds
    of the study.
    premises: criteria without which the question has no answer: if they are not held, the verdict is undecided.
    criteria: all of them held is `held`, one of them not held is `not held`. asides: reported, and decide nothing.
    simulated: what stands for something else here; empty where nothing does.
    """

    name: str = Field(pattern=NAME)
    version: int = Field(default=1, ge=1)
    papers: tuple[int, ...] = ()
    question: str
    claim: str
    runs: dict[str, Run]
    arms: dict[str, Arm]
    seeds: tuple[int, ...] = Field(min_length=2)
    suite: str
    samples: int = Field(default=1, ge=1)
    pilot_suite: str
    pilot_seeds: tuple[int, ...] = Field(default=(1000,), min_length=1)
    premises: tuple[Criterion, ...] = ()
    criteria: tuple[Criterion, ...] = Field(min_length=1)
    asides: tuple[Criterion, ...] = ()
    confidence: float = Field(default=0.95, gt=0, lt=1)
    budget: Budget
    simulated: str = ""

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for name, run in self.runs.items():
            for before in run.before:
                if before not in self.runs:
                    raise unknown(f"run that '{name}' starts from", before, self.runs)
        for name in self.runs:
            self.ancestors(name)  # raises if they go in a circle
        for name, arm in self.arms.items():
            if arm.run not in self.runs:
                raise unknown(f"run of arm '{name}'", arm.run, self.runs)
        for criterion in (*self.premises, *self.criteria, *self.asides):
            for arm_name in (criterion.arm, criterion.against):
                if arm_name not in self.arms:
                    raise unknown("arm of a criterion", arm_name, self.arms)
        for measure in self.budget.equal:
            if measure not in MEASURES:
                raise unknown("measure", measure, MEASURES)
        return self

    @model_validator(mode="after")
    def _seeds_are_apart(self) -> Self:
        both = sorted({seed for seed in self.pilot_seeds if seed in self.seeds})
        if both or len(set(self.seeds)) != len(self.seeds):
            raise ValueError(
                f"seeds {list(self.seeds)} and pilot seeds {list(self.pilot_seeds)} must all differ"
            )
        if self.pilot_suite == self.suite:
            raise ValueError(
                f"pilot_suite is the suite '{self.suite}' itself: choose on another, such as a val suite"
            )
        return self

    def ancestors(self, run: str) -> list[str]:
        """The runs that `run` starts from or needs, the nearest first.

        Raises:
            ValueError: If a run starts from itself in the end.
        """
        found: list[str] = []

        def visit(name: str, way: tuple[str, ...]) -> None:
            for before in self.runs[name].before:
                if before in way:
                    by = " and ".join(way[1:]) or before
                    raise ValueError(f"run '{before}' starts from itself, by way of {by}")
                visit(before, (*way, before))
                if before not in found:
                    found.append(before)

        visit(run, (run,))
        return found[::-1]

    def to_json(self) -> dict[str, Any]:
        return dict(json.loads(self.model_dump_json()))


__all__ = ["Arm", "Budget", "Criterion", "Run", "Study"]
