"""Is a student of one step taught better by the path back to its teacher than by the teacher alone?

One teacher for Maze `micro` a seed, and students of equal network evaluations, the recording included: no path; paths
of five and ten stations; one of five in another order, which tells the order from the variety; and plain regression on
the teacher's samples, which where solutions are nearly a function of the first frame may well be best, and would be a
fact about the world.

The rule was written before any run of it. A student's step is 25 evaluations a video, a recording step 4 and one of the
regression 8, and steps are set by that.
"""

from __future__ import annotations

from videorlvr.evaluation.study import Arm, Budget, Criterion, Run, Setting, Study

TOTAL = 9600
"""Network evaluations a video of a batch."""
RECORD = 100
WITHIN = 0.05
"""Five points: what the aim allows a student to lose to its teacher."""


def _student(nodes: int, **changes: Setting) -> Run:
    record = RECORD if nodes else 0
    steps = record + (TOTAL - 4 * record) // 25
    settings: dict[str, Setting] = {
        "num_steps": steps,
        "nodes": nodes,
        "record": record,
        "hold": 150 // max(nodes, 1),
        "validate_every": 48,
        "num_val": 192,
        **changes,
    }
    return Run(recipe="micro-maze-disback", settings=settings, after="teacher")


STUDY = Study(
    name="disback",
    papers=(2,),
    question="Is a one-step student taught better by the path back to its teacher than by the teacher alone?",
    claim="Backtracking the recorded path a student of one step solves more than by the teacher's score alone, and is "
    "within five points of its teacher.",
    runs={
        "teacher": Run(recipe="micro-maze-sft", settings={"num_steps": 1200, "batch": 64, "num_workers": 1}),
        "endpoint": _student(0),
        "path-5": _student(5),
        "path-10": _student(10),
        "shuffled": _student(5, order="shuffled"),
        "regression": Run(
            recipe="micro-maze-disback",
            settings={
                "objective": "regression",
                "num_steps": TOTAL // 8,
                "validate_every": 150,
                "num_val": 192,
            },
            after="teacher",
        ),
    },
    arms={
        "path-5": Arm(run="path-5", role="claim", what="five stations"),
        "path-10": Arm(run="path-10", role="claim", what="ten stations"),
        "endpoint": Arm(run="endpoint", role="reference", what="the teacher's score alone"),
        "shuffled": Arm(run="shuffled", role="control", what="five stations in another order"),
        "regression": Arm(run="regression", role="control", what="regression on the teacher's samples"),
        "teacher": Arm(run="teacher", role="control", what="the teacher in five steps"),
        "teacher-ten": Arm(
            run="teacher", role="control", what="in ten", options={"player": "fewer-steps:steps=10"}
        ),
        "teacher-one": Arm(
            run="teacher", role="control", what="in one step", options={"player": "fewer-steps:steps=1"}
        ),
    },
    seeds=(0, 1, 2),
    suite="micro-v2:maze",
    pilot_suite="micro-val-v2:maze",
    pilot_seeds=(1001,),
    premises=(
        Criterion(
            measure="success",
            arm="teacher-ten",
            against="teacher-one",
            above=WITHIN,
            why="where one step of the teacher solves as much there is nothing to distil",
        ),
    ),
    criteria=(
        Criterion(measure="success", arm="path-5", against="endpoint", above=0.0, why="the path helps"),
        Criterion(
            measure="success",
            arm="path-5",
            against="teacher-ten",
            above=-WITHIN,
            why="the aim: within five points",
        ),
    ),
    asides=(
        Criterion(measure="success", arm="path-10", against="endpoint", above=0.0, why="a longer path?"),
        Criterion(measure="success", arm="path-5", against="shuffled", above=0.0, why="is it the order?"),
        Criterion(
            measure="success", arm="path-5", against="regression", above=0.0, why="are scores needed at all?"
        ),
        Criterion(
            measure="success",
            arm="regression",
            against="teacher-ten",
            above=-WITHIN,
            why="is a student by regression within five points?",
        ),
        Criterion(
            measure="success",
            arm="endpoint",
            against="teacher-one",
            above=0.0,
            why="does matching distributions do anything?",
        ),
    ),
    budget=Budget(
        equal=("network_evaluations",),
        within=0.01,
        except_arms=("teacher", "teacher-ten", "teacher-one"),
        seconds=400,
        on="one H100, six runs on it at a time",
    ),
)
