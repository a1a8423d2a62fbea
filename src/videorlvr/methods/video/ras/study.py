"""Does computing tokens by region save operations that fewer steps would not?

A policy for Maze `micro` that was stopped early, sampled in six steps. RAS computes all tokens in the first and the
fifth, and 45 of 100 in the others: 3.8 evaluations' worth. Fewer steps (four) cost more than that, and are what it must
beat. Beside it: the other direction, length for spread, tokens by chance, those that the solution moves (which looks at
the solution), no reset, no cache, the released code's sign of starvation, and none.

The rule was written before any run of it. Operations by region are counted as shares of an evaluation;
`benchmarks/regional_sampling.py` counts them one by one, on the paper's boards, and draws where tokens were computed.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Study

LOST = 0.01
"""A point of success, as much as the aim allows."""


def _arm(what: str, settings: str = "", *, role: str = "control") -> Arm:
    player = f"ras:steps=6,dense=1,reset_every=3,ratio=0.45{settings}"
    return Arm.model_validate({"run": "start", "role": role, "what": what, "options": {"player": player}})


def _steps(steps: int, what: str, *, role: str = "control") -> Arm:
    player = f"fewer-steps:steps={steps}"
    return Arm.model_validate({"run": "start", "role": role, "what": what, "options": {"player": player}})


STUDY = Study(
    name="ras",
    papers=(14,),
    question="Does computing tokens by region save operations that fewer steps would not?",
    claim="With 45% of the tokens in four of six steps a policy solves as much as with all, for 1.5 times fewer "
    "operations, and more than in fewer steps.",
    runs={
        "start": Run(
            recipe="micro-maze-sft",
            settings={"num_steps": 600, "model.width": 96, "model.depth": 4, "num_workers": 0},
        )
    },
    arms={
        "dense": _steps(6, "all tokens in six steps", role="reference"),
        "four-steps": _steps(4, "all tokens in four steps: dearer than the claim"),
        "three-steps": _steps(3, "all tokens in three steps"),
        "std": _arm("where the velocity varies most", role="claim"),
        "l2": _arm("where it is longest", ",focus=l2"),
        "inverse": _arm("where it varies least", ",focus=inverse-std"),
        "chance": _arm("tokens by chance", ",focus=random"),
        "oracle": _arm("those that the solution moves", ",focus=oracle"),
        "no-reset": _arm("no dense step after the first", ",reset_every=null"),
        "no-cache": _arm("tokens left out are not attended to", ",cache=false"),
        "wrong-sign": _arm("what was skipped is skipped again", ",starvation=-0.1"),
        "no-starvation": _arm("importance alone", ",starvation=0"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    samples=2,
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="dense",
            against="three-steps",
            above=0.0,
            why="where fewer steps solve as much there is nothing that regions could save better",
        ),
    ),
    criteria=(
        Criterion(measure="success", arm="std", against="dense", above=-LOST, why="under a point is lost"),
        Criterion(
            measure="evaluations_an_answer",
            arm="std",
            against="dense",
            by="ratio",
            below=1 / 1.5,
            why="the aim: 1.5 times fewer operations",
        ),
        Criterion(
            measure="success", arm="std", against="four-steps", above=0.0, why="fewer steps would not do it"
        ),
        Criterion(measure="success", arm="std", against="chance", above=0.0, why="it matters which tokens"),
    ),
    asides=(
        Criterion(
            measure="success", arm="oracle", against="dense", above=-LOST, why="would the right tokens do?"
        ),
        *(
            Criterion(measure="success", arm="std", against=arm, above=0.0, why=why)
            for arm, why in (
                ("inverse", "which direction is the focus?"),
                ("l2", "spread, or length?"),
                ("no-reset", "do resets help?"),
                ("no-cache", "and the cache?"),
                ("wrong-sign", "and the sign of starvation?"),
                ("no-starvation", "and starvation at all?"),
            )
        ),
    ),
    budget=Budget(seconds=300, on="one GPU, three seeds on it at a time"),
)
