"""Does a small trained model at the beginning save samples of a larger one's training?

Five trainings of one model on as many passages: without a teacher; with its last layer drawn into an early one (LET);
into the last one, which tells 'early layer' from distillation; its law as a target; and an untrained teacher, which
tells knowledge from regularisation.

The rule was written before any run of it. The teacher's own training is not counted: it is what one has already.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

SHARED: dict[str, Setting] = {
    "tasks": "maze:small",
    "num_steps": 2000,
    "batch": 256,
    "validate_every": 50,
    "num_val": 256,
}
LARGE: dict[str, Setting] = {"model.width": 384, "model.depth": 6, "model.heads": 6}
SMALL: dict[str, Setting] = {"model.width": 128, "model.depth": 4, "model.heads": 4}


def _taught(**changes: Setting) -> Run:
    return Run(
        recipe="text-small-let",
        settings={**SHARED, **LARGE, "teacher": "policy:teacher", **changes},
        needs=("teacher",),
    )


STUDY = Study(
    name="let-small-teacher",
    papers=(4,),
    question="Does late knowledge of a small model in early layers of a larger one save samples?",
    claim="With a teacher of a tenth of its size for the first third of steps, a model solves nine in ten boards from "
    "fewer samples.",
    runs={
        "teacher": Run(recipe="text-small-sft", settings={**SHARED, **SMALL, "num_steps": 4000}),
        "none": Run(recipe="text-small-sft", settings={**SHARED, **LARGE}),
        "let": _taught(),
        "late": _taught(layer=6),
        "logits": _taught(target="logits"),
        "untrained": Run(
            recipe="text-small-let",
            settings={
                **SHARED,
                **LARGE,
                "teacher": "null",
                "teacher_model.width": 128,
                "teacher_model.depth": 4,
                "teacher_model.heads": 4,
            },
        ),
    },
    arms={
        "let": Arm(run="let", role="claim", what="the teacher's last layer into the second of six"),
        "none": Arm(run="none", role="reference", what="no teacher"),
        "late": Arm(run="late", role="control", what="into the last layer"),
        "logits": Arm(run="logits", role="control", what="the teacher's law of the next token"),
        "untrained": Arm(run="untrained", role="control", what="a teacher that has learnt nothing"),
        "teacher": Arm(run="teacher", role="control", what="the teacher itself"),
    },
    seeds=(0, 1, 2, 3, 4),
    suite="maze:small:500",
    pilot_suite="maze:small-val",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(
            measure="samples_to_90",
            arm="let",
            against="none",
            by="ratio",
            below=0.9,
            why="a tenth of the samples is a saving that somebody would notice",
        ),
        Criterion(
            measure="samples_to_90",
            arm="let",
            against="untrained",
            by="ratio",
            below=1.0,
            why="it is what the teacher knows",
        ),
    ),
    asides=(
        Criterion(
            measure="samples_to_90", arm="let", against="late", by="ratio", below=1.0, why="is it the layer?"
        ),
        Criterion(
            measure="samples_to_90",
            arm="let",
            against="logits",
            by="ratio",
            below=1.0,
            why="or any teaching?",
        ),
        Criterion(measure="success", arm="let", against="none", above=0.0, why="is more solved in the end?"),
        Criterion(
            measure="seconds", arm="let", against="none", by="ratio", below=1.05, why="what does it cost?"
        ),
    ),
    budget=Budget(equal=("samples",), except_arms=("teacher",), seconds=1800, on="one H100"),
)
