"""Does MLM-U navigate mazes that next-token prediction does not, and from fewer samples?

The paper trains for hundreds of epochs; here all arms see as many passages, in minutes. Beside next-token prediction
stand what else could explain a gain: masking at one rate, masking of all that follows a place (ahead, but not
back), and next-token prediction with as many operations, since masks are tokens that MLM-U pays for.

The rule was written before any run of it. Its level holds mazes of 3 to 10 cells a side: those of the paper's 10x10 at
most.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

STEPS = 4000
LONGER = 1.35
"""Passages of next-token prediction for one of MLM-U at equal operations, about: a maze has 30 to 100 cells, its answer
some 20 moves, and the room for an answer 82."""
SHARED: dict[str, Setting] = {
    "tasks": "maze:paper",
    "batch": 256,
    "num_steps": STEPS,
    "validate_every": 250,
    "num_val": 256,
    "pool_grow": 32,
}


def _masked(masking: str) -> Run:
    return Run(recipe="text-small-mlm-u", settings={**SHARED, "masking": masking})


STUDY = Study(
    name="mlm-u-mazes",
    papers=(30,),
    question="Does predicting any part of a walk from any other find ways that next-token prediction does not?",
    claim="MLM-U solves more mazes than next-token prediction of the same size from as many samples, and needs fewer "
    "to solve nine in ten.",
    runs={
        "mlm-u": _masked("uniform"),
        "fixed": _masked("fixed"),
        "suffix": _masked("suffix"),
        "next": Run(recipe="text-small-sft", settings=SHARED),
        "longer": Run(recipe="text-small-sft", settings={**SHARED, "num_steps": round(LONGER * STEPS)}),
    },
    arms={
        "mlm-u": Arm(run="mlm-u", role="claim", what="masks at a rate of each passage, 3M parameters"),
        "next": Arm(run="next", role="reference", what="next token, 3M parameters, as many passages"),
        "longer": Arm(run="longer", role="control", what="next token, about as many operations"),
        "fixed": Arm(run="fixed", role="control", what="masks at one rate of 15%"),
        "suffix": Arm(run="suffix", role="control", what="all behind a place masked: ahead and not back"),
    },
    seeds=(0, 1, 2),
    suite="paper-v2:maze",
    pilot_suite="maze:paper-val",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(
            measure="success", arm="mlm-u", against="next", above=0.0, why="it solves what the other does not"
        ),
        Criterion(
            measure="samples_to_90",
            arm="mlm-u",
            against="next",
            by="ratio",
            below=1.0,
            why="from fewer samples, as the paper says; a run that never gets there counts with twice what it read",
        ),
    ),
    asides=(
        Criterion(
            measure="success", arm="mlm-u", against="longer", above=0.0, why="also at equal operations?"
        ),
        Criterion(
            measure="success", arm="mlm-u", against="fixed", above=0.0, why="is it the rate that is drawn?"
        ),
        Criterion(measure="success", arm="mlm-u", against="suffix", above=0.0, why="is it looking back?"),
        Criterion(measure="exact", arm="mlm-u", against="next", above=0.0, why="the paper's own measure"),
    ),
    budget=Budget(
        equal=("samples",), except_arms=("longer",), seconds=1400, on="one H100; a quarter of it on four"
    ),
)
