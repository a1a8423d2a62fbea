"""Do corrected trajectories teach a policy to recover, and is it the masking of its errors that does it?

One policy learns Maze `small` from few boards; from there five trainings of equal tokens go on: on the same boards;
with as many new boards, golden; and with these boards acted on by the policy and corrected by the solver, its errors
masked, learnt from, or as many other moves masked. Each is measured twice: by plain answers, and by answers that
begin with an error which can be made up for.

The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

BOARDS = 6144
SHARED: dict[str, Setting] = {
    "tasks": "maze:small",
    "num_workers": 1,
    "pool_start": BOARDS,
    "pool_grow": 0,
    "pool_size": BOARDS,
    "writing.max_tokens": 72,
}
MORE: dict[str, Setting] = {"num_steps": 500, "batch": 384, "tokens": 16384, "acted": BOARDS}


def _more(**changes: Setting) -> Run:
    return Run(recipe="text-small-reflect", settings={**SHARED, **MORE, **changes}, after="start")


def _twice(run: str, role: str, what: str) -> dict[str, Arm]:
    error = {"player": "injected-error"}
    return {
        run: Arm.model_validate({"run": run, "role": role, "what": what}),
        f"{run}-error": Arm.model_validate(
            {"run": run, "role": role, "what": f"{what}; after an error", "options": error}
        ),
    }


STUDY = Study(
    name="step-reflections",
    papers=(13,),
    question="Do trajectories that the solver corrected teach more than golden ones, and does masking errors matter?",
    claim="At equal tokens a policy learns more from its own corrected trajectories, errors masked, than from as many "
    "golden ones, and recovers better from an error.",
    runs={
        "start": Run(
            recipe="text-small-sft",
            settings={**SHARED, "num_steps": 1500, "batch": 512, "model.width": 128, "model.depth": 4},
        ),
        "masked": _more(),
        "learnt": _more(errors="learnt"),
        "shuffled": _more(errors="shuffled"),
        "golden": _more(acted=0),
        "golden-x2": _more(told="golden"),
    },
    arms={
        **_twice("masked", "claim", "golden and corrected, errors masked"),
        **_twice("golden-x2", "reference", "golden, twice the boards"),
        **_twice("learnt", "control", "golden and corrected, errors learnt from"),
        **_twice("shuffled", "control", "golden and corrected, other moves masked"),
        **_twice("golden", "control", "golden, the same boards"),
        "start": Arm(run="start", role="control", what="what the others start from"),
    },
    seeds=(0, 1, 2),
    suite="maze:small:500",
    pilot_suite="maze:small-val",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(
            measure="success",
            arm="masked-error",
            against="golden-x2-error",
            above=0.0,
            why="it recovers better",
        ),
        Criterion(
            measure="success", arm="masked", against="golden-x2", above=-0.02, why="and solves no less"
        ),
        Criterion(
            measure="success", arm="masked", against="learnt", above=0.0, why="because its errors are masked"
        ),
    ),
    asides=(
        Criterion(measure="success", arm="masked", against="golden-x2", above=0.0, why="does it solve more?"),
        Criterion(measure="success", arm="golden-x2", against="golden", above=0.0, why="do new boards help?"),
        Criterion(
            measure="success",
            arm="masked",
            against="shuffled",
            above=0.0,
            why="is it which moves are masked?",
        ),
        Criterion(
            measure="success",
            arm="learnt-error",
            against="golden-x2-error",
            above=0.0,
            why="do corrections help where errors are learnt, too?",
        ),
        Criterion(
            measure="success",
            arm="masked-error",
            against="learnt-error",
            above=0.0,
            why="and recover better?",
        ),
    ),
    budget=Budget(equal=("tokens",), within=0.02, except_arms=("start",), seconds=600, on="one H100, shared"),
)
