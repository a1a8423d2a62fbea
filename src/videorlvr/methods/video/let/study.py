"""Does a small trained policy at the beginning save seconds of a larger one's training?

Six trainings of one policy of 7M parameters on the same videos: without a teacher; with the last block of one of 1.3M
drawn into the third of eight (LET); into the middle; into the last, which tells 'early block' from distillation; the
teacher's early block into the early one, which tells 'late knowledge' from any; and an untrained teacher, which tells
knowledge from regularisation (its blocks are the identity, so it says what its random patches say).

The rule was written before any run of it. The teacher's own training is not counted: it is what one has already.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SHARED: dict[str, Setting] = {
    "tasks": "maze:micro",
    "batch": 64,
    "num_steps": 600,
    "lr": 8e-3,
    "warmup": 50,
    "ema": 0.99,
    "pool_start": 1024,
    "pool_grow": 32,
    "pool_size": 20_000,
    "validate_every": 20,
    "num_val": 192,
    "log_every": 20,
    "num_workers": 1,
    "sampling.steps": 5,
}
LARGE: dict[str, Setting] = {"model.width": 256, "model.depth": 8, "model.heads": 4}
SMALL: dict[str, Setting] = {"model.width": 128, "model.depth": 6, "model.heads": 4}
TARGET = 1 / 1.3
"""What the claim is worth here: 1.3 times fewer seconds to half of the boards."""


def _taught(**changes: Setting) -> Run:
    settings = {**SHARED, **LARGE, "layer": 3, "teacher": "policy:teacher", **changes}
    return Run(recipe="micro-maze-let", settings=settings, needs=("teacher",))


def _half(
    against: str, why: str, *, arm: str = "let", measure: str = "steps_to_half", below: float = 1.0
) -> Criterion:
    return Criterion(measure=measure, arm=arm, against=against, by="ratio", below=below, why=why)


STUDY = Study(
    name="let-video",
    papers=(4,),
    question="Does late knowledge of a small policy in early blocks of a larger one save seconds of training?",
    claim="With a trained policy of a fifth of its size for the first third of steps, a policy solves half of the "
    "boards in 1.3 times fewer seconds.",
    runs={
        "teacher": Run(recipe="micro-maze-sft", settings={**SHARED, **SMALL, "num_steps": 1000}),
        "none": Run(recipe="micro-maze-sft", settings={**SHARED, **LARGE}),
        "let": _taught(),
        "middle": _taught(layer=5),
        "last": _taught(layer=8),
        "early": _taught(teacher_layer=2),
        "untrained": Run(
            recipe="micro-maze-let",
            settings={
                **SHARED,
                **LARGE,
                "layer": 3,
                "teacher": "null",
                **{f"teacher_{key}": value for key, value in SMALL.items()},
            },
        ),
    },
    arms={
        "let": Arm(run="let", role="claim", what="the teacher's last block into the third of eight"),
        "none": Arm(run="none", role="reference", what="no teacher"),
        "middle": Arm(run="middle", role="control", what="its last block into the fifth"),
        "last": Arm(run="last", role="control", what="its last block into the last"),
        "early": Arm(run="early", role="control", what="its second block into the third"),
        "untrained": Arm(
            run="untrained", role="control", what="the last block of one that has learnt nothing"
        ),
        "teacher": Arm(run="teacher", role="control", what="the teacher itself"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="none",
            against="teacher",
            above=-0.5,
            why="a policy that never gets far is no baseline to be faster than",
        ),
    ),
    criteria=(
        _half(
            "none", "the aim: seconds, the teacher's passes included", measure="seconds_to_half", below=TARGET
        ),
        _half("untrained", "it is what the teacher knows"),
    ),
    asides=(
        _half("none", "in steps, as the source counts"),
        _half("last", "is it the early block?"),
        _half("middle", "and how early?"),
        _half("early", "is it the late knowledge?"),
        Criterion(measure="success", arm="let", against="none", above=0.0, why="is more solved in the end?"),
        Criterion(
            measure="seconds",
            arm="let",
            against="none",
            by="ratio",
            below=1.08,
            why="what does the teacher cost?",
        ),
    ),
    budget=Budget(
        equal=("steps",), except_arms=("teacher",), seconds=400, on="one H100, six runs on it at a time"
    ),
)
