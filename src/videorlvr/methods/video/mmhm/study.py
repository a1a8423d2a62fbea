"""Is the setting that a feature distance likes the one that solves, and what does MMHM's choice lose?

A policy for Maze `micro` that has learnt a tenth of its videos without their first frame, so that both guide it. Twenty
settings, of steps and guidance; each arm chooses one of them on validation boards, by another rule, and plays the test
boards with it. The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Study


def _by(rule: str, what: str, *, role: str = "control") -> Arm:
    options = {"player": f"mmhm:task=maze:micro,{rule}"}
    return Arm.model_validate({"run": "start", "role": role, "what": what, "options": options})


STUDY = Study(
    name="mmhm",
    papers=(33,),
    question="Does a harmonic mean of several measures choose better settings than a feature distance?",
    claim="The setting of least feature distance is not the one that solves most, and MMHM's choice loses less on its "
    "worst measure.",
    runs={
        "start": Run(
            recipe="micro-maze-sft",
            settings={
                "num_steps": 700,
                "drop": 0.1,
                "model.width": 96,
                "model.depth": 4,
                "num_workers": 0,
            },
        ),
    },
    arms={
        "mmhm": _by("by=mmhm", "the score, by the bounds of what is compared", role="claim"),
        "distance": _by("by=distance", "the distance of features alone", role="reference"),
        "frozen": _by("by=mmhm,bounds=frozen", "the score, by bounds that do not depend on what is compared"),
        "success": _by("by=success", "success alone"),
        "own": _by("by=own", "five steps without guidance: no choice"),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(
            measure="worst",
            arm="mmhm",
            against="distance",
            above=0.0,
            why="it loses less on its worst measure",
        ),
        Criterion(
            measure="success", arm="mmhm", against="distance", above=0.0, why="and the distance misleads"
        ),
    ),
    asides=(
        Criterion(measure="success", arm="mmhm", against="success", above=-0.02, why="what does it lose?"),
        Criterion(
            measure="success", arm="mmhm", against="own", above=0.0, why="was there anything to choose?"
        ),
        Criterion(measure="success", arm="frozen", against="mmhm", above=0.0, why="do bounds matter?"),
        Criterion(
            measure="evaluations_an_answer",
            arm="mmhm",
            against="distance",
            by="ratio",
            below=1.0,
            why="which choice is cheaper?",
        ),
    ),
    budget=Budget(seconds=300, on="one GPU, three seeds on it at a time"),
)
