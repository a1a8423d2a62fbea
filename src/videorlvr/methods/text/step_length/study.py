"""Do longer traces in training help where they say nothing new?

Five trainings that differ in their traces alone: as many steps and passages each; operations differ, for length is what
is asked about. Filler of the same length tells computation from content; one false board a trace asks whether a trace
must be true. The paper's third finding, that hard problems gain more, is not judged here; the evaluations show success
by thirds of solution length.

The rule was written before any run of it.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Study


def _run(restatements: int, content: str) -> Run:
    return Run(recipe="text-small-steps", settings={"restatements": restatements, "content": content})


STUDY = Study(
    name="step-length-traces",
    papers=(32,),
    question="Does a policy that is trained to restate the board after each step solve more, at equal information?",
    claim="Success rises with the number of restatements a step, and more than with as many tokens that say nothing.",
    runs={
        "zero": _run(0, "exact"),
        "one": _run(1, "exact"),
        "two": _run(2, "exact"),
        "filler": _run(1, "filler"),
        "corrupted": _run(1, "corrupted"),
    },
    arms={
        "two": Arm(run="two", role="claim", what="each board said twice"),
        "one": Arm(run="one", role="claim", what="each board said once"),
        "zero": Arm(run="zero", role="reference", what="moves alone, one a step"),
        "filler": Arm(run="filler", role="control", what="as long as once, of tokens that say nothing"),
        "corrupted": Arm(run="corrupted", role="control", what="once, with one false board a trace"),
    },
    seeds=(0, 1, 2),
    suite="maze:small:500",
    pilot_suite="maze:small-val",
    pilot_seeds=(1001,),
    criteria=(
        Criterion(measure="success", arm="one", against="zero", above=0.0, why="a board a step helps"),
        Criterion(measure="success", arm="two", against="one", above=0.0, why="said again it helps again"),
        Criterion(
            measure="success", arm="one", against="filler", above=0.0, why="it is not the tokens alone"
        ),
    ),
    asides=(
        Criterion(measure="success", arm="filler", against="zero", above=0.0, why="do tokens alone help?"),
        Criterion(
            measure="success", arm="corrupted", against="zero", above=0.0, why="does a trace with a fault?"
        ),
        Criterion(
            measure="success", arm="corrupted", against="one", above=-0.05, why="as much as a true one?"
        ),
    ),
    budget=Budget(equal=("samples", "steps"), seconds=1800, on="one H100"),
)
