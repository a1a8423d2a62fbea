"""Does the first token of a step tell which steps a small model gets wrong, so that a large one need write only those?

A small and a large policy for Maze `small`, trained on the same boards, trained anew for each seed. A quarter of the
steps is handed on, by each signal with its own threshold from validation boards; so a random router at the same share
says what the large model's steps are worth by themselves, and an oracle what the best of signals could do.

The rule was written before any run of it. AUC is measured on validation boards, success on the suite.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SHARED: dict[str, Setting] = {
    "tasks": "maze:small",
    "num_workers": 1,
    "batch": 512,
    "pool_grow": 32,
    "validate_every": 500,
}
SMALL: dict[str, Setting] = {"model.width": 64, "model.depth": 2, "num_steps": 1500}
LARGE: dict[str, Setting] = {"model.width": 256, "model.depth": 4, "num_steps": 2500}


def _routed(role: str, what: str, signal: str) -> Arm:
    play = f"glimp-router:large=policy:large,task=maze:small,signal={signal}"
    return Arm.model_validate({"run": "small", "role": role, "what": what, "options": {"player": play}})


STUDY = Study(
    name="glimp-router-mazes",
    papers=(20,),
    question="Does the entropy of a step's first token tell which steps to hand on to a large model?",
    claim="A quarter of the steps, chosen by the entropy of their first token, solves more boards than a quarter by "
    "chance, and as many as the large model alone.",
    runs={
        "large": Run(recipe="text-small-sft", settings={**SHARED, **LARGE}),
        "small": Run(recipe="text-small-sft", settings={**SHARED, **SMALL}, needs=("large",)),
    },
    arms={
        "entropy": _routed("claim", "a quarter of the steps, by the entropy of their first token", "entropy"),
        "random": _routed("control", "a quarter of the steps, by chance", "random"),
        "margin": _routed("control", "by the margin of the first token", "margin"),
        "mean-entropy": _routed("control", "by the mean entropy of the whole step", "mean-entropy"),
        "oracle": _routed("control", "those that the small model gets wrong, as the solver says", "oracle"),
        "small": Arm(run="small", role="control", what="the small model alone"),
        "large": Arm(run="large", role="reference", what="the large model alone"),
    },
    seeds=(0, 1, 2),
    suite="maze:small:500",
    pilot_suite="maze:small-val",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success", arm="large", against="small", above=0.1, why="else nothing is worth handing on"
        ),
    ),
    criteria=(
        Criterion(
            measure="auc", arm="entropy", against="random", above=0.1, why="the signal knows something"
        ),
        Criterion(
            measure="success",
            arm="entropy",
            against="random",
            above=0.0,
            why="and what it knows solves boards",
        ),
        Criterion(measure="success", arm="entropy", against="large", above=-0.05, why="few steps are enough"),
    ),
    asides=(
        Criterion(
            measure="success", arm="entropy", against="large", above=0.0, why="more than the large one alone?"
        ),
        Criterion(
            measure="auc",
            arm="entropy",
            against="mean-entropy",
            above=0.0,
            why="one token or the whole step?",
        ),
        Criterion(measure="auc", arm="entropy", against="margin", above=0.0, why="or the margin?"),
        Criterion(measure="success", arm="oracle", against="entropy", above=0.0, why="what is left to gain?"),
        Criterion(
            measure="large_share",
            arm="entropy",
            against="random",
            above=-0.05,
            why="is the share the same on the suite?",
        ),
        Criterion(
            measure="flops_an_answer",
            arm="entropy",
            against="large",
            by="ratio",
            below=0.75,
            why="are operations saved, prompts read twice included?",
        ),
    ),
    budget=Budget(seconds=600, on="one H100, several jobs at a time on it"),
)
